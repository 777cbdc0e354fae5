"""What is read off journals: counters, metrics, error rates, agreement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.journal import Journal, JournalError, parse_all
from receptionist.study.counters import PatternError, read_counters, read_pattern
from receptionist.study.metrics import session_metrics
from receptionist.study.statistics import cohen_kappa, cronbach_alpha, percentile, word_errors

OPEN = '{"seq":0,"t":0,"kind":"open","cause":null,"format":1,"masked":false}'


def journal(*lines: str) -> Journal:
    numbered = [f'{{"seq":{seq},{line}}}' for seq, line in enumerate(lines, 1)]
    return parse_all("\n".join([OPEN, *numbered, ""]).encode())


def heard(t: int, name: str, text: str = "words", via: str = "voice", confidence: str = "0.9") -> str:
    return (
        f'"t":{t},"kind":"percept","cause":null,"source":"other","channel":"speech","name":"{name}",'
        f'"via":"{via}","text":"{text}","confidence":{confidence}'
    )


def speech(t: int, act: int, phase: str) -> str:
    return (
        f'"t":{t},"kind":"percept","cause":null,"source":"self","channel":"speech","name":"greeting",'
        f'"phase":"{phase}","act":{act}'
    )


def memory(t: int, name: str, old: str, new: str) -> str:
    return f'"t":{t},"kind":"memory","cause":0,"owner":"self","name":"{name}","old":{old},"new":{new}'


def ending(t: int, name: str) -> str:
    return f'"t":{t},"kind":"act","cause":0,"command":"start","channel":"visit","name":"{name}"'


def test_turns_and_latencies_are_measured_between_the_end_of_one_and_the_beginning_of_the_other() -> None:
    found = session_metrics(
        journal(
            speech(100, 1, "started"),
            speech(1100, 1, "done"),
            heard(2100, "hello"),
            speech(2400, 2, "started"),
            speech(3000, 2, "done"),
            heard(6000, "name_self"),
            speech(6100, 3, "started"),
        )
    )
    assert (found["user_turns"], found["system_turns"], found["turns"]) == (2, 3, 5)
    assert found["user_latency_p50_ms"] == 2000
    assert found["system_latency_p50_ms"] == 200
    assert found["barge_ins"] == 0


def test_words_while_the_agent_speaks_are_a_barge_in_and_no_latency() -> None:
    found = session_metrics(
        journal(speech(0, 1, "started"), heard(500, "hello"), speech(500, 1, "cancelled"))
    )
    assert (found["barge_ins"], found["cut_off"], found["user_latency_p50_ms"]) == (1, 1, None)


def test_words_that_nobody_waited_for_count_once_as_not_understood() -> None:
    late = '"t":10,"kind":"percept","cause":1,"source":"other","name":"not_understood"'
    found = session_metrics(journal(heard(10, "turn_taking.agree"), late, heard(20, "not_understood")))
    assert found["not_understood"] == 2
    assert found["nlu_confidence_mean"] == 0.9


def test_repairs_are_what_questions_counted_and_resets_are_none() -> None:
    found = session_metrics(
        journal(
            memory(10, "ask_name/silent", "0", "1"),
            memory(20, "ask_name/not_understood", "0", "1"),
            memory(30, "ask_name/silent", "1", "0"),
            memory(40, "ask_name/silent", "0", "1"),
            memory(50, "ask_name/step", "1", "2"),
        )
    )
    assert (found["no_input"], found["repairs"]) == (2, 3)


def test_time_is_shared_out_among_the_phases() -> None:
    found = session_metrics(
        journal(
            memory(0, "phase", "null", '"asleep"'),
            memory(1000, "phase", '"asleep"', '"talking"'),
            memory(5000, "phase", '"talking"', '"calling"'),
            ending(7500, "met"),
        )
    )
    assert (found["phase_asleep_s"], found["phase_talking_s"], found["phase_calling_s"]) == (1.0, 4.0, 2.5)
    assert found["active_s"] == 6.5
    assert (found["success"], found["ending"]) == (1, "met")


def test_a_session_without_an_ending_has_neither_succeeded_nor_failed() -> None:
    assert session_metrics(journal(heard(0, "hello")))["success"] is None


def test_help_corrections_hand_overs_and_visits_without_a_word_are_counted() -> None:
    begun = '"t":5,"kind":"percept","cause":0,"source":"world","name":"visit_started"'
    found = session_metrics(
        journal(
            heard(1, "turn_taking.help"),
            heard(2, "correction"),
            ending(3, "sent_to_human"),
            begun,
            ending(9, "walked_away"),
        )
    )
    assert (found["help"], found["corrections"], found["hand_overs"]) == (1, 1, 1)
    assert (found["no_reaction"], found["walked_away"]) == (1, 1)


def test_counters_are_data() -> None:
    from dataclasses import replace

    from receptionist.study.counters import RECEPTIONIST

    counters = read_counters({"agreed": ["set consent.given is yes"], "talk": ["hear hello", "end met"]})
    found = session_metrics(
        journal(memory(0, "consent.given", "null", "true"), heard(1, "hello"), ending(2, "met")),
        replace(RECEPTIONIST, counters=counters),
    )
    assert (found["agreed"], found["talk"]) == (1, 2)


@pytest.mark.parametrize("text", ["", "fire", "see something", "hear a b", "end met is yes"])
def test_what_is_no_counter_is_refused_in_words(text: str) -> None:
    with pytest.raises(PatternError, match="counts nothing"):
        read_pattern(text)


def test_an_edited_line_is_named() -> None:
    with pytest.raises(JournalError, match="line 1: not a complete percept line"):
        session_metrics(journal(heard(0, "hello", confidence='"much"')))


def test_word_error_rate_compares_what_was_said_with_what_was_recognised() -> None:
    recorded = journal(heard(0, "x", "my name is ada"), heard(1, "x", "grace hopper"))
    said = ["My name is Ada Lovelace.", "Grace Hopper"]
    assert session_metrics(recorded, transcript=said)["word_error_rate"] == pytest.approx(1 / 7)
    assert session_metrics(recorded)["word_error_rate"] is None


def test_chinese_is_compared_by_character() -> None:
    assert word_errors("我叫王小明。", "我叫小明") == (1, 5)


def test_kappa_equals_the_worked_example() -> None:
    """Two readers and fifty proposals: Wikipedia, Cohen's kappa, "Simple example" (0.4)."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)


