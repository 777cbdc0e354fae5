"""Every command on the sample study, as a researcher would call it."""

from __future__ import annotations

import csv
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.journal import read
from receptionist.cli import miron

SAMPLE = Path(__file__).resolve().parents[3] / "assets" / "studies" / "patience"
SESSIONS = sorted((SAMPLE / "sessions").glob("*.jsonl"))


def run(*args: str | Path) -> Result:
    result = CliRunner().invoke(miron, [str(each) for each in args], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLE, tmp_path / "study")


def test_every_session_of_the_sample_study_replays_identically() -> None:
    """If the engine or a standard module changed on purpose: python -m receptionist.study.sample FOLDER."""
    result = run("replay", SAMPLE, "--jobs", "2")
    assert result.output == f"{len(SESSIONS)} sessions, all identical\n"
    assert result.exit_code == 0


def test_bad_files_are_listed_and_all_others_replayed(study: Path) -> None:
    sessions = study / "sessions"
    for path in sorted(sessions.iterdir())[8:]:
        path.unlink()
    whole = (sessions / "P01-1.jsonl").read_bytes()
    lines = whole.split(b"\n")
    (sessions / "bad-binary.jsonl").write_bytes(b"\x00\xff" * 99)
    (sessions / "bad-copy.jsonl").write_bytes((sessions / "P01-2.jsonl").read_bytes())
    (sessions / "bad-cut.jsonl").write_bytes(b"\n".join(lines[:250]) + b"\n")
    (sessions / "bad-edited.jsonl").write_bytes(whole.replace(b'"rule":"welcome"', b'"rule":"farewell"', 1))
    (sessions / "bad-empty.jsonl").write_bytes(b"")
    (sessions / "bad-line.jsonl").write_bytes(b"\n".join([*lines[:9], b"{nonsense", *lines[9:]]))
    (sessions / "bad-torn.jsonl").write_bytes(whole[:40_000])
    (sessions / "bad-version.jsonl").write_bytes(whole.replace(b'"format":1', b'"format":9', 1))
    (sessions / "bad-words.jsonl").write_bytes(whole.replace(b'"name":"visitor.present"', b'"name":7', 1))
    result = run("replay", study)
    assert result.exit_code == 1
    told = {Path(line.split(": ")[0]).name for line in result.output.splitlines() if ".jsonl: " in line}
    assert told == {path.name for path in sessions.glob("bad-*")}
    for what in (
        "the journal is empty",
        "is torn",
        "it has no end",
        "a copy of",
        "format 9",
        "unreadable lines: 10",
    ):
        assert what in result.output
    assert result.output.splitlines()[-1].startswith("17 sessions, ")


def test_another_version_of_the_dialogue_is_told(study: Path) -> None:
    (study / "study.toml").unlink()
    result = run("replay", SESSIONS[0], "--dialogue", SAMPLE / "dialogue", "--format", "json")
    recorded = read(SESSIONS[0]).header.get("hash")
    finding = json.loads(result.output)
    from receptionist.study.sources import Source

    assert finding["same_dialogue"] == (Source(SAMPLE / "dialogue").load().program.hash == recorded)


