"""The faults of the receptionist that was there before: the checker finds each kind, and only there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dsl.check import check
from dsl.reader import read_text
from miron.source import ModelError, Problem


@dataclass(frozen=True)
class Fault:
    """A kind of fault: what to replace in the sound dialogue, and how the checker calls it."""

    changes: tuple[tuple[str, str], ...]
    code: str
    words: str


SOUND = """
dialogue: front
locales: [en, de]
endings: [met, nobody_there]
use: {user_model: {}, watchdog: {then: give_up}}
memory:
  phase: {type: idle | ringing, default: idle}
  visitor.name: person
  consent: flag
services: {ring: {takes: {name: person}, timeout: 30s}}
mirons:
  i_am: {en: "[I am] {visitor.name}", de: "[ich bin] {visitor.name}"}
  hurry: {en: please hurry, de: beeilen Sie sich}
  who: {en: May I have your name?, de: Wie ist Ihr Name?}
  who_again: {en: Please tell me your name., de: Bitte sagen Sie mir Ihren Namen.}
  may_i: {en: May I remember you?, de: Darf ich Sie mir merken?}
  on_it: {en: I am ringing already., de: Ich klingele schon.}
  sorry: {en: I am sorry., de: Es tut mir leid.}
  thanks: {en: "Thank you, {visitor.name}.", de: "Danke, {visitor.name}."}
questions:
  name: {fills: visitor.name, prompt: [who, who_again]}
  may_remember: {fills: consent, prompt: may_i, waits: {button: 60s}}
rules:
  begin:
    when: see visit_started
    do:
      - {ask: name, failed: {think: give_up}}
      - {set: {phase: ringing}}
      - {call: {ring: {name: visitor.name}}, failed: {set: {phase: idle}, think: give_up}}
      - {set: {phase: idle}}
      - {ask: may_remember, failed: {say: sorry}}
      - {if: consent, say: thanks}
      - {end: met}
  calm: {when: hear hurry, if: phase is ringing, do: {say: on_it}}
  give_up: {do: [{say: sorry}, {end: nobody_there}]}
"""

BY_HAND = """
  wake: {when: see arrived, unless: talking, do: {set: {talking: yes, asleep: no, calling: no}}}
  call: {when: hear hurry, unless: asleep or calling, do: {set: {calling: yes, talking: no, asleep: no}}}
  sleep: {when: see left, unless: talking or asleep, do: {set: {asleep: yes, talking: no, calling: no}}}
"""

FAULTS = {
    "an undefined Miron referenced": Fault(
        (("say: thanks}", "say: thnaks}"),), "unknown-miron", "there is no Miron 'thnaks'"
    ),
    "sentence variants missing for some case x step": Fault(
        ((", de: Bitte sagen Sie mir Ihren Namen.}", "}"),),
        "missing-sentence",
        "'who_again' is said and has no sentence in de",
    ),
    "a consent timeout longer than the watchdog": Fault(
        (("button: 60s", "button: 2min"),), "watchdog-too-short", "'may_remember' may take 2min"
    ),
    "a flag that survives a failed call and starts two scripts": Fault(
        (("failed: {set: {phase: idle}, think: give_up}}", "failed: {say: sorry}}"),),
        "state-outlives-failure",
        "'phase' keeps its value when the call of 'ring' fails",
    ),
    "an ending that no rule reaches": Fault(
        (("[{say: sorry}, {end: nobody_there}]", "{say: sorry}"),),
        "unreachable-ending",
        "no rule ends the visit with 'nobody_there'",
    ),
    "an ending whose rule nothing fires": Fault(
        (("[{say: sorry}, {end: nobody_there}]}", "{say: sorry}}\n  nobody: {do: {end: nobody_there}}"),),
        "unreachable-ending",
        "only 'nobody' ends the visit with 'nobody_there', and nothing fires it",
    ),
    "noise at step 2 leading to silence": Fault(
        (("prompt: may_i, waits", "prompt: may_i, by: [voice, voice], waits"),),
        "noise-without-hands",
        "after noise 'may_remember' goes on by voice",
    ),
    "inhibitions by hand to emulate exclusive states": Fault(
        (
            ("  consent: flag\n", "  consent: flag\n  asleep: flag\n  talking: flag\n  calling: flag\n"),
            ("\n  calm:", f"{BY_HAND}  calm:"),
        ),
        "exclusive-flags",
        "'asleep', 'talking', 'calling' are kept apart by hand",
    ),
}


def problems(text: str) -> list[Problem]:
    try:
        return check(read_text(text, "d.yaml"))
    except ModelError as error:
        return list(error.problems)


def test_the_sound_dialogue_is_clean() -> None:
    assert problems(SOUND) == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_known_fault_is_found(name: str) -> None:
    fault, text = FAULTS[name], SOUND
    for right, wrong in fault.changes:
        assert right in text
        text = text.replace(right, wrong, 1)
    found = [problem for problem in problems(text) if problem.code == fault.code]
    assert any(fault.words in problem.message and problem.span for problem in found)
