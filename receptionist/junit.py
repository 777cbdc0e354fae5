"""Outcomes of dialogue tests as JUnit XML, for build servers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from dsl.testing import Outcome

_NOT_XML = dict.fromkeys((*range(0, 9), 11, 12, *range(14, 32)), "�")


def write_junit(path: Path, outcomes: Iterable[tuple[Path, Outcome]]) -> None:
    """Write a report.

    Args:
        path: The file.
        outcomes: Dialogue and how one of its tests went.

    Raises:
        OSError: The file cannot be written.
    """
    outcomes = list(outcomes)
    failed = sum(not outcome.passed for _, outcome in outcomes)
    suite = ElementTree.Element("testsuite", name="miron", tests=str(len(outcomes)), failures=str(failed))
    for dialogue, outcome in outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname=str(dialogue), name=outcome.name)
        if not outcome.passed:
            failure = ElementTree.SubElement(case, "failure", message=outcome.failure)
            failure.text = "\n".join((str(outcome.span), *outcome.transcript)).translate(_NOT_XML)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
