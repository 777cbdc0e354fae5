"""What the network decides, on every executor; and what cannot become a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.live import LiveExecutor
from engine.model import (
    Active,
    ActSpec,
    Assign,
    Const,
    Effects,
    Ended,
    Entry,
    Group,
    Held,
    Level,
    Lit,
    Mask,
    OnBusy,
    Op,
    Program,
    Pulse,
    Ref,
    Rule,
    TimerOut,
    Within,
)
from engine.model import Test as MemoryTest
from engine.network import Executor, Network, NetworkError
from tests.engine.playing import Player

Make = Callable[[Network], Executor]

HEAR = Pulse("other", "x")
SPEECH = Effects(acts=(ActSpec("speech", "hello"),))
SERVICE = Effects(acts=(ActSpec("service", "ring"),))


def yes(name: str, positive: bool = True) -> Lit:
    return Lit(MemoryTest(Op.YES, Ref(name)), positive)


def flag(name: str) -> Level:
    return MemoryTest(Op.YES, Ref(name))


def matrix(network: Network) -> Executor:
    made: Executor = pytest.importorskip("engine.matrix_executor", reason="needs torch").MatrixExecutor(
        network
    )
    return made


@pytest.fixture(params=[LiveExecutor, matrix], ids=["live", "matrix"])
def make(request: pytest.FixtureRequest) -> Make:
    chosen: Make = request.param
    return chosen


def begin(make: Make, *rules: Rule, flags: str = "abc", scopes: dict[str, str] | None = None) -> Player:
    entries = {name: Entry(name, "flag") for name in flags} | {"v": Entry("v", "choice")}
    player = Player(make(Network.compile(Program("test", rules, entries=entries, scopes=scopes or {}))))
    player.close()
    return player


def tick(player: Player, *pulses: Pulse, now: int = 0) -> list[str]:
    """One tick with its closing steps; the names of the winners."""
    winners: list[str] = player.tick(set(pulses), now)["winners"]
    player.close()
    return winners


def set_flags(player: Player, **flags: bool) -> None:
    for name, on in flags.items():
        player.set(flag(name), on)
    player.close()


@pytest.mark.parametrize("kind", ["pulse", "tests"])
def test_a_group_needs_all_its_inputs_at_every_fan_in(make: Make, kind: str) -> None:
    for fan_in in range(1, 65):
        names = [f"f{i}" for i in range(fan_in)]
        lits = tuple(yes(name, positive=i % 3 != 2) for i, name in enumerate(names))
        rule = Rule("r", (Group(HEAR if kind == "pulse" else None, lits),))
        program = Program("fan", (rule,), entries={name: Entry(name, "flag") for name in names})
        player = Player(make(Network.compile(program)))
        pulses = (HEAR,) if kind == "pulse" else ()
        wanted = {name: i % 3 != 2 for i, name in enumerate(names)}
        set_flags(player, **{name: on for name, on in wanted.items() if on})
        assert tick(player, *pulses) == ["r"]
        last = names[-1]
        set_flags(player, **{last: not wanted[last]})
        assert tick(player, *pulses) == []
        set_flags(player, **{last: wanted[last]})
        assert tick(player, *pulses) == ["r"]


def test_a_test_group_fires_on_each_rise_only(make: Make) -> None:
    player = begin(make, Rule("r", (Group(None, (yes("a"),)),)))
    assert tick(player) == []
    set_flags(player, a=True)
    assert tick(player) == ["r"]
    set_flags(player, a=True)
    assert tick(player) == []
    set_flags(player, a=False)
    assert tick(player) == []
    set_flags(player, a=True)
    assert tick(player) == ["r"]


def test_unless_lets_the_occasion_pass_but_and_not_waits(make: Make) -> None:
    player = begin(
        make,
        Rule("unless", (Group(None, (yes("a"),)),), unless=(Mask((yes("b"),)),)),
        Rule("waits", (Group(None, (yes("a"), yes("b", False))),), position=1),
    )
    set_flags(player, b=True)
    assert tick(player) == []
    set_flags(player, a=True)
    assert tick(player) == []
    set_flags(player, b=False)
    assert tick(player) == ["waits"]


def test_yes_beats_no_whatever_the_rank(make: Make) -> None:
    player = begin(
        make,
        Rule("says_no", (Group(HEAR),), effects=Effects(assign=(Assign("a", Const(False)),)), priority=1),
        Rule("says_yes", (Group(HEAR),), effects=Effects(assign=(Assign("a", Const(True)),))),
        Rule("rise", (Group(None, (yes("a"),)),), position=2),
    )
    assert tick(player, HEAR) == ["says_no", "says_yes"]
    assert tick(player) == ["rise"]
    assert tick(player, HEAR) == ["says_no", "says_yes"]
    assert tick(player) == []


def test_of_two_that_write_one_choice_both_fire_and_the_higher_rank_writes(make: Make) -> None:
    def choose(name: str, value: str, position: int) -> Rule:
        return Rule(
            name, (Group(HEAR),), effects=Effects(assign=(Assign("v", Const(value)),)), position=position
        )

    player = begin(make, choose("second", "y", 1), choose("first", "x", 0))
    seen = player.tick({HEAR}, 0)
    assert seen["winners"] == ["first", "second"]
    assert seen["writes"] == {("entry", "v"): "first"}


@pytest.mark.parametrize("join", [False, True])
def test_either_followed_state_suffices_unless_both_are_asked(make: Make, join: bool) -> None:
    a, b = Lit(Active("a")), Lit(Active("b"))
    groups = (
        (Group(HEAR, (a, b), eats=("a", "b")),)
        if join
        else (Group(HEAR, (a,), eats=("a",)), Group(HEAR, (b,), eats=("b",)))
    )
    player = begin(
        make,
        Rule("a", (Group(Pulse("inner", "a")),), followed=True),
        Rule("b", (Group(Pulse("inner", "b")),), followed=True, position=1),
        Rule("c", groups, position=2),
    )
    assert tick(player, Pulse("inner", "a")) == ["a"]
    if join:
        assert tick(player, HEAR) == []
    assert tick(player, Pulse("inner", "b")) == ["b"]
    seen = player.tick({HEAR}, 0)
    assert (seen["winners"], seen["consumed"]) == (["c"], ["a", "b"])
    player.close()
    assert tick(player, HEAR) == []


def test_two_followers_are_a_fork_and_consume_once(make: Make) -> None:
    follow = Group(HEAR, (Lit(Active("a")),), eats=("a",))
    player = begin(
        make,
        Rule("a", (Group(Pulse("inner", "a")),), followed=True),
        Rule("b", (follow,), position=1),
        Rule("c", (follow,), position=2),
    )
    tick(player, Pulse("inner", "a"))
    seen = player.tick({HEAR}, 0)
    assert (seen["winners"], seen["consumed"], seen["left"]) == (["b", "c"], ["a"], ["a"])


def test_firing_again_in_the_tick_of_consumption_keeps_the_rule_in_force_anew(make: Make) -> None:
    player = begin(
        make,
        Rule("a", (Group(HEAR),), followed=True, ignore_again=False),
        Rule("b", (Group(HEAR, (Lit(Active("a")),), eats=("a",)),), position=1),
        Rule("c", (Group(None, (Lit(Active("a")),)),), position=2),
    )
    assert tick(player, HEAR) == ["a"]
    assert tick(player) == ["c"]
    assert tick(player) == []
    assert tick(player, HEAR) == ["a", "b"]
    assert player.executor.level(player.network.units[0].active)
    assert tick(player) == ["c"]


def test_one_percept_does_not_reach_a_state_entered_by_it(make: Make) -> None:
    player = begin(
        make,
        Rule("a", (Group(HEAR),), effects=SERVICE, followed=True),
        Rule("b", (Group(HEAR, (Lit(Active("a")),), eats=("a",)),), position=1),
    )
    assert tick(player, HEAR) == ["a"]
    assert tick(player) == []
    assert tick(player, HEAR) == ["b"]


def test_a_follower_whose_test_holds_already_fires_one_tick_later(make: Make) -> None:
    player = begin(
        make,
        Rule("a", (Group(HEAR),), followed=True),
        Rule("b", (Group(None, (yes("a"), Lit(Active("a"))), eats=("a",)),), position=1),
    )
    set_flags(player, a=True)
    assert tick(player, HEAR) == ["a"]
    assert tick(player) == ["b"]


def test_for_one_channel_the_lower_rank_fires_too_unless_it_drops(make: Make) -> None:
    for on_busy in OnBusy:
        player = begin(
            make,
            Rule("high", (Group(HEAR),), effects=SPEECH),
            Rule("low", (Group(HEAR),), effects=SPEECH, on_busy=on_busy, position=1),
        )
        seen = player.tick({HEAR}, 0)
        if on_busy is OnBusy.DROP:
            assert (seen["winners"], seen["suppressed"]) == (["high"], {"low": ("lost", "high")})
        else:
            assert seen["winners"] == ["high", "low"]


def test_a_suppressed_rule_claims_nothing(make: Make) -> None:
    both = Effects(acts=(ActSpec("speech", "x"), ActSpec("arms", "y")))
    program = Program(
        "test",
        (
            Rule("high", (Group(HEAR),), effects=both, on_busy=OnBusy.DROP),
            Rule("low", (Group(HEAR),), effects=SPEECH, on_busy=OnBusy.DROP, position=1),
        ),
        exclusive=("speech", "arms"),
    )
    player = Player(make(Network.compile(program)))
    player.executor.set_level(player.network.busy[1], True)
    player.close()
    seen = player.tick({HEAR}, 0)
    assert (seen["winners"], seen["suppressed"]) == (["low"], {"high": ("busy", "arms")})


def test_leave_all_leaves_what_was_in_force_and_no_one_who_fires_now(make: Make) -> None:
    player = begin(
        make,
        Rule("old", (Group(Pulse("inner", "old")),), followed=True),
        Rule("watchdog", (Group(HEAR),), effects=Effects(leave_all=True), followed=True, position=1),
        Rule("new", (Group(HEAR),), followed=True, position=2),
    )
    tick(player, Pulse("inner", "old"))
    seen = player.tick({HEAR}, 0)
    player.close()
    assert (seen["winners"], seen["left"]) == (["watchdog", "new"], ["old"])
    assert player.state() == {"active watchdog", "ended watchdog", "active new", "ended new"}


def test_a_cooldown_blocks_until_one_millisecond_after_it(make: Make) -> None:
    player = begin(make, Rule("r", (Group(HEAR),), cooldown_ms=1000))
    assert [tick(player, HEAR, now=t) for t in (0, 0, 1000, 1001)] == [["r"], [], [], ["r"]]


def test_a_gate_is_open_for_pulses_of_earlier_ticks_up_to_its_length(make: Make) -> None:
    player = begin(make, Rule("r", (Group(HEAR, (Lit(Within(HEAR, 5)),)),)))
    assert [tick(player, HEAR, now=t) for t in (0, 5, 11)] == [[], ["r"], []]


def test_once_fires_once_and_a_suppressed_rule_spends_nothing(make: Make) -> None:
    player = begin(make, Rule("r", (Group(HEAR),), effects=SPEECH, once=True, on_busy=OnBusy.DROP))
    player.executor.set_level(player.network.busy[0], True)
    player.close()
    assert tick(player, HEAR) == []
    player.executor.set_level(player.network.busy[0], False)
    player.close()
    assert tick(player, HEAR) == ["r"]
    player.set(Ended("r"), True)
    player.close()
    assert tick(player, HEAR) == []


def test_an_inner_scope_takes_the_percept_and_who_only_notices_hears_it_too(make: Make) -> None:
    take = Group(HEAR, takes=True)
    player = begin(
        make,
        Rule("outer", (take,)),
        Rule("inner", (take,), scope="m", position=1),
        Rule("beside", (take,), scope="m", position=2),
        Rule("notices", (Group(HEAR),), position=3),
        scopes={"m": ""},
    )
    seen = player.tick({HEAR}, 0)
    assert (seen["winners"], seen["taken"]) == (["inner", "beside", "notices"], True)


def test_parts_are_left_with_their_whole_and_none_starts_while_it_is_replaced(make: Make) -> None:
    step = Group(None, (Lit(Active("a")), Lit(Ended("a"))))
    player = begin(
        make,
        Rule("a", (Group(Pulse("inner", "a")),), effects=SERVICE, followed=True, end_part="a/2"),
        Rule("a/2", (step,), effects=SERVICE, part_of="a", position=1),
        Rule("b", (Group(HEAR, (Lit(Active("a")),), eats=("a",)),), position=2),
    )
    tick(player, Pulse("inner", "a"))
    player.set(Ended("a"), True)
    player.close()
    seen = player.tick({HEAR}, 0)
    assert (seen["winners"], seen["suppressed"]) == (["b"], {"a/2": ("lost", "b")})


def test_a_rule_nobody_follows_ends_when_its_end_part_has_ended(make: Make) -> None:
    step = Group(None, (Lit(Active("a")), Lit(Ended("a"))))
    player = begin(
        make,
        Rule("a", (Group(HEAR),), end_part="a/2"),
        Rule("a/2", (step,), effects=SERVICE, part_of="a", position=1),
        Rule("after", (Group(Pulse("finished", "a/2")),), position=2),
    )
    assert tick(player, HEAR) == ["a"]
    assert tick(player) == ["a/2"]
    player.set(Ended("a/2"), True)
    seen, pulses = player.close()
    assert (seen["ended"], pulses) == (["a", "a/2"], {Pulse("finished", "a/2")})
    assert tick(player, *pulses) == ["after"]


def test_a_held_test_is_armed_when_it_begins_and_cancelled_when_it_breaks(make: Make) -> None:
    held = Held((Mask((yes("a"),)),), 1000)
    name = "(a is yes) for 1000 ms"
    player = begin(make, Rule("r", (Group(None, (Lit(held),)),)))
    player.set(flag("a"), True)
    assert player.close()[0]["arm"] == [name]
    assert tick(player) == []
    player.set(held, True)
    player.close()
    assert tick(player) == ["r"]
    player.set(flag("a"), False)
    assert player.close()[0]["cancel"] == [name]
    assert player.state() == set()


def test_rank_is_priority_then_file_then_position() -> None:
    rules = (
        Rule("a", (Group(HEAR),), file="z", position=1),
        Rule("b", (Group(HEAR),), file="z", position=0),
        Rule("c", (Group(HEAR),), file="a", position=5),
        Rule("d", (Group(HEAR),), file="z", position=9, priority=1),
    )
    assert [unit.name for unit in Network.compile(Program("test", rules)).units] == ["d", "c", "b", "a"]


FLAG_A = {"a": Entry("a", "flag")}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            Rule("r", (Group(None, (Lit(Within(HEAR, 5)),)),), origin="f.yaml:3:1"),
            "f.yaml:3:1: rule 'r': nothing",
        ),
        (Rule("r", (Group(HEAR, (Lit(Within(HEAR, 1 << 25)),)),)), "use a timer"),
        (Rule("r", (Group(HEAR, (Lit(Within(HEAR, 0)),)),)), "use a timer"),
        (
            Rule("r", (Group(HEAR, (Lit(Held((Mask((Lit(TimerOut("t")),)),), 0)),)),)),
            "at least one millisecond",
        ),
        (Rule("r", (Group(HEAR, (Lit(Active("nobody")),)),)), "there is no rule 'nobody'"),
        (Rule("r", (Group(HEAR, eats=("r",)),)), "without following it"),
        (Rule("r", (Group(HEAR),) * 65), "65 alternatives"),
        (Rule("r", (Group(HEAR),), scope="m"), "there is no scope 'm'"),
        (Rule("r", (Group(HEAR),), part_of="r"), "a part of itself"),
        (
            Rule(
                "r",
                (Group(HEAR),),
                effects=Effects(assign=tuple(Assign("a", Const(v)) for v in (True, False))),
            ),
            "sets 'a' both yes and no",
        ),
    ],
)
def test_what_cannot_become_a_network_is_refused_with_its_place(rule: Rule, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        Network.compile(Program("test", (rule,), entries=FLAG_A))


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(NetworkError, match="two rules of this name"):
        Network.compile(Program("test", (Rule("r", (Group(HEAR),)), Rule("r", (Group(HEAR),)))))


def test_a_state_fits_a_changed_program_and_names_what_that_lacks(make: Make) -> None:
    state = Rule("state", (Group(HEAR),), followed=True)
    gone = Rule("gone", (Group(HEAR, (Lit(Within(HEAR, 5)),)),), followed=True, position=1)
    waits = Rule("waits", (Group(None, (Lit(Active("state")),)),), position=2)
    old = begin(make, state, gone)
    tick(old, HEAR, now=1)
    tick(old, HEAR, now=2)
    new = begin(make, state, waits)
    lacks = new.executor.restore(old.executor.snapshot())
    new.close()
    new.settle()
    assert set(lacks) == {"active gone", "ended gone"}
    assert tick(new) == []
    assert "active state" in new.state()
