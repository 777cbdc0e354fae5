"""The trained understanding: learns a toy grammar, rejects the rest, survives any text."""

import json
import subprocess
import sys
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miron.learn import (
    Example,
    Model,
    ModelError,
    Settings,
    SlotSpan,
    TrainingError,
    cached,
    content_hash,
)

torch = pytest.importorskip("torch")

NAMES = ("ada lovelace", "grace hopper", "alan turing", "wei chen", "mary shelley")
ROOMS = ("the blue room", "the library", "the studio")
TIMES = ("nine", "half past ten", "noon")
FEW = Settings(seed=3, steps=120)


def example(intent: str, template: str, **values: str) -> Example:
    text, slots = "", []
    for part in template.replace("{", "|{").replace("}", "}|").split("|"):
        if part.startswith("{"):
            value = values[part[1:-1]]
            slots.append(SlotSpan(len(text), len(text) + len(value), part[1:-1]))
            text += value
        else:
            text += part
    return Example(text, intent, tuple(slots))


def toy_grammar() -> list[Example]:
    visits = (
        "i am here to see {person}",
        "i have an appointment with {person} at {time}",
        "is {person} in today",
    )
    rooms = ("where is {room}", "how do i get to {room}", "please show me the way to {room}")
    found = [example("visit", t, person=n, time=c) for t, n, c in product(visits, NAMES, TIMES)]
    found += [example("find_room", t, room=r) for t, r in product(rooms, ROOMS)]
    found += [
        Example(t, "wifi") for t in ("what is the wifi password", "how do i get online", "guest wifi please")
    ]
    found += [
        Example(t, "taxi") for t in ("call me a taxi", "i need a cab", "order a taxi please", "get me a cab")
    ]
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def model() -> Model:
    from miron.learn import train

    torch.set_num_threads(1)
    return train(toy_grammar(), settings=FEW)


def found(model: Model, text: str) -> tuple[str | None, dict[str, str]]:
    parsed = model.parse(text)
    return parsed.intent, dict(parsed.values(text))


def test_training_sentence_is_exact_and_sure(model: Model) -> None:
    parsed = model.parse("I am here to see Ada Lovelace!".replace("!", ""))
    assert (parsed.intent, parsed.why) == ("visit", "exact")
    assert parsed.confidence > 0.9
    assert parsed.spans == (SlotSpan(17, 29, "person"),)


def test_pattern_with_another_known_value_is_recognised(model: Model) -> None:
    only_three = [e for e in toy_grammar() if "mary shelley" not in e.text or "today" not in e.text]
    assert len(only_three) < len(toy_grammar())
    text = "is mary shelley in today"
    assert found(model, text) == ("visit", {"person": "mary shelley"})


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("where is teh library", "find_room", {}),
        ("wher is the studio", "find_room", {"room": "the studio"}),
        ("um could you call me a taxi thanks", "taxi", {}),
        ("hello i am here to see grace hoper please", "visit", {"person": "grace hoper"}),
        (
            "i have an appointment with alan turing at noon thank you",
            "visit",
            {"person": "alan turing", "time": "noon"},
        ),
    ],
)
def test_slips_and_fillers_are_tolerated(model: Model, text: str, intent: str, slots: dict[str, str]) -> None:
    got, values = found(model, text)
    assert got == intent
    assert slots.items() <= values.items()


def test_slot_values_keep_the_words_as_said(model: Model) -> None:
    text = "I am here to see GRACE   HOPPER"
    assert found(model, text) == ("visit", {"person": "GRACE   HOPPER"})


@pytest.mark.parametrize(
    "text",
    [
        "mozart died in vienna",
        "my knee hurts when it snows",
        "the goalkeeper saved two penalties",
        "qwzx pflk",
        "?!",
    ],
)
def test_unrelated_text_is_not_believed(model: Model, text: str) -> None:
    assert model.parse(text).confidence < 0.5


def test_only_allowed_intents_are_answered(model: Model) -> None:
    text = "call me a taxi"
    assert model.parse(text).intent == "taxi"
    assert model.parse(text, allowed={"wifi", "visit"}).intent in {"wifi", "visit", None}
    assert {name for name, _ in model.parse(text, allowed={"wifi", "visit"}).ranking} <= {"wifi", "visit"}
    assert model.parse(text, allowed=()).intent is None


