"""What another dialogue would have done with a recorded session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from engine.counterfactual import against
from engine.events import Heard, Phase, Report
from engine.explain import Explanation
from engine.journal import Journal, parse_all
from engine.mask import Masker
from engine.model import Assign, Const, Mask, OnBusy, Program
from engine.replay import replay
from tests.engine.plays import RICH, SCRIPT, Script, play
from tests.engine.scenes import Parrot, Stage, call, finished, hear, holds, on, program, rule, say, when, yes
from tests.engine.test_journal import PRIVATE


def journal_of(stage: Stage) -> Journal:
    return parse_all(("\n".join(stage.lines) + "\n").encode())


def recorded(model: Program, *heard: tuple[int, str], services: Any = None, until: int = 10_000) -> Journal:
    stage = Stage(model, services) if services else Stage(model)
    for at, text in heard:
        stage.hear(text, at=at)
    stage.until(until)
    stage.session.close()
    return journal_of(stage)


@settings(max_examples=40, deadline=None)
@given(SCRIPT)
def test_the_same_dialogue_does_the_same(script: Script) -> None:
    stage = Stage(RICH, manual=True, seed=3)
    play(stage.session, script)
    result = against(journal_of(stage), RICH, Parrot())
    assert (result.parting, result.unmatched, result.simulated) == (None, (), ())
    assert result.endings[0] == result.endings[1]


DESK = (
    rule("greet", hear("hello"), acts=(say("welcome"),)),
    rule("find", when(finished("greet"), eats=["greet"]), acts=(call("look", get=(("found", "found"),)),)),
    rule("tell", on("self", "look", phase="done"), acts=(say("here"),)),
    rule("bye", hear("bye"), end="met"),
)
MODEL = program(*DESK, entries={"found": "text", "late": "flag"})


def found(name: str, params: Any) -> Any:
    return "done", {"found": "it"}, 500


def test_a_planted_change_is_found_with_why_on_both_sides_and_the_session_goes_on() -> None:
    journal = recorded(MODEL, (0, "hello"), (5000, "bye"), services=found)
    other = program(
        *DESK[:2],
        rule("tell_more", on("self", "look", phase="done"), acts=(say("here_it_is"),)),
        DESK[3],
        entries={"found": "text"},
    )
    result = against(journal, other, Parrot(), own=(MODEL, Parrot()))
    parting = result.parting
    assert parting is not None
    assert parting.cause == "fire tell → fire tell_more"
    assert isinstance(parting.why_recorded, Explanation)
    assert isinstance(parting.why_replayed, Explanation)
    assert (parting.why_recorded.rule, parting.why_replayed.rule) == ("tell", "tell_more")
    assert parting.why_not == "the other dialogue has no rule tell"
    assert result.simulated == ("speech here_it_is",)
    assert [each.get("new") for each in result.journal.records if each.get("name") == "found"] == ["it", None]
    assert result.endings == (("met",), ("met",))
    assert replay(result.journal, other, Parrot()).identical


def test_a_session_that_does_not_meet_the_change_does_not_part() -> None:
    journal = recorded(MODEL, (0, "bye"))
    other = program(*DESK[:2], DESK[3], entries={"found": "text"})
    assert against(journal, other, Parrot()).parting is None
    assert against(recorded(MODEL, (0, "hello"), services=found), other, Parrot()).parting is not None


def test_why_not_tells_what_held_the_recorded_rule_back() -> None:
    journal = recorded(MODEL, (0, "hello"), services=found)
    guarded = replace(DESK[0], unless=(Mask((holds(yes("shut")),)),))
    opening = rule("shut", on("world", "session_started"), assign=(Assign("shut", Const(True)),))
    other = program(guarded, *DESK[1:], opening, entries={"found": "text", "shut": "flag"})
    parting = against(journal, other, Parrot()).parting
    assert parting is not None
    assert parting.replayed is not None  # the rule that shuts comes first
    silent = program(guarded, *DESK[1:], entries={"found": "text", "shut": "flag"}, more_entries={})
    shut = replace(silent, entries={**silent.entries, "shut": replace(silent.entries["shut"], default=True)})
    parting = against(journal, shut, Parrot()).parting
    assert parting is not None
    assert isinstance(parting.why_not, Explanation)
    assert "inhibited: shut is yes" in parting.why_not.verdict


def test_numbers_of_acts_may_shift_and_reports_still_find_theirs() -> None:
    journal = recorded(MODEL, (0, "hello"), services=found)
    nod = rule("nod", hear("hello"), acts=(replace(say("nod"), channel="gesture"),), priority=1)
    result = against(journal, program(nod, *DESK, entries={"found": "text"}), Parrot())
    assert result.unmatched == ()
    assert result.simulated == ("gesture nod",)
    assert result.session.value("found") == "it"
    assert result.parting is not None
    assert result.parting.cause == "fire greet → fire nod"


def test_reports_of_acts_that_are_not_asked_for_are_ignored_with_a_line() -> None:
    journal = recorded(MODEL, (0, "hello"), services=found)
    other = program(DESK[0], DESK[3], entries={"found": "text"})
    result = against(journal, other, Parrot())
    lines = [record.seq for record in journal.records if record.get("source") == "self"]
    assert set(result.unmatched) < set(lines)
    reasons = [each.get("reason") for each in result.journal.records if each.kind == "ignored"]
    assert len(reasons) == len(result.unmatched)
    assert "look, which was not asked for here" in reasons[0]


def test_a_service_on_a_new_path_is_answered_by_fixtures_and_fails_without() -> None:
    journal = recorded(program(*DESK[:1], entries={"found": "text"}), (0, "hello"))
    result = against(journal, MODEL, Parrot(), services=found)
    assert result.session.value("found") == "it"
    assert result.simulated == ("service look", "speech here")
    failed = against(journal, MODEL, Parrot())
    assert failed.session.value("found") is None
    assert [each.get("reason") for each in failed.journal.records if each.get("phase") == "failed"] == [
        "not recorded"
    ]


def test_an_act_asked_for_after_its_recorded_end_is_performed_anew() -> None:
    model = program(rule("a", hear("x"), acts=(say("one"),)))
    journal = recorded(model, (0, "x"), (3000, "y"))
    other = program(rule("a", hear("y"), acts=(say("one"),)))
    result = against(journal, other, Parrot())
    assert result.simulated == ("speech one",)
    ends = [each.t for each in result.journal.records if each.get("phase") == "done"]
    assert ends == [4400]


def test_an_act_that_is_stopped_only_now_is_reported_as_broken_off() -> None:
    model = program(rule("a", hear("x"), acts=(say("one"),)), rule("b", hear("y"), acts=(say("two"),)))
    journal = recorded(model, (0, "x"), (700, "y"))
    other = program(
        rule("a", hear("x"), acts=(say("one"),)),
        rule("b", hear("y"), acts=(say("two"),), on_busy=OnBusy.INTERRUPT),
    )
    result = against(journal, other, Parrot())
    assert result.parting is not None
    assert result.parting.t == 700
    cut = [each.t for each in result.journal.records if each.get("phase") == "cancelled"]
    assert cut == [700]


def test_words_for_a_miron_the_other_dialogue_lacks_are_understood_anew() -> None:
    stage = Stage(RICH, manual=True)
    play(stage.session, [(Heard("name who=ada"), 100)])
    journal = journal_of(stage)
    renamed = [
        line.replace('"name":"name","via"', '"name":"called","via"')
        if '"kind":"percept","cause":null' in line
        else line
        for line in stage.lines
    ]
    result = against(parse_all("\n".join(renamed).encode()), RICH, Parrot())
    assert result.session.value("visitor.name") == "ada"
    assert against(journal, RICH, Parrot(), understand_again=True).parting is None


def test_a_masked_journal_is_compared_without_its_words() -> None:
    stage = Stage(
        PRIVATE,
        services=lambda name, params: ("done", {"host": "Grace Hopper"}, 10),
        mask=Masker(PRIVATE, b"k" * 32),
    )
    for text in ("name who=Ada", "talk"):
        stage.hear(text)
        stage.run.settle()
    assert against(journal_of(stage), PRIVATE, Parrot()).parting is None
    silent = replace(PRIVATE, rules=PRIVATE.rules[:1])
    parting = against(journal_of(stage), silent, Parrot()).parting
    assert parting is not None
    assert parting.cause.startswith("fire talk")


def test_a_new_entry_with_a_default_is_no_parting() -> None:
    journal = recorded(MODEL, (0, "hello"), (5000, "bye"), services=found)
    entries = {**MODEL.entries, "extra": replace(MODEL.entries["found"], name="extra", default="x")}
    assert against(journal, replace(MODEL, entries=entries), Parrot()).parting is None


def test_an_act_that_never_reported_times_out_again() -> None:
    model = program(rule("a", hear("x"), acts=(say("one"),)), rule("bad", on("self", "one", phase="failed")))
    stage = Stage(model, manual=True)
    stage.hear("x", at=0)
    stage.offer(Report(1, Phase.STARTED), at=10)
    stage.until(70_000)
    stage.session.close()
    result = against(journal_of(stage), model, Parrot())
    assert (result.parting, result.simulated) == (None, ())
