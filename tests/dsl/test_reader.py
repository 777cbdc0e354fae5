"""Reading: YAML as authors write it, and as nobody should."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from dsl.library import EMPTY
from dsl.reader import read, read_text
from dsl.testlines import LINE_KEYS
from dsl.tree import Literal, Name, NameValue, Owner, Text, Tree, TypeRef
from miron.source import ModelError, Problem, Span

NOWHERE = Span("", 0, 0, 0, 0)


def tree(text: str) -> Owner:
    """The dialogue of a text without the standard library."""
    found = read_text(text, library=EMPTY).dialogue
    assert found is not None
    return found


def problems(text: str) -> list[Problem]:
    with pytest.raises(ModelError) as caught:
        read_text(text, library=EMPTY)
    return list(caught.value.problems)


def codes(text: str) -> list[str]:
    return [problem.code for problem in problems(text)]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


# What is read


def test_a_sentence_is_text_whatever_it_looks_like() -> None:
    looks = ["no", "012", "1:30", "2020-01-01", "1e3", ".inf", "null", "~", "true", "0x1F", "on"]
    for text in looks:
        owner = tree(f"dialogue: d\nmirons:\n  m: {text}\n")
        assert owner.mirons["m"].forms["en"].both == (Text(text, NOWHERE),)


@pytest.mark.parametrize(
    "name", ["on", "off", "yes", "no", "012", "1:30", "2020-01-01", "1e3", ".inf", "true", "5s"]
)
def test_what_reads_as_a_flag_or_number_is_no_name(name: str) -> None:
    assert set(codes(f"dialogue: d\nmirons:\n  {name}: hello\n")) & {"bad-name", "reserved-name"}


@pytest.mark.parametrize(
    "name", ["a", "straße", "名字", "visitor.name", "room_12", "2nd_floor", "हिन्दी", "_x"]
)
def test_names_take_letters_of_any_script(name: str) -> None:
    assert name in tree(f"dialogue: d\nmirons:\n  {name}: hello\n").mirons


def test_composed_and_decomposed_letters_are_one_name() -> None:
    owner = tree("dialogue: d\nmirons:\n  cafe\u0301: hello\n")
    assert list(owner.mirons) == ["caf\u00e9"]


def test_a_block_holds_one_sentence_a_line_and_skips_comments() -> None:
    owner = tree("dialogue: d\nmirons:\n  m: |\n    # a remark\n    one, two: [three]\n\n    {a.b} # five\n")
    found = owner.mirons["m"].forms["en"].both
    assert [text.text for text in found] == ["one, two: [three]", "{a.b} # five"]
    assert [(text.span.line, text.span.column) for text in found] == [(5, 5), (7, 5)]


def test_sentences_may_be_a_list() -> None:
    owner = tree("dialogue: d\nmirons: {m: [hi, hello, 'good day']}\n")
    assert [text.text for text in owner.mirons["m"].forms["en"].both] == ["hi", "hello", "good day"]


def test_forms_are_told_apart_by_locale_and_direction() -> None:
    owner = tree(
        "dialogue: d\nlocales: [en, de]\nmirons:\n"
        "  m: {en: {heard: hi, said: Hello!, jinja: '{{ a }}', label: Hi}, de: hallo, channel: speech}\n"
    )
    english = owner.mirons["m"].forms["en"]
    assert (english.heard[0].text, english.said[0].text, english.jinja[0].text) == ("hi", "Hello!", "{{ a }}")
    assert english.label is not None
    assert english.label.text == "Hi"
    assert owner.mirons["m"].forms["de"].both[0].text == "hallo"


def test_a_document_in_another_locale_adds_its_sentences() -> None:
    owner = tree(
        "dialogue: d\nlocales: [en, de]\n"
        "mirons: {m: hello}\nphrases: {p: day}\ntypes: {t: {values: {red: red}}}\n"
        "---\ndialogue: d\nlocale: de\n"
        "mirons: {m: hallo}\nphrases: {p: Tag}\ntypes: {t: {values: {red: rot}}}\n"
    )
    assert {locale: forms.both[0].text for locale, forms in owner.mirons["m"].forms.items()} == {
        "en": "hello",
        "de": "hallo",
    }
    assert owner.phrases["p"]["de"][0].text == "Tag"
    assert owner.types["t"].values["red"]["de"][0].text == "rot"


def test_values_are_typed_by_position() -> None:
    owner = tree(
        "dialogue: d\nrules:\n  r:\n    do:\n      set: {a: yes, b: 3, c: 2.5, d: 5s, e: 10:30,"
        " f: 2026-11-22, g: '\"no\"', h: other, i: -4}\n"
    )
    values = {name.text: value for name, value in owner.rules["r"].do[0].set}
    literals = {
        name: (found.kind, found.value) for name, found in values.items() if isinstance(found, Literal)
    }
    assert literals == {
        "a": ("flag", True),
        "b": ("number", 3),
        "c": ("number", Decimal("2.5")),
        "d": ("duration", 5000),
        "e": ("time", "10:30"),
        "f": ("date", "2026-11-22"),
        "g": ("text", "no"),
        "i": ("number", -4),
    }
    assert values["h"] == NameValue(Name("other", NOWHERE))


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [("500ms", 500), ("5s", 5000), ("1.5s", 1500), ("2min", 120_000), ("1h", 3_600_000)],
)
def test_durations_carry_their_unit(written: str, milliseconds: int) -> None:
    owner = tree(f"dialogue: d\nrules: {{r: {{do: {{wait: {written}}}}}}}\n")
    assert owner.rules["r"].do[0].wait == milliseconds


def test_types_are_names_choices_lists_and_optional_parameters() -> None:
    owner = tree(
        "dialogue: d\nmemory: {a: person, b: x | y, c: list of person}\n"
        "services: {s: {takes: {p: person?, q: a | b?}}}\n"
    )
    assert owner.memory["a"].type == TypeRef("name", "person", NOWHERE)
    assert owner.memory["b"].type == TypeRef("choice", "", NOWHERE, ("x", "y"))
    assert owner.memory["c"].type == TypeRef("list", "person", NOWHERE)
    assert [param.type.optional for param in owner.services["s"].takes] == [True, True]


def test_follows_is_either_or_both() -> None:
    owner = tree("dialogue: d\nrules: {a: {}, b: {}, c: {follows: [a, b]}, d: {follows: a and b}}\n")
    assert [[name.text for name in names] for names in owner.rules["c"].follows] == [["a"], ["b"]]
    assert [[name.text for name in names] for names in owner.rules["d"].follows] == [["a", "b"]]


def test_test_lines_stay_plain_data_with_places() -> None:
    owner = tree(
        "dialogue: d\ntests:\n  t one:\n"
        "    - user: 'no'\n    - bot: [a, {b: {at: 10:30}}]\n    - strict: no\n"
    )
    lines = owner.tests[0].lines
    assert [line.key for line in lines] == ["user", "bot", "strict"]
    assert lines[0].value == Text("no", NOWHERE)
    assert lines[1].value == [
        Text("a", NOWHERE),
        {Name("b", NOWHERE): {Name("at", NOWHERE): Text("10:30", NOWHERE)}},
    ]
    assert lines[1].span.line == 5


def test_every_key_of_a_test_line_is_read() -> None:
    text = "".join(f"    - {key}: x\n" for key in LINE_KEYS)
    assert [line.key for line in tree(f"dialogue: d\ntests:\n  t:\n{text}").tests[0].lines] == list(LINE_KEYS)


# Files and folders


def test_a_folder_is_one_dialogue_whatever_its_files_are_called(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first, second = "dialogue: d\nmirons: {m: hello}\n", "dialogue: d\nrules: {r: {when: hear m}}\n"
    write(one, a=first, b=second)
    write(two, z=first, b=second)
    trees = [read(folder, EMPTY) for folder in (one, two)]
    assert all(found.dialogue is not None and set(found.dialogue.rules) == {"r"} for found in trees)
    assert trees[0].hash == trees[1].hash
    assert trees[0].hash != read_text(first, library=EMPTY).hash


def test_problems_of_all_files_come_together_sorted(tmp_path: Path) -> None:
    write(tmp_path, a="dialogue: d\nmirons: {M: hi}\n", b="dialogue: d\nrules: {r: {whn: x}}\nmirons: [\n")
    with pytest.raises(ModelError) as caught:
        read(tmp_path, EMPTY)
    assert [(Path(p.span.source).name, p.code) for p in caught.value.problems if p.span] == [
        ("a.yaml", "bad-name"),
        ("b.yaml", "yaml-bracket"),
    ]


def test_a_name_in_two_files_is_reported_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, a="dialogue: d\nmirons: {m: hi}\n", b="dialogue: d\nrules: {m: {}}\n")
    with pytest.raises(ModelError) as caught:
        read(tmp_path, EMPTY)
    (problem,) = caught.value.problems
    assert problem.code == "name-twice"
    assert problem.span is not None
    assert problem.notes[0].span is not None
    assert {Path(problem.span.source).name, Path(problem.notes[0].span.source).name} == {"a.yaml", "b.yaml"}


def test_rules_keep_their_order_in_their_file() -> None:
    owner = tree("dialogue: d\nrules: {b: {}, a: {}}\n---\ndialogue: d\nrules: {c: {}}\n")
    assert [rule.position for rule in owner.rules.values()] == [0, 1, 2]


def test_modules_of_the_files_come_with_the_dialogue() -> None:
    found = read_text("dialogue: d\n---\nmodule: m\ntakes: {x: number}\n---\nmodule: n\n", library=EMPTY)
    assert list(found.modules) == ["m", "n"]


def test_turn_taking_is_implied_and_used_modules_are_found() -> None:
    found = read_text("dialogue: d\nuse: {user_model: {}}\n")
    assert {"turn_taking", "user_model"} <= set(found.modules)
    assert any(name.endswith("user_model.yaml") for name in found.sources)


def test_a_module_alone_can_be_read() -> None:
    found = read_text("module: m\ntakes: {x: number}\n", library=EMPTY)
    assert found.dialogue is None
    assert [param.name.text for param in found.modules["m"].takes] == ["x"]


# What is refused: each with a code and a place, never a traceback


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("dialogue: d\nrules:\n\tr: {}\n", "yaml-tab", 3),
        ("dialogue: d\nmirons: {a: x}\nmirons: {b: y}\n", "duplicate-key", 3),
        ("dialogue: d\nmirons: {a: !x y}\n", "yaml-tag", 2),
        ("dialogue: d\nmirons: {a: !!python/object/apply:os.system [ls]}\n", "yaml-tag", 2),
        ("dialogue: d\nmirons: {a: *x}\n", "yaml-alias", 2),
        ("dialogue: &x d\n", "yaml-anchor", 1),
        ("&x [*x]\n", "yaml-anchor", 1),
        ("dialogue: d\nmirons: {<<: {a: b}}\n", "yaml-merge", 2),
        ("%YAML 1.1\n---\ndialogue: d\n", "yaml-directive", 1),
        ("dialogue: d\nmirons: {a: b\x00c}\n", "control-character", 2),
        ("dialogue: d\nmirons: {a: b\u2028c}\n", "control-character", 2),
        ("dialogue: d\nmirons: {a: b\ufeffc}\n", "control-character", 2),
        ("", "empty-file", 1),
        ("# only a remark\n", "empty-file", 1),
        ("- a\n- b\n", "no-header", 1),
        ("dialogue\n", "no-header", 1),
        ("dialogue:\n", "no-header", 1),
        ("mirons: {a: b}\ndialogue: d\n", "no-header", 2),
        ("dialogue: d\nmirons: [a, b]\n", "wrong-shape", 2),
        ("dialogue: d\nmirons: {{a: b}: c}\n", "bad-key", 2),
        ("dialogue: d\nrules: {r: {when: []}}\n", "nothing-given", 2),
        ("dialogue: d\nlanguage: 2\n", "bad-number", 2),
        ("dialogue: d\nmirons: {a: }\n", "no-sentence", 2),
        ("dialogue: d.e\n", "bad-name", 1),
        ("dialogue: d\nmirons: {a: {fr: bonjour}}\n", "unknown-locale", 2),
        ("dialogue: d\nlocale: fr\nmirons: {a: bonjour}\n", "unknown-locale", 2),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(text: str, code: str, line: int) -> None:
    found = problems(text)
    assert (code, line) in [(problem.code, problem.span.line) for problem in found if problem.span]
    assert all(problem.render(text) for problem in found)


@pytest.mark.parametrize("depth", [400, 5_000])
@pytest.mark.parametrize("kind", ["[", "{a: "])
def test_deep_nesting_is_refused(depth: int, kind: str) -> None:
    assert codes("dialogue: d\nmirons: " + kind * depth) == ["too-deep"]


def test_an_alias_bomb_is_refused_at_once() -> None:
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "yaml-anchor" in codes("dialogue: d\n" + "\n".join(rows) + "\n")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfdialogue: d\r\nmirons:\r\n  m: |\r\n    one\r\n    two\r\n")
    found = read(file, EMPTY).dialogue
    assert found is not None
    assert [text.text for text in found.mirons["m"].forms["en"].both] == ["one", "two"]


def file_problem(path: Path) -> Problem:
    with pytest.raises(ModelError) as caught:
        read(path, EMPTY)
    return caught.value.problems[0]


@pytest.mark.parametrize("data", [b"dialogue: d\nmirons: {a: \xff}\n", b"dialogue: d\n# \xed\xa0\x80\n"])
def test_what_is_not_utf8_is_refused_with_its_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(data)
    problem = file_problem(file)
    assert problem.code == "not-utf8"
    assert problem.span is not None
    assert problem.span.line == 2


def test_utf16_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("dialogue: d\n".encode("utf-16"))
    assert file_problem(file).code == "not-utf8"


def test_a_lone_surrogate_in_a_text_is_refused() -> None:
    assert codes("dialogue: d\nmirons: {a: \ud800}\n") == ["not-utf8"]


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    with file.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    assert file_problem(file).code == "too-big"


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    assert file_problem(tmp_path / "nothing.yaml").code == "unreadable"


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    assert file_problem(tmp_path).code == "no-files"


def test_a_folder_named_like_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    (tmp_path / "a.yaml" / "b.yaml").write_text("dialogue: d\n", encoding="utf-8")
    assert read(tmp_path, EMPTY).dialogue is not None


def test_a_link_to_itself_and_a_pipe_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "a.yaml")
    os.mkfifo(tmp_path / "b.yaml")
    with pytest.raises(ModelError) as caught:
        read(tmp_path, EMPTY)
    assert [problem.code for problem in caught.value.problems] == ["unreadable", "unreadable"]


def test_a_link_to_a_folder_above_is_reported(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path, a="dialogue: d\n")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    assert file_problem(tmp_path).code == "link-loop"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    write(tmp_path, a="dialogue: d\n")
    (tmp_path / "a.yaml").chmod(0)
    assert file_problem(tmp_path / "a.yaml").code == "unreadable"


def test_file_names_that_differ_only_in_case_clash(tmp_path: Path) -> None:
    write(tmp_path, a="dialogue: d\n", A="dialogue: d\n")
    assert file_problem(tmp_path).code == "case-clash"


# Sentences that YAML takes for something else


@pytest.mark.parametrize(
    "sentence",
    [
        "{visitor.name} is here",
        "{visitor.name}",
        "[Well,] hello",
        "Note: mind the step",
        "*psst* hello",
        "&c. and so on",
        "!important",
        "@home",
        "%s",
        '"Hello", she said',
        "- and another thing",
        "Take exit #5 now",
    ],
)
def test_a_mangled_sentence_is_shown_as_a_block_that_works(sentence: str) -> None:
    found = problems(f"dialogue: d\nmirons:\n  m: {sentence}\n")
    assert found[0].span is not None
    assert found[0].span.line == 3
    rows = [note.message.strip() for note in found[0].notes]
    assert rows[-2:] == ["m: |", sentence]
    owner = tree(f"dialogue: d\nmirons:\n  m: |\n    {sentence}\n")
    assert owner.mirons["m"].forms["en"].both[0].text == sentence


def test_a_remark_after_a_sentence_stays_a_remark() -> None:
    owner = tree("dialogue: d\nmirons:\n  m: Hello!   # greets\n  n: Bye # leaves\n")
    assert owner.mirons["m"].forms["en"].both[0].text == "Hello!"


def test_a_sentence_cut_by_a_comma_in_a_flow_map_is_found() -> None:
    assert codes("dialogue: d\nmirons: {m: {en: Hello, Ada}}\n") == ["sentence-map"]


# Suggestions


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("dialog: d\n", "dialogue"),
        ("dialogue: d\nmiron: {}\n", "mirons"),
        ("dialogue: d\nrules: {r: {whn: hear m}}\n", "when"),
        ("dialogue: d\nrules: {r: {do: {sya: m}}}\n", "say"),
        ("dialogue: d\nrules: {r: {again: restrat}}\n", "restart"),
        ("dialogue: d\nquestions: {q: {fils: x, prompt: p}}\n", "fills"),
        ("dialogue: d\nservices: {s: {timout: 3s}}\n", "timeout"),
        ("dialogue: d\nrules: {r: {do: {wait: 3}}}\n", "3s"),
        ("dialogue: d\nrules: {r: {do: {wait: 3 s}}}\n", "3s"),
        ("dialogue: d\nmirons: {Hello: hi}\n", "hello"),
        ("dialogue: d\nmirons: {say-hello: hi}\n", "say_hello"),
        ("dialogue: d\nlocales: [en, de]\nmirons: {m: {ed: hi}}\n", "de"),
    ],
)
def test_what_was_meant_is_suggested(text: str, suggestion: str) -> None:
    assert suggestion in [problem.suggestion for problem in problems(text)]


def test_five_thousand_rules_are_read_in_order() -> None:
    rows = "\n".join(f"  r{n}: {{when: hear m, do: {{say: m}}}}" for n in range(5000))
    found: Tree = read_text(f"dialogue: d\nmirons: {{m: hi}}\nrules:\n{rows}\n", library=EMPTY)
    assert found.dialogue is not None
    assert list(found.dialogue.rules) == [f"r{n}" for n in range(5000)]