def test_confidence_and_shares_are_probabilities(model: Model) -> None:
    for text in ("where is it", "a cab to the library", "wifi for ada"):
        parsed = model.parse(text)
        assert 0 <= parsed.confidence <= 1
        assert sum(share for _, share in parsed.ranking) == pytest.approx(1, abs=1e-3)
        assert [s for _, s in parsed.ranking] == sorted((s for _, s in parsed.ranking), reverse=True)


HOSTILE = [
    "", " ", "\x00\x07\x1b[31m", "a" * 100_000, "taxi " * 20_000, "🤖🚕" * 500, "\u202eixat a", "שלום עולם",
    "请问蓝色房间在哪里", "{{7*7}}", "%s%n", "<b onclick=x>", "\ud800", "ﷺ", "i\u0307\u0301" * 50, "'" * 300,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_too_hostile(model: Model, text: str) -> None:
    parsed = model.parse(text)
    assert all(0 <= s.start < s.end <= len(text) for s in parsed.spans)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_spans_lie_in_order_inside_any_text(model: Model, text: str) -> None:
    spans = model.parse(text).spans
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_saved_and_loaded_model_answers_equally(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "m.npz")
    again = Model.load(tmp_path / "m.npz")
    for text in ("where is the lbrary", "a taxi please", "see wei chen at noon", "nonsense", ""):
        assert again.parse(text) == model.parse(text)
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_training_is_deterministic_by_seed() -> None:
    from miron.learn import train

    short = Settings(seed=5, steps=12)
    first, second = (train(toy_grammar(), settings=short) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    for name, array in first.tagger.weights.items():
        assert np.array_equal(array, second.tagger.weights[name]), name
    assert first.confidence.bias == second.confidence.bias
    other = train(toy_grammar(), settings=Settings(seed=6, steps=12))
    assert not np.array_equal(first.tagger.weights["emit.weight"], other.tagger.weights["emit.weight"])


def test_serving_never_imports_torch(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "m.npz")
    code = (
        "import sys; from miron.learn import Model; import json;"
        f"p = Model.load({str(tmp_path / 'm.npz')!r}).parse('call me a taxy');"
        "print(json.dumps([p.intent, 'torch' in sys.modules]))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["taxi", False]


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 torn"])
def test_damaged_file_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a trained model"):
        Model.load(path)


def test_cache_trains_once_and_replaces_a_damaged_file(tmp_path: Path) -> None:
    calls: list[float] = []
    short = Settings(steps=4)
    cached(toy_grammar(), tmp_path, settings=short, progress=calls.append)
    assert calls[-1] == 1.0
    assert calls == sorted(calls)
    calls.clear()
    cached(toy_grammar(), tmp_path, settings=short, progress=calls.append)
    assert not calls
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"torn")
    cached(toy_grammar(), tmp_path, settings=short, progress=calls.append)
    assert calls


def test_content_hash_depends_on_everything_that_matters() -> None:
    base = toy_grammar()
    hashes = {
        content_hash(base),
        content_hash(base[1:]),
        content_hash(base, Settings(seed=1)),
        content_hash(base, out_of_scope=["x"]),
        content_hash([Example(base[0].text, base[0].intent), *base[1:]]),
    }
    assert len(hashes) == 5
    assert content_hash(base) == content_hash(list(base))


@pytest.mark.parametrize("examples", [[], [Example("hello", "greet")], [Example("", "a"), Example(" ", "b")]])
def test_too_little_to_learn_from_is_said(examples: list[Example]) -> None:
    from miron.learn import train

    with pytest.raises(TrainingError, match="two intents"):
        train(examples)


def test_examples_without_slots_and_with_unspaced_script_are_learned() -> None:
    from miron.learn import train

    examples = [Example(t, "hours") for t in ("几点开门", "什么时候开门", "今天开门吗")]
    examples += [Example(t, "toilet") for t in ("厕所在哪里", "洗手间在哪儿", "请问厕所怎么走")]
    small = train(examples, settings=Settings(steps=30))
    assert small.parse("请问洗手间在哪里").ranking[0][0] == "toilet"
    assert small.parse("明天几点开门").ranking[0][0] == "hours"
