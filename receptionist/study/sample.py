"""Makes the sample study: ``python -m receptionist.study.sample FOLDER`` (see ``assets/studies/README.md``).

The real receptionist meets simulated visitors on the virtual clock under two conditions. Visitors and their
answers to the questionnaires are made up from seeds: they show what the commands do, and nothing else.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.chance import Chance
from engine.journal import parse_all
from receptionist.study.assignment import Planned, as_csv, assign
from receptionist.study.metrics import heard_texts, session_metrics
from receptionist.study.protocol import ANSWERS, ASSIGNMENT, SESSIONS, TRANSCRIPTS, read_protocol
from receptionist.study.questionnaire import Questionnaire
from receptionist.study.results import questionnaires
from receptionist.study.sources import Loaded, load
from receptionist.study.tables import csv_text

if TYPE_CHECKING:
    from dsl.fixtures import Fixture
    from dsl.selfplay import OtherVoice
    from receptionist.study.protocol import Protocol

START: Final = datetime(2026, 1, 5, 9, 0)
WISHES: Final[Mapping[str, Mapping[str, str]]] = {
    "expected": {
        "visitor.name": "Ada Lovelace",
        "visitor.company": "Analytical Engines",
        "visit.host": "Grace Hopper",
    },
    "unannounced": {
        "visitor.name": "George Boole",
        "visitor.company": "Lincoln Logic",
        "visit.host": "Alan Turing",
    },
}
LOST_WORDS: Final = 12
"""Per cent of utterances of which the recogniser loses a word."""


@dataclass
class _Recogniser:
    """A voice of which words get lost; it keeps what was really said."""

    voice: OtherVoice
    chance: Chance

    def __post_init__(self) -> None:
        self.said: dict[str, str] = {}

    def express(self, miron: str, locale: str, chance: Chance) -> str | None:
        """As :class:`engine.visitor.Voice`."""
        text = self.voice.express(miron, locale, chance)
        words = (text or "").split()
        if text is None or len(words) < 2 or not self.chance.happens("lost", LOST_WORDS):
            return text
        del words[self.chance.below("word", len(words))]
        heard = " ".join(words)
        self.said[heard] = text
        return heard


def make(folder: Path) -> None:
    """Write sessions, plan, transcripts and answers into a folder that holds a protocol and its dialogues."""
    protocol = read_protocol(folder)
    plan = assign(protocol)
    (folder / ASSIGNMENT).write_text(as_csv(plan), encoding="utf-8")
    for name in (SESSIONS, TRANSCRIPTS, ANSWERS):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    loaded = {condition.name: load(condition.source) for condition in protocol.conditions}
    asked = questionnaires(protocol)
    answers: dict[str, list[list[object]]] = {each.name: [] for each in asked}
    for number, planned in enumerate(plan):
        chance = Chance(1000 + number)
        lines, said = _visit(loaded[planned.condition], planned, folder / "desk.yaml", protocol, number)
        content = "\n".join(lines) + "\n"
        (folder / SESSIONS / f"{planned.session}.jsonl").write_text(content, encoding="utf-8")
        journal = parse_all(content.encode())
        spoken = [said.get(text, text) for text in heard_texts(journal)]
        transcript = "".join(f"{text}\n" for text in spoken)
        (folder / TRANSCRIPTS / f"{planned.session}.txt").write_text(transcript, encoding="utf-8")
        measured = session_metrics(journal, protocol.vocabulary)
        costs = min(4, int(str(measured["repairs"])) + int(str(measured["not_understood"])))
        mood = 0.45 + 0.35 * int(str(measured["success"] or 0)) - 0.06 * costs
        for each in asked:
            answers[each.name].append([planned.session, *_answers(each, mood, chance)])
    for each in asked:
        table = csv_text(["session", *(item.id for item in each.items)], answers[each.name])
        (folder / ANSWERS / f"{each.name}.csv").write_text(table, encoding="utf-8")


def _visit(
    loaded: Loaded, planned: Planned, desk: Path, protocol: Protocol, number: int
) -> tuple[list[str], Mapping[str, str]]:
    from dsl.fixture_file import read_fixture_file
    from dsl.language import MironLanguage
    from dsl.selfplay import OtherVoice
    from engine.events import Assert
    from engine.roles import SwappedRun
    from engine.session import Session
    from engine.virtual import VirtualRun
    from engine.visitor import Habits, SimulatedVisitor
    from receptionist.simulated import SimulatedReceptionist

    compiled = loaded.compiled
    fixture: Fixture = read_fixture_file(compiled.env, desk)
    application = SimulatedReceptionist()
    lexicons = {**application.lexicons(fixture), **fixture.lexicons}
    language = MironLanguage(compiled, lexicons)
    person = protocol.participants.index(planned.participant)
    # Both visits of a participant begin with the same seed: it is the same person, with the same habits.
    seed = 100 + person
    lines: list[str] = []
    session = Session(
        compiled.program,
        language,
        seed=seed,
        locale=protocol.locale,
        wall_start=START.replace(day=5 + person % 5, hour=9 + number % 8),
        network=loaded.network,
        journal=lines.append,
    )
    swapped = SwappedRun(
        compiled.program, language, seed=seed, locale=protocol.locale, network=loaded.network
    )
    voice = OtherVoice(compiled, lexicons, WISHES[planned.task])
    recogniser = _Recogniser(voice, Chance(500 + number))
    run = VirtualRun(session, fixture.services(application.services(fixture)))
    habits = Habits(
        silent=12 + person % 3 * 6, garbled=10, astray=6, noisy=2, barges_in=15, leaves=1, turns=14
    )
    visitor = SimulatedVisitor(run, swapped, recogniser, seed, habits)
    visitor.visit([Assert(entry, value) for entry, value in fixture.memory.items()])
    session.close("the visitor has gone")
    return lines, recogniser.said


def _answers(questionnaire: Questionnaire, mood: float, chance: Chance) -> list[object]:
    """Made-up answers about a mood from 0 to 1, one in forty not given."""
    found: list[object] = []
    width = questionnaire.high - questionnaire.low
    for item in questionnaire.items:
        wanted = mood + (chance.below(f"{questionnaire.name} noise", 41) - 20) / 100
        value = questionnaire.low + round(width * min(1.0, max(0.0, wanted)))
        value = questionnaire.low + questionnaire.high - value if item.reversed else value
        found.append("" if chance.below("blank", 40) == 0 else value)
    return found


def main(arguments: Sequence[str]) -> None:
    """Entry point of the module."""
    make(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
