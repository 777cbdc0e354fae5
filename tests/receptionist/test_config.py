"""Settings: defaults, places of mistakes, folders."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.config import TEMPLATE, ConfigError, folders, load_config, seconds


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(tmp_path: Path, text: str) -> list[str]:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as failure:
        load_config(file, env={"MIRON_HOME": str(tmp_path)})
    return [problem.replace(f"{file}:", "") for problem in failure.value.problems]


def test_without_a_file_everything_has_a_default_below_the_home_folder(tmp_path: Path) -> None:
    config = load_config(env={"MIRON_HOME": str(tmp_path)})
    assert config.file is None
    assert config.demo
    assert config.mask_journal
    assert Path(config.database).parent == config.journal.parent == config.outbox_file.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_the_template_sets_nothing(tmp_path: Path) -> None:
    env = {"MIRON_HOME": str(tmp_path)}
    default = load_config(env=env)
    file = written(tmp_path, TEMPLATE)
    config = load_config(env=env)
    assert config.file == file
    assert {name: getattr(config, name) for name in config.__slots__ if name != "file"} == {
        name: getattr(default, name) for name in default.__slots__ if name != "file"
    }


def test_the_template_shows_every_default_as_it_is(tmp_path: Path) -> None:
    shown = re.sub(r"^# (?=\w+ = )", "", TEMPLATE, flags=re.MULTILINE)
    assert shown.count("\n# ") < TEMPLATE.count("\n# ")
    config = load_config(written(tmp_path, shown), env={"MIRON_HOME": str(tmp_path)})
    default = load_config(written(tmp_path, ""), env={"MIRON_HOME": str(tmp_path)})
    examples = ("places", "faq")
    assert {name: getattr(config, name) for name in config.__slots__ if name not in examples} == {
        name: getattr(default, name) for name in default.__slots__ if name not in examples
    }
    assert config.places["toilet"]["de"] == tomllib.loads(shown)["places"]["toilet"]["de"]


def test_relative_paths_start_at_the_file_and_urls_stay(tmp_path: Path) -> None:
    file = written(tmp_path, '[directory]\ndatabase = "desk.db"\n[journal]\nfolder = "/var/log/desk"\n')
    config = load_config(file, env={"MIRON_HOME": "/elsewhere"})
    assert config.database == str(tmp_path / "desk.db")
    assert config.journal == Path("/var/log/desk")
    assert config.outbox_file == Path("/elsewhere/outbox.jsonl")
    file = written(tmp_path, '[directory]\ndatabase = "postgresql+psycopg://u@h/miron"\n')
    assert load_config(file, env={}).database == "postgresql+psycopg://u@h/miron"


def test_every_mistake_of_a_file_is_listed_with_its_line_and_a_suggestion(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        'locale = "English please"\n'
        "langauge = 1\n"
        "\n"
        "[directory]\n"
        'databse = "x"\n'
        'demo = "yes"\n'
        'timeout = "2 weeks"\n'
        "[notify]\n"
        'channel = "pigeon"\n'
        "[privacy]\n"
        "retention = -1\n"
        "[places]\n"
        "lift = 3\n"
        "[nonsense]\n",
    )
    known = found[0].split("known are ")[1]
    assert known.startswith("locale, dialogue, directory, journal, privacy, notify, ")
    assert found == [
        f"2:1: langauge is no setting; known are {known}",
        "5:1: directory.databse is no setting; did you mean 'database'?",
        f"14:1: nonsense is no setting; known are {known}",
        "1:1: locale is a language such as en, de or zh, not 'English please'",
        "6:1: directory.demo is true or false, not 'yes'",
        "7:1: directory.timeout is a duration such as 5s, 500ms or 2min, not '2 weeks'",
        "11:1: privacy.retention is between 0 and 36500 days, not -1",
        "9:1: notify.channel is one of local, not 'pigeon'",
        '13:1: places.lift is a text, or one per language: {en = "…", de = "…", also = ["…"]}',
    ]


@pytest.mark.parametrize(
    ("text", "line"), [('a = "\n', 1), ("\n\nlocale en\n", 3), ("[directory]\ndemo = true\ndemo = true\n", 3)]
)
def test_what_is_no_toml_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (problem,) = problems(tmp_path, text)
    assert re.match(rf"{line}:\d+: ", problem)


@pytest.mark.parametrize(
    "text", ["directory = 1\n", "[[directory]]\n", "places = 'x'\n", "locale = {a = 1}\n"]
)
def test_a_table_where_none_belongs_is_one_clear_problem(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)[0].startswith("1:1: ")


def test_a_named_file_must_be_there_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "config.toml")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert len(problems(tmp_path, f"a = {'[' * 20_000}")) == 1


@given(st.text(max_size=200))
def test_no_text_makes_reading_fail_otherwise_than_in_words(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.toml").write_text(text, encoding="utf-8", errors="replace", newline="")
    found: tuple[str, ...] = ()
    try:
        load_config(folder / "any.toml", env={"MIRON_HOME": str(folder)})
    except ConfigError as error:
        found = error.problems
    assert all(re.match(r".*any\.toml:\d+:\d+: ", problem) for problem in found)


@pytest.mark.parametrize(
    ("text", "value"), [("500ms", 0.5), ("5s", 5), ("2min", 120), ("1h", 3600), ("1.5s", 1.5)]
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1 day", "1e9s", "5s5s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        seconds(text)


def test_the_home_variable_replaces_both_folders(tmp_path: Path) -> None:
    assert folders({"MIRON_HOME": str(tmp_path)}) == (tmp_path, tmp_path)
    settings, data = folders({})
    assert settings.name == data.name == "miron"


def test_the_documented_file_is_valid_and_shows_the_defaults(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    found = re.search(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert found
    config = load_config(written(tmp_path, found[1]), env={"MIRON_HOME": str(tmp_path)})
    default = load_config(written(tmp_path, ""), env={"MIRON_HOME": str(tmp_path)})
    assert replace(config, places={}, faq={}) == default


def test_ways_to_reach_people_are_read_with_their_mistakes(tmp_path: Path) -> None:
    good = written(
        tmp_path,
        """
        [channels]
        mail = "mailtos://user:key@example.org?to={address}"
        phones = ["slack://a/b", "json://c"]
        [notify]
        channel = "mail"
        front_desk_channel = "phones"
        [answers]
        listen = "127.0.0.1:8077"
        [services]
        url = "http://localhost:5055/"
        [services.at]
        find_visits = ""
        [badge]
        print = ["lp", "{file}"]
        """,
    )
    config = load_config(good, env={"MIRON_HOME": str(tmp_path)})
    assert config.channels["phones"] == ("slack://a/b", "json://c")
    assert (config.notify_channel, config.front_desk_channel) == ("mail", "phones")
    assert config.answers.url == "http://127.0.0.1:8077"
    assert config.services.of("ask_way") == "http://localhost:5055"
    assert config.services.of("find_visits") == ""
    assert config.badge.printer == ("lp", "{file}")
    assert problems(
        tmp_path,
        "[channels]\n"
        'local = "json://x"\n'
        'mail = "user@example.org"\n'
        "[answers]\n"
        'listen = "0.0.0.0:8077"\n'
        'url = "reception"\n'
        "[services]\n"
        'url = "localhost:5055"\n'
        "[badge]\n"
        'print = ["lp"]\n'
        'size = "9x9"\n',
    ) == [
        "2:1: channels.local is taken: every kiosk has a channel of this name",
        '3:1: channels.mail has the form "service://…", as Apprise documents it',
        "6:1: answers.url is an address such as \"http://reception.lan:8077\", not 'reception'",
        "8:1: services.url is an address such as \"http://localhost:5055\", not 'localhost:5055'",
        "11:1: badge.size is width x height in mm, 40 to 300, such as \"86x54\", not '9x9'",
        "10:1: badge.print names the file to be printed nowhere: write {file} for it",
    ]


def test_retention_is_one_number_with_exceptions(tmp_path: Path) -> None:
    config = load_config(
        written(tmp_path, "[privacy]\nretention = 30\njournals = 0"), env={"MIRON_HOME": str(tmp_path)}
    )
    assert (config.retention.visits, config.retention.badges, config.retention.journals) == (30, 30, 0)


def test_other_words_for_a_place_or_a_question_lead_to_the_same_answer(tmp_path: Path) -> None:
    text = """
        [places]
        toilet = {en = "There.", de = "Da.", also = ["restroom", "WC"]}
        [faq]
        parking = {"" = "Level two.", also = "car park"}
        """
    config = load_config(written(tmp_path, text), env={})
    assert config.places["WC"] == config.places["restroom"] == {"en": "There.", "de": "Da."}
    assert config.faq["car park"] == {"": "Level two."}


@pytest.mark.parametrize(
    "written_text", ["3", "[]", "{}", '{also = ["x"]}', '{en = ""}', '{en = "x", also = 3}', "{en = 3}"]
)
def test_an_answer_without_words_is_refused(tmp_path: Path, written_text: str) -> None:
    (problem,) = problems(tmp_path, f"[faq]\n  parking = {written_text}\n")
    assert problem.startswith("2:3: faq.parking is a text")
