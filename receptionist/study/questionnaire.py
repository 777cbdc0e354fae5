"""Questionnaires as data: items, reversed items, scales, missing answers, reliability (docs/study.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from receptionist.study.statistics import cronbach_alpha
from receptionist.study.tables import read_csv

FOLDER: Final = "questionnaires"
POLICIES: Final = ("none", "middle", "mean")
BLANK: Final = frozenset({"", "na", "n/a", "nan", "-", "."})
"""What stands in a table for an answer not given, in small letters."""


class QuestionnaireError(Exception):
    """A questionnaire that is not one; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Attributes:
        id: Column of tables.
        text: As it is asked; for a pair of words the two with ``/`` between them.
        reversed: The low end of the answers is the good one.
    """

    id: str
    text: str
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """What some items together measure: ``(sum or mean of (answer - minus)) * times``.

    Attributes:
        name: Column of tables.
        title: For people.
        items: Their ids.
        total: The contributions are added up; otherwise their mean is taken.
        minus: Taken from each answer, after reversing.
        times: Factor of the result.
    """

    name: str
    title: str
    items: tuple[str, ...]
    total: bool
    minus: float
    times: float


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire.

    Attributes:
        name: What studies call it.
        title: For people.
        source: Where it comes from.
        low: The lowest answer.
        high: The highest.
        items: In the order in which they are asked.
        scales: What comes out.
        missing: What becomes of a scale with answers missing: ``none`` (no score), ``middle`` (the middle
            of the answers stands for them), ``mean`` (the mean of the answers given does).
        answered: For ``mean``: the share of a scale's items that must be answered.
    """

    name: str
    title: str
    source: str
    low: int
    high: int
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    missing: str
    answered: float

    def scores(self, answers: Mapping[str, float | None], missing: str = "") -> dict[str, float | None]:
        """Score one person's answers.

        Args:
            answers: Item → answer; None, or no entry: not answered. Other entries do not count.
            missing: Another policy than the questionnaire's own.

        Returns:
            Scale → score; None where too much is missing, and where nothing is answered.

        Raises:
            ValueError: An answer lies outside the range.
        """
        right = {item.id: self._oriented(item, answers.get(item.id)) for item in self.items}
        return {scale.name: self._score(scale, right, missing or self.missing) for scale in self.scales}

    def _oriented(self, item: Item, answer: float | None) -> float | None:
        if answer is None:
            return None
        if not self.low <= answer <= self.high:
            raise ValueError(f"{item.id} is {answer:g}, but answers go from {self.low} to {self.high}")
        return self.low + self.high - answer if item.reversed else answer

    def _score(self, scale: Scale, right: Mapping[str, float | None], missing: str) -> float | None:
        given = [value for each in scale.items if (value := right[each]) is not None]
        lacking = len(scale.items) - len(given)
        if not given or (lacking and missing == "none"):
            return None
        if lacking and missing == "mean" and len(given) < self.answered * len(scale.items):
            return None
        instead = (self.low + self.high) / 2 if missing == "middle" else sum(given) / len(given)
        values = [*given, *[instead] * lacking]
        whole = sum(value - scale.minus for value in values) * scale.times
        return whole if scale.total else whole / len(values)

    def reliability(self, answers: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
        """Cronbach's alpha of each scale, over those who answered all of its items; None: cannot be told."""
        alphas: dict[str, float | None] = {}
        for scale in self.scales:
            items = [item for item in self.items if item.id in scale.items]
            rows = [[self._oriented(item, person.get(item.id)) for item in items] for person in answers]
            whole = [[value for value in row if value is not None] for row in rows if None not in row]
            alphas[scale.name] = cronbach_alpha(whole)
        return alphas


def shipped() -> Path:
    """The folder of the questionnaires that come with Miron."""
    from miron.resources import assets_path

    return assets_path() / FOLDER


def find(name: str, folder: Path | None = None) -> Questionnaire:
    """A questionnaire by name: from the study's own folder, else of those that come with Miron.

    Raises:
        QuestionnaireError: There is none, or it has mistakes.
    """
    places = [*([folder / FOLDER] if folder else []), shipped()]
    for place in places:
        if (place / f"{name}.yaml").is_file() and "/" not in name:
            return read_questionnaire(place / f"{name}.yaml")
    known = sorted({path.stem for place in places for path in place.glob("*.yaml")})
    raise QuestionnaireError(f"there is no questionnaire {name!r}; known are {', '.join(known)}")


def read_questionnaire(path: Path) -> Questionnaire:
    """Read a questionnaire file.

    Raises:
        QuestionnaireError: It cannot be read or is not one.
    """
    import yaml

    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionnaireError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise QuestionnaireError(f"{path}: {' '.join(str(error).split())}") from None
    try:
        return _questionnaire(written)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise QuestionnaireError(f"{path}: {what}") from None


def _questionnaire(written: Any) -> Questionnaire:
    if not isinstance(written, dict):
        raise ValueError("a questionnaire is a map that begins with 'questionnaire: NAME'")
    low, high = int(written["answers"]["from"]), int(written["answers"]["to"])
    if low >= high:
        raise ValueError(f"answers go from a lower to a higher number, not from {low} to {high}")
    items = tuple(_item(each) for each in written["items"])
    ids = [item.id for item in items]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice or not items:
        raise ValueError(f"items have different ids ({', '.join(twice) or 'there is none'})")
    scales = tuple(_scale(name, each, ids) for name, each in written["scales"].items())
    if not scales:
        raise ValueError("there is no scale")
    policy: Any = written.get("missing", "none")
    answered = 0.0
    if isinstance(policy, dict):
        policy, answered = "mean", float(policy["answered"])
    if policy not in POLICIES or not 0 <= answered <= 1:
        raise ValueError(f"missing is one of {', '.join(POLICIES)}, or {{answered: 0.75}}")
    return Questionnaire(
        str(written["questionnaire"]),
        str(written.get("title") or written["questionnaire"]),
        str(written.get("source") or ""),
        low,
        high,
        items,
        scales,
        policy,
        answered,
    )


def _item(written: Any) -> Item:
    text = str(written["text"]) if "text" in written else f"{written['left']} / {written['right']}"
    return Item(str(written["id"]), text, written.get("reversed", False) is True)


def _scale(name: str, written: Any, ids: Sequence[str]) -> Scale:
    items = tuple(map(str, written["items"]))
    unknown = [each for each in items if each not in ids]
    if unknown or not items:
        raise ValueError(f"scale {name}: {', '.join(unknown) or 'nothing'} is no item")
    if written["score"] not in ("sum", "mean"):
        raise ValueError(f"scale {name}: score is sum or mean, not {written['score']!r}")
    minus, times = float(written.get("minus", 0)), float(written.get("times", 1))
    return Scale(str(name), str(written.get("title") or name), items, written["score"] == "sum", minus, times)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered.

    Attributes:
        by_session: Session → item → answer (None: not given).
        wrong: Cells that are no answers, told with file and line; they count as not given.
    """

    by_session: Mapping[str, Mapping[str, float | None]]
    wrong: tuple[str, ...]


def read_answers(path: Path, questionnaire: Questionnaire) -> Answers:
    """Read a table of answers: a column ``session``, then one for each item; others are left alone.

    Raises:
        TableError: It cannot be read, or lacks ``session`` or an item.
    """
    found: dict[str, dict[str, float | None]] = {}
    wrong: list[str] = []
    ids = [item.id for item in questionnaire.items]
    for line, row in read_csv(path, ["session", *ids]):
        session = row["session"]
        if not session or session in found:
            wrong.append(f"{path}:{line}: session {session!r} is missing or stands there twice: left out")
            continue
        found[session] = {}
        for item in ids:
            text = row.get(item, "")
            answer = _answer(text, questionnaire)
            found[session][item] = answer
            if answer is None and text.casefold() not in BLANK:
                low, high = questionnaire.low, questionnaire.high
                wrong.append(f"{path}:{line}: {item} is {text!r}, no answer from {low} to {high}: left out")
    return Answers(found, tuple(wrong))


def _answer(text: str, questionnaire: Questionnaire) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    inside = math.isfinite(value) and questionnaire.low <= value <= questionnaire.high
    return value if inside else None
