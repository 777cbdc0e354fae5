"""What can be wrong between a template and the phrases it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from miron.source import ModelError, Note, Problem, suggest
from miron.template import (
    Alternative,
    Node,
    Option,
    Permutation,
    RuleRef,
    Sequence,
    Template,
    Text,
    walk,
)

MAX_SIZE = 20_000
"""Words and brackets of one sentence, phrases written out."""

MAX_NESTING = 40
"""Phrases within phrases within phrases."""


def phrase_problems(templates: Iterable[Template], phrases: Mapping[str, Template]) -> list[Problem]:
    """Unknown phrases, phrases that stand within themselves, and sentences that phrases make too large."""
    templates = tuple(templates)
    problems: list[Problem] = []
    for template in (*phrases.values(), *templates):
        for node in walk(template.root):
            if isinstance(node, RuleRef) and node.name not in phrases:
                problems.append(
                    Problem(
                        "unknown-phrase",
                        f"no phrase named '{node.name}'",
                        template.span(node),
                        suggestion=suggest(node.name, phrases),
                        notes=() if template.origin else (Note(f"in the sentence “{template.text}”"),),
                    )
                )
    uses = {name: _names(template, phrases) for name, template in phrases.items()}
    problems += _cycles(uses, phrases)
    if not problems and (deep := _too_deep(uses)):
        problems.append(
            Problem(
                "phrases-too-deep",
                f"'{deep}' leads through more than {MAX_NESTING} phrases",
                phrases[deep].origin,
            )
        )
    if not problems:
        known: dict[str, int] = {}
        for template in templates:
            if _size(template.root, phrases, known) > MAX_SIZE:
                message = "this sentence has too many parts"
                problems.append(Problem("template-too-large", message, template.origin))
    return problems


def check_phrases(templates: Iterable[Template], phrases: Mapping[str, Template]) -> None:
    """Raises ModelError with what :func:`phrase_problems` finds."""
    problems = phrase_problems(templates, phrases)
    if problems:
        raise ModelError(problems)


def _names(template: Template, phrases: Mapping[str, Template]) -> list[str]:
    names = (node.name for node in walk(template.root) if isinstance(node, RuleRef))
    return [name for name in dict.fromkeys(names) if name in phrases]


def _cycles(uses: Mapping[str, list[str]], phrases: Mapping[str, Template]) -> list[Problem]:
    """One problem for every way back that a depth-first walk meets."""
    problems: list[Problem] = []
    done: set[str] = set()
    for root in uses:
        path: list[str] = []
        stack = [(root, iter(uses[root]))] if root not in done else []
        while stack:
            name, following = stack[-1]
            if len(path) < len(stack):
                path.append(name)
            used = next(following, None)
            if used is None:
                done.add(path.pop())
                stack.pop()
            elif used in path:
                cycle = " → ".join(f"<{step}>" for step in (*path[path.index(used) :], used))
                message = f"a phrase stands within itself: {cycle}"
                problems.append(Problem("phrase-cycle", message, phrases[used].origin))
            elif used not in done:
                stack.append((used, iter(uses[used])))
    return problems


def _too_deep(uses: Mapping[str, list[str]]) -> str | None:
    """A phrase (of phrases without cycles) from which a path is too long."""
    depth: dict[str, int] = {}
    for root in uses:
        stack = [root]
        while stack:
            name = stack[-1]
            open_names = [used for used in uses[name] if used not in depth]
            if open_names:
                stack += open_names
                continue
            depth[stack.pop()] = 1 + max((depth[used] for used in uses[name]), default=0)
    return next((name for name, levels in depth.items() if levels > MAX_NESTING), None)


def _size(node: Node, phrases: Mapping[str, Template], known: dict[str, int]) -> int:
    """Words and brackets below a node; parts in any order count once for each set of parts before them."""
    match node:
        case Text():
            return 1 + node.text.count(" ")
        case RuleRef():
            if node.name not in known:
                known[node.name] = _size(phrases[node.name].root, phrases, known)
            return known[node.name]
        case Sequence() | Alternative() | Option() | Permutation():
            total = 1 + sum(_size(item, phrases, known) for item in node.items)
            return total << (len(node.items) - 1) if isinstance(node, Permutation) else total
        case _:
            return 1