def test_a_planted_change_is_found_in_the_sessions_it_concerns_and_in_no_others(
    tmp_path: Path, study: Path
) -> None:
    """Another face with the news that the host comes: it concerns the sessions in which that was said."""
    dialogue = study / "dialogue" / "reaching.yaml"
    text = dialogue.read_text("utf-8")
    planted = text.replace("say: on_the_way, feel: happy", "say: on_the_way, feel: surprised", 1)
    assert planted != text
    dialogue.write_text(planted, "utf-8")
    concerned = {
        path.name
        for path in SESSIONS
        if '"command":"start","channel":"speech","name":"on_the_way"' in path.read_text("utf-8")
    }
    recorded = read(SESSIONS[1]).header.get("hash")
    patient = [path for path in SESSIONS if read(path).header.get("hash") == recorded][:5]
    assert {path.name for path in patient} & concerned
    assert {path.name for path in patient} - concerned
    table = tmp_path / "parted.csv"
    result = run(
        "replay", *patient, "--dialogue", SAMPLE / "dialogue", "--against", study / "dialogue", "-o", table
    )
    assert result.exit_code == 0
    with open(table, encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    parted = {Path(row["file"]).name for row in found if row["parts"] == "1"}
    assert parted == {path.name for path in patient} & concerned
    assert {row["cause"] for row in found if row["parts"] == "1"} == {
        "somebody_answers request happy → somebody_answers request surprised"
    }
    assert f"{len(parted)} × somebody_answers" in result.output


def test_a_dialogue_parts_from_nothing_that_was_recorded_with_it() -> None:
    patient = [path for path in SESSIONS if "P01-2" in path.name]
    result = run("replay", *patient, "--dialogue", SAMPLE / "dialogue", "--against", SAMPLE / "dialogue")
    assert result.output.endswith("1 sessions: 0 part, 1 do not\n")


def test_check_finds_the_sample_study_well() -> None:
    result = run("study", "check", SAMPLE)
    assert result.exit_code == 0
    assert f"{len(SESSIONS)} of {len(SESSIONS)} sessions are recorded" in result.output


def test_metrics_have_a_row_for_every_session_whatever_the_number_of_processes(tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        result = run("study", "metrics", SAMPLE, "-o", tmp_path / f"{jobs}.csv", "--jobs", jobs)
        assert result.exit_code == 0
    table = (tmp_path / "1.csv").read_text("utf-8")
    assert table == (tmp_path / "2.csv").read_text("utf-8")
    found = list(csv.DictReader(table.splitlines()))
    assert [row["session"] for row in found] == [path.stem for path in SESSIONS]
    assert {"condition", "success", "word_error_rate", "sus", "gave_up", "values_right"} <= found[0].keys()


def test_metrics_of_any_folder_list_what_cannot_be_measured(tmp_path: Path) -> None:
    shutil.copy(SESSIONS[0], tmp_path / "good.jsonl")
    (tmp_path / "bad.jsonl").write_bytes(b"\x00")
    result = run("study", "metrics", tmp_path)
    assert result.exit_code == 1
    assert "good.jsonl" in result.stdout
    assert "bad.jsonl" in result.stderr


def test_the_report_is_one_file_that_asks_for_nothing_and_runs_nothing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("scipy")
    result = run("study", "report", SAMPLE, "-o", tmp_path / "report.html")
    assert result.exit_code == 0
    html = (tmp_path / "report.html").read_text("utf-8")
    for what in ("How patient", "simulated", "Cronbach", "R²", "Cohen", "brisk − patient", "P10-2"):
        assert what in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert (tmp_path / "report.csv").read_text("utf-8").count("\n") == len(SESSIONS) + 1


def test_what_a_protocol_says_is_text_in_the_report_and_no_markup(study: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("scipy")
    toml = study / "study.toml"
    toml.write_text(
        toml.read_text("utf-8").replace("How patient", "<script>alert(1)</script>{{ 7 * 7 }}"), "utf-8"
    )
    run("study", "report", study, "-o", tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in html


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_have_every_utterance_in_order(tmp_path: Path, form: str) -> None:
    assert run("study", "export", SESSIONS[1], "--to", tmp_path, "--format", form).exit_code == 0
    text = (tmp_path / f"{SESSIONS[1].stem}.{form}").read_text("utf-8")
    cues = re.findall(r"^(\d\d:\d\d:\d\d[.,]\d\d\d) --> (\d\d:\d\d:\d\d[.,]\d\d\d)$", text, re.MULTILINE)
    assert len(cues) > 5
    assert [start for start, _ in cues] == sorted(start for start, _ in cues)
    assert all(start < end for start, end in cues)


def test_annotations_open_with_an_elan_library_and_do_not_overlap(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi").Elan
    (tmp_path / "in").mkdir()
    shutil.copy(SESSIONS[1], tmp_path / "in" / "s.jsonl")
    (tmp_path / "in" / "s.wav").write_bytes(b"RIFF")
    assert run("study", "export", tmp_path / "in", "--to", tmp_path / "out").exit_code == 0
    path = tmp_path / "out" / "s.eaf"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert 's.wav"' in text
    eaf = elan.Eaf(author="")
    elan.parse_eaf(str(path), eaf, suppress_version_warning=True)
    assert set(eaf.get_tier_names()) >= {"agent", "visitor", "rules", "body", "services"}
    for tier in ("agent", "visitor", "rules"):
        found = sorted(eaf.get_annotation_data_for_tier(tier))
        assert found
        assert all(start < end for start, end, *_ in found)
        assert all(one[1] <= other[0] for one, other in pairwise(found))


def test_a_new_study_is_planned_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert run("study", "new", folder).exit_code == 0
    assert run("study", "new", folder).exit_code == 1
    assert run("study", "assign", folder).exit_code == 0
    assert run("study", "assign", folder).exit_code == 1
    assert run("study", "assign", folder, "--again").exit_code == 0
    result = run("study", "check", folder)
    assert result.exit_code == 0, result.output
    assert "0 of 24 sessions are recorded" in result.output
    report = run("study", "report", folder, "-o", tmp_path / "r.html")
    assert report.exit_code == 1
    assert "nothing to report" in report.output


@pytest.mark.parametrize("verb", ["check", "assign", "compare"])
def test_a_folder_without_a_study_is_told_in_words(tmp_path: Path, verb: str) -> None:
    result = run("study", verb, tmp_path)
    assert result.exit_code == 1
    assert "study.toml" in result.output


def test_a_sample_study_comes_out_the_same_wherever_it_is_made(tmp_path: Path) -> None:
    from receptionist.study.sample import make

    made = []
    for place in (tmp_path / "here", tmp_path / "elsewhere" / "there"):
        shutil.copytree(SAMPLE, place)
        make(place)
        files = sorted(path for path in place.rglob("*") if path.is_file())
        made.append({path.relative_to(place): path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert made[0]
