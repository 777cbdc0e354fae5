"""Every row of the table of required outcomes (docs/semantics.md, "What must come out"), by its number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.events import Assert, ClockChange, Gate, Heard, Phase, Report
from engine.model import (
    Active,
    After,
    Assign,
    Const,
    Held,
    Mask,
    MironMeta,
    OnBusy,
    Think,
    TimerOut,
)
from tests.engine.scenes import (
    Stage,
    absent,
    call,
    finished,
    hear,
    holds,
    known,
    on,
    program,
    rule,
    say,
    told,
    when,
    yes,
)

ASK = rule("ask", hear("hello"), acts=(say("question"),))
ANSWERED = rule("answered", hear("name", eats=["ask"]), acts=(say("thanks"),))
SILENCE = rule("silence", when(holds(After("ask", 5000)), eats=["ask"]), acts=(say("again"),))


def test_row_01_an_answer_in_time_consumes_the_asking_state_and_no_silence_follows() -> None:
    stage = Stage(program(ASK, ANSWERED, SILENCE))
    stage.hear("hello")
    stage.hear("name", at=3000)
    stage.until(60_000)
    assert stage.fires() == [(0, "ask"), (3000, "answered")]
    assert stage.kinds("fire")[1].get("consumed") == ["ask"]


def test_row_02_silence_is_counted_from_the_end_of_the_question() -> None:
    stage = Stage(program(ASK, ANSWERED, SILENCE))
    stage.hear("hello", at=100)
    stage.until(60_000)
    assert stage.ends()[0] == (1500, "question", "done")
    assert stage.fires("silence") == [(6500, "silence")]


def test_row_03_in_the_millisecond_of_the_time_out_the_time_out_comes_first() -> None:
    late = rule("late", hear("name", eats=["silence"]))
    stage = Stage(program(ASK, ANSWERED, SILENCE, late), manual=True)
    stage.hear("hello", at=0)
    stage.offer(Report(1, Phase.DONE), at=1000)
    stage.hear("name", at=6000)
    assert stage.fires() == [(0, "ask"), (6000, "silence"), (6000, "late")]


@pytest.mark.parametrize(("on_busy", "phase"), [(OnBusy.WAIT, "done"), (OnBusy.INTERRUPT, "cancelled")])
def test_row_04_an_answer_during_the_question_is_taken(on_busy: OnBusy, phase: str) -> None:
    answered = rule("answered", hear("name", eats=["ask"]), acts=(say("thanks"),), on_busy=on_busy)
    stage = Stage(program(ASK, answered))
    stage.hear("hello")
    stage.hear("name", at=700)
    stage.run.settle()
    assert stage.fires("answered") == [(700, "answered")]
    assert stage.ends()[0] == (1400 if phase == "done" else 700, "question", phase)


def test_row_05_a_clock_bit_waits_for_the_guard() -> None:
    nudge = rule("nudge", when(holds(After("ask", 8000)), absent(yes("visitor.speaking")), eats=["ask"]))
    stage = Stage(program(ASK, nudge, entries={"visitor.speaking": "flag"}), manual=True)
    stage.hear("hello", at=0)
    stage.offer(Report(1, Phase.DONE), at=0)
    stage.offer(Assert("visitor.speaking", True), at=7000)
    stage.offer(Assert("visitor.speaking", False), at=9000)
    assert stage.fires("nudge") == [(9000, "nudge")]


def test_row_06_a_test_fires_on_each_rise_only() -> None:
    stage = Stage(program(rule("r", when(holds(yes("present")))), entries={"present": "flag"}))
    for at, value in ((1, True), (2, True), (3, None), (4, True), (5, False), (6, True)):
        stage.offer(Assert("present", value), at=at)
    assert stage.fires() == [(1, "r"), (4, "r"), (6, "r")]


def test_row_07_unless_lets_the_occasion_pass_and_not_waits() -> None:
    stage = Stage(
        program(
            rule("passes", when(holds(yes("a"))), unless=(Mask((holds(yes("b")),)),)),
            rule("waits", when(holds(yes("a")), absent(yes("b")))),
            entries={"a": "flag", "b": "flag"},
        )
    )
    stage.offer(Assert("b", True), at=1)
    stage.offer(Assert("a", True), at=2)
    stage.offer(Assert("b", False), at=3)
    assert stage.fires() == [(3, "waits")]


def test_row_08_yes_beats_no_whatever_the_rank_and_is_no_rise_if_it_was_yes() -> None:
    stage = Stage(
        program(
            rule("no", hear("go"), assign=(Assign("f", Const(False)),)),
            rule("yes", hear("go"), assign=(Assign("f", Const(True)),)),
            rule("rise", when(holds(yes("f")))),
            entries={"f": "flag"},
        )
    )
    stage.hear("go", at=1)
    stage.hear("go", at=2)
    assert stage.session.value("f") is True
    assert stage.fired("rise") == ["rise"]


def test_row_09_the_higher_rank_writes_a_choice_and_both_fire() -> None:
    stage = Stage(
        program(
            rule("low", hear("go"), assign=(Assign("phase", Const("low")),)),
            rule("high", hear("go"), assign=(Assign("phase", Const("high")),), priority=1),
            entries={"phase": "choice"},
        )
    )
    stage.hear("go")
    assert stage.fired() == ["high", "low"]
    assert stage.session.value("phase") == "high"


def test_row_10_either_of_two_followed_states_or_both_joined() -> None:
    either = rule("either", hear("go", eats=["a"]), hear("go", eats=["b"]))
    stage = Stage(program(rule("a", hear("one")), rule("b", hear("two")), either))
    for word in ("one", "two", "go", "go"):
        stage.hear(word)
    assert stage.fired("either") == ["either"]
    assert stage.kinds("fire")[-1].get("consumed") == ["a", "b"]

    join = rule("join", hear("go", eats=["a", "b"]))
    stage = Stage(program(rule("a", hear("one")), rule("b", hear("two")), join))
    for word in ("one", "go", "two", "go"):
        stage.hear(word)
    assert stage.fired() == ["a", "b", "join"]


def test_row_11_two_followers_on_one_percept_both_fire_and_the_state_is_consumed_once() -> None:
    stage = Stage(
        program(rule("a", hear("one")), rule("b", hear("go", eats=["a"])), rule("c", hear("go", eats=["a"])))
    )
    for word in ("one", "go", "go"):
        stage.hear(word)
    assert stage.fired() == ["a", "b", "c"]
    assert "a" not in stage.session.active()


def test_row_12_firing_again_restarts_the_second() -> None:
    r = rule("r", hear("go"), hear("go", eats=["r"]), ignore_again=False)
    stage = Stage(program(r, rule("late", when(holds(After("r", 1000)), eats=["r"]))))
    stage.hear("go", at=0)
    stage.hear("go", at=600)
    stage.until(5000)
    assert stage.fires() == [(0, "r"), (600, "r"), (1600, "late")]


def test_row_13_firing_beats_consumption_and_the_new_firing_wakes_test_only_followers() -> None:
    a = rule("a", hear("go"), ignore_again=False)
    b = rule("b", hear("go", eats=["a"]))
    c = rule("c", when(eats=["a"]))
    stage = Stage(program(a, b, c))
    stage.hear("go", at=1)
    assert stage.fired() == ["a", "c"]
    stage = Stage(program(a, b))
    stage.hear("go", at=1)
    stage.hear("go", at=2)
    assert stage.fires() == [(1, "a"), (2, "a"), (2, "b")]
    assert "a" in stage.session.active()


def test_row_14_one_percept_serves_one_tick() -> None:
    stage = Stage(program(rule("a", hear("x")), rule("b", hear("x", eats=["a"]))))
    stage.hear("x", at=1)
    assert stage.fired() == ["a"]
    stage.hear("x", at=2)
    assert "b" in stage.fired()


def test_row_15_a_test_that_held_before_fires_one_tick_after_the_followed_state() -> None:
    follower = rule("follower", when(holds(yes("f")), eats=["a"]))
    stage = Stage(program(rule("a", hear("go")), follower, entries={"f": "flag"}))
    stage.offer(Assert("f", True))
    stage.hear("go")
    assert [(each.get("tick"), each.get("rule")) for each in stage.kinds("fire")] == [
        (0, "a"),
        (1, "follower"),
    ]


@pytest.mark.parametrize(
    ("on_busy", "fired", "said"),
    [
        (OnBusy.WAIT, ["first", "second", "state_over"], ["one", "two"]),
        (OnBusy.DROP, ["first"], ["one"]),
        (OnBusy.INTERRUPT, ["first", "second", "state_over"], ["one", "two"]),
    ],
)
def test_row_16_two_rules_for_speech_in_one_tick(on_busy: OnBusy, fired: list[str], said: list[str]) -> None:
    stage = Stage(
        program(
            rule("state", hear("hello")),
            rule("first", hear("go"), acts=(say("one"),)),
            rule("second", hear("go", eats=["state"]), acts=(say("two"),), on_busy=on_busy),
            rule("state_over", on("fired", "second")),
        )
    )
    stage.hear("hello")
    stage.hear("go", at=10)
    stage.until(10_000)
    assert stage.fired()[1:] == fired
    assert [name for _, name, phase in stage.ends() if phase == "done"] == said
    assert ("state" in stage.session.active()) == (on_busy is OnBusy.DROP)


def test_row_17_a_suppressed_rule_claims_nothing() -> None:
    arm = replace(say("lift"), channel="arm")
    high = rule("high", hear("go"), acts=(say("one"), arm), on_busy=OnBusy.DROP, priority=1)
    holder = rule("holder", hear("hold"), acts=(arm,))
    low = rule("low", hear("go"), acts=(say("two"),), on_busy=OnBusy.DROP)
    stage = Stage(program(high, holder, low, exclusive=("speech", "arm")))
    stage.hear("hold")
    stage.hear("go", at=1)
    assert stage.fired() == ["holder", "low"]
    assert [(each.get("rule"), each.get("reason"), each.get("by")) for each in stage.kinds("suppress")] == [
        ("high", "busy", "arm")
    ]


@pytest.mark.parametrize(
    ("answer", "at", "heard_as"),
    [(Phase.CANCELLED, 200, "cancelled"), (Phase.DONE, 200, "done"), (None, 600, "cancelled")],
)
def test_row_18_barge_in(answer: Phase | None, at: int, heard_as: str) -> None:
    cutter = rule("cutter", hear("stop"), acts=(say("sorry"),), on_busy=OnBusy.INTERRUPT)
    stage = Stage(program(ASK, cutter), manual=True)
    stage.hear("hello", at=0)
    stage.hear("stop", at=100)
    assert [(each.kind, each.act) for each in stage.commands] == [("start", 1), ("stop", 1)]
    if answer is not None:
        stage.offer(Report(1, answer, said="this is"), at=200)
    stage.until(700)
    assert stage.ends() == [(at, "question", heard_as)]
    assert stage.acts("start") == [(0, "start", "question"), (at, "start", "sorry")]
    stage.offer(Report(1, Phase.DONE), at=800)
    assert stage.kinds("ignored")[-1].get("reason") == "the act has ended"


def test_row_19_an_interrupt_in_the_cascade_of_the_request_cancels_before_dispatch() -> None:
    cutter = rule("cutter", on("fired", "ask"), acts=(say("sorry"),), on_busy=OnBusy.INTERRUPT)
    stage = Stage(program(ASK, cutter))
    stage.hear("hello", at=5)
    assert stage.acts("start") == [(5, "start", "sorry")]
    assert stage.ends() == [(5, "question", "cancelled")]


def test_row_20_a_queued_prompt_whose_state_is_answered_is_dropped_and_reported() -> None:
    talk = rule("talk", hear("talk"), acts=(say("story"),))
    cut = rule("cut", on("self", "question", phase="cut"))
    stage = Stage(program(talk, ASK, ANSWERED, cut))
    stage.hear("talk")
    stage.hear("hello", at=10)
    stage.hear("name", at=20)
    assert stage.acts("drop") == [(20, "drop", "question")]
    assert stage.ends() == [(20, "question", "cancelled")]
    assert stage.fires("cut") == [(20, "cut")]
    stage.run.settle()
    assert [name for _, name, phase in stage.ends() if phase == "done"] == ["story", "thanks"]


def test_row_21_done_of_a_rule_waits_for_its_own_acts() -> None:
    stage = Stage(
        program(
            rule("r", hear("go"), acts=(say("ok"),)),
            rule("other", hear("go"), acts=(say("ok"),), priority=1),
            rule("by_name", on("self", "ok", phase="done")),
            rule("own", on("finished", "r")),
        )
    )
    stage.hear("go")
    stage.run.settle()
    assert stage.fires("by_name") == [(1400, "by_name"), (2800, "by_name")]
    assert stage.fires("own") == [(2800, "own")]


def test_row_22_a_late_answer_of_a_service_is_ignored_with_a_line() -> None:
    stage = Stage(
        program(
            rule("r", hear("go"), acts=(call("ring", get=(("reply", "reply"),)),)),
            rule("failed", on("self", "ring", phase="failed")),
            entries={"reply": "text"},
        ),
        services=lambda name, params: ("done", {"reply": "coming"}, 30_001),
    )
    stage.hear("go")
    stage.until(40_000)
    assert stage.ends()[0] == (30_000, "ring", "timed_out")
    assert stage.fires("failed") == [(30_000, "failed")]
    assert stage.session.value("reply") is None
    assert [each.get("reason") for each in stage.kinds("ignored")] == ["the act has ended"]


def test_row_23_a_timer_stopped_by_the_cascade_of_an_equal_deadline_is_not_delivered() -> None:
    stage = Stage(
        program(
            rule("start", hear("go"), timers=(("a", 1000), ("b", 1000))),
            rule("first", when(holds(TimerOut("a"))), stop_timers=("b",)),
            rule("second", when(holds(TimerOut("b")))),
        )
    )
    stage.hear("go")
    stage.until(5000)
    assert stage.fires() == [(0, "start"), (1000, "first")]
    assert [each.get("name") for each in stage.kinds("timer")] == ["a"]


def test_row_24_a_period_is_exact_and_only_the_last_deadline_of_a_watchdog_counts() -> None:
    tick = rule("tick", hear("go"), when(holds(TimerOut("t"))), timers=(("t", 1000),), ignore_again=False)
    stage = Stage(program(tick))
    stage.hear("go")
    stage.until(3500)
    assert stage.fires() == [(0, "tick"), (1000, "tick"), (2000, "tick"), (3000, "tick")]

    dog = rule("dog", hear("go"), hear("word"), timers=(("dog", 5000),))
    bark = rule("bark", when(holds(TimerOut("dog"))))
    stage = Stage(program(dog, bark))
    for at in (0, 3000, 6000):
        stage.hear("go", at=at)
    stage.until(30_000)
    assert stage.fires("bark") == [(11_000, "bark")]


def test_row_25_leave_all_leaves_the_old_and_keeps_what_fires_in_that_tick() -> None:
    stage = Stage(
        program(
            rule("old", hear("hello"), acts=(say("story"),)),
            rule("watchdog", hear("go"), leave_all=True),
            rule("new", hear("go")),
            rule("after_new", hear("x", eats=["new"])),
            rule("after_dog", hear("x", eats=["watchdog"])),
            rule("after_old", hear("x", eats=["old"])),
        )
    )
    stage.hear("hello")
    stage.hear("go", at=1)
    assert set(stage.session.active()) == {"watchdog", "new"}


def _thinking(gated: bool) -> list[str]:
    stage = Stage(
        program(
            rule("caller", hear("go"), thinks=(Think("call_module"),)),
            rule("module", on("inner", "call_module"), acts=(say("working"),)),
            rule("back", when(finished("module"), eats=["module"]), thinks=(Think("returned"),)),
            rule("resumed", on("inner", "returned"), acts=(say("finished"),)),
        )
    )
    if gated:
        stage.offer(Gate("speech", False))
    stage.hear("go")
    stage.until(10_000)
    assert bool(stage.acts("imagine")) == gated
    return stage.fired()


def test_row_26_call_and_return_by_thoughts_are_the_same_rehearsed() -> None:
    assert _thinking(False) == ["caller", "module", "back", "resumed"]
    assert _thinking(True) == _thinking(False)


def test_row_27_an_endless_cascade_is_a_fault_that_names_its_rules() -> None:
    stage = Stage(
        program(
            rule("a", hear("go"), on("inner", "ping"), thinks=(Think("pong"),)),
            rule("b", on("inner", "pong"), thinks=(Think("ping"),)),
            rule("c", on("world", "fault")),
        )
    )
    stage.hear("go")
    (fault,) = stage.kinds("fault")
    assert (fault.get("code"), fault.get("rules")) == ("endless", ["a", "b"])
    assert len(stage.fired("a", "b")) == 64
    assert stage.fired("c") == ["c"]
    stage.hear("other")
    assert stage.session.t == 0


def test_row_27_a_gated_loop_that_answers_itself_is_a_fault_after_a_thousand_events() -> None:
    stage = Stage(program(rule("a", hear("go"), on("inner", "hum"), acts=(say("hum"),), ignore_again=False)))
    stage.offer(Gate("speech", False))
    stage.hear("go")
    (fault,) = stage.kinds("fault")
    assert (fault.get("code"), fault.get("rules")) == ("internal queue", ["a"])


def test_row_28_a_cooldown_blocks_at_exactly_its_time_and_not_a_millisecond_later() -> None:
    r = rule("r", when(holds(yes("f"))), cooldown_ms=1000)
    stage = Stage(program(r, entries={"f": "flag"}))
    for at in (0, 1000, 1001):
        stage.offer(Assert("f", True), at=at)
        stage.offer(Assert("f", False), at=at)
    assert stage.fires() == [(0, "r"), (1001, "r")]


def test_row_29_what_a_miron_fills_itself_does_not_keep_it_from_being_expected() -> None:
    guard = (Mask((absent(known("visit.host")),)),)
    model = program(
        rule("by_yes", hear("agree"), unless=guard),
        rule("by_name", hear("name_host"), unless=guard),
        entries={"visit.host": "person"},
        mirons={
            "name_host": MironMeta("name_host", writes=(("visit.host", "visit.host"),)),
            "agree": MironMeta("agree"),
        },
    )
    stage = Stage(model)
    assert [each.miron for each in stage.session.expectations()] == ["name_host"]
    stage.hear("name_host visit.host=ada")
    assert {each.miron for each in stage.session.expectations()} == {"name_host", "agree"}


def test_row_30_the_inner_scope_silences_the_outer_but_not_what_is_told() -> None:
    model = program(
        rule("outer", hear("name")),
        rule("inner", hear("name"), scope="question"),
        rule("analyse", told("visitor.name")),
        entries={"visitor.name": "person"},
        scopes={"question": ""},
        mirons={"name": MironMeta("name", writes=(("who", "visitor.name"),))},
    )
    stage = Stage(model)
    stage.hear("name who=ada")
    assert sorted(stage.fired()) == ["analyse", "inner"]


def test_row_31_a_reload_leaves_and_lists_what_is_gone_and_recomputes_deadlines() -> None:
    stage = Stage(program(ASK, SILENCE))
    stage.hear("hello", at=0)
    stage.until(4400)
    renamed = program(rule("question_asked", hear("hello"), acts=(say("question"),)))
    lacking = stage.session.reload(renamed)
    assert "ask" in " ".join(lacking)
    assert stage.session.active() == ()

    stage = Stage(program(ASK, SILENCE))
    stage.hear("hello", at=0)
    stage.until(4400)
    shorter = rule("silence", when(holds(After("ask", 2000)), eats=["ask"]), acts=(say("again"),))
    stage.session.reload(program(ASK, shorter))
    stage.until(4401)
    assert stage.fires("silence") == [(4400, "silence")]


def test_row_32_an_utterance_behind_the_done_that_opens_listening_is_understood_with_it() -> None:
    listen = rule("listen", when(finished("ask"), eats=["ask"]))
    stage = Stage(program(ASK, listen, rule("answer", hear("name", eats=["listen"]))), manual=True)
    stage.hear("hello", at=0)
    stage.session.offer(Report(1, Phase.DONE), 1000)
    stage.session.offer(Heard("name"), 1000)
    stage.session.run(1000)
    assert "name" in stage.language.expected
    assert stage.fired() == ["ask", "listen", "answer"]


def test_row_33_the_second_step_of_a_consumed_rule_never_starts() -> None:
    first = rule("talk", hear("go"), acts=(say("one"),), end_part="talk/2")
    second = rule(
        "talk/2",
        when(finished("talk"), holds(Active("talk"))),
        acts=(say("two"),),
        part_of="talk",
        hidden=True,
    )
    stage = Stage(program(first, second, rule("next", hear("stop", eats=["talk"]))))
    stage.hear("go")
    stage.hear("stop", at=500)
    stage.until(10_000)
    assert stage.fired() == ["talk", "next"]
    assert stage.ends() == [(1400, "one", "done")]


def test_row_34_clock_changes_move_texts_not_timers() -> None:
    stage = Stage(program(ASK, SILENCE))
    stage.hear("hello", at=0)
    stage.offer(ClockChange(-3_600_000), at=1000)
    stage.until(6400)
    assert stage.fires("silence") == [(6400, "silence")]
    assert [each.get("offset") for each in stage.kinds("clock")] == [-3_600_000]


def test_a_condition_held_for_a_time_fires_once_it_has() -> None:
    bit = Held((Mask((holds(yes("present")),)),), 3000)
    stage = Stage(program(rule("r", when(holds(bit))), entries={"present": "flag"}))
    stage.offer(Assert("present", True), at=0)
    stage.offer(Assert("present", False), at=2000)
    stage.offer(Assert("present", True), at=2500)
    stage.until(9000)
    assert stage.fires() == [(5500, "r")]