def test_alpha_equals_the_hand_calculation() -> None:
    """Three items, five persons: variances 0.7, 0.8, 0.7, of the sums 4.3."""
    rows = [[3, 4, 3], [2, 3, 4], [4, 4, 5], [3, 2, 3], [4, 4, 4]]
    assert cronbach_alpha(rows) == pytest.approx(1.5 * (1 - 2.2 / 4.3))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30))
def test_kappa_is_at_most_one_and_one_only_for_agreement(pairs: list[tuple[str, str]]) -> None:
    kappa = cohen_kappa(pairs)
    if kappa is not None:
        assert kappa <= 1 + 1e-12
        assert (kappa > 1 - 1e-12) == all(left == right for left, right in pairs)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_percentiles_lie_among_the_values_and_rise(values: list[float]) -> None:
    found = [percentile(values, percent) for percent in (0, 50, 95, 100)]
    assert (found[0], found[3]) == (min(values), max(values))
    assert found == sorted(found, key=lambda value: value or 0.0)


@given(
    st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=2, max_size=10), st.integers(2, 9)
)
def test_alpha_does_not_depend_on_the_unit(rows: list[list[int]], factor: int) -> None:
    alpha = cronbach_alpha(rows)
    scaled = cronbach_alpha([[factor * value + 3 for value in row] for row in rows])
    assert scaled == (pytest.approx(alpha) if alpha is not None else None)
