"""The built wheel: complete, and at work in an environment of its own, outside any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("miron", "engine", "dsl", "receptionist")
VISITOR = "Hi, I'm Ada Lovelace, I have an appointment with Grace Hopper at half past ten\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment with Miron installed from the wheel.

    Its dependencies are those of the running environment, put on the path after its own packages (a ``.pth``
    file does not make ``.pth`` files of the folder it names count, so an editable install stays unseen). Thus
    nothing is fetched from anywhere.
    """
    home = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    (packages,) = home.glob("lib/python*/site-packages")
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)))
    return home / "bin"


def call(installed: Path, folder: Path, *arguments: str, heard: str = "") -> subprocess.CompletedProcess[str]:
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MIRON"))}
    return subprocess.run(
        [str(installed / arguments[0]), *arguments[1:]],
        cwd=folder,
        env={**keep, "MIRON_HOME": str(folder / "home")},
        input=heard,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_the_wheel_holds_every_file_of_the_packages_and_all_assets(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {
        f"miron/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "assets").rglob("*")
        if path.is_file()
    }
    assert held == expected


def test_an_installed_miron_is_the_one_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = call(installed, tmp_path, "python", "-c", "import miron; print(miron.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(installed.parent), done.stdout + done.stderr


def test_an_installed_miron_shows_its_commands(installed: Path, tmp_path: Path) -> None:
    done = call(installed, tmp_path, "miron", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "run" in done.stdout


def test_an_installed_miron_passes_the_tests_of_its_dialogue(installed: Path, tmp_path: Path) -> None:
    done = call(installed, tmp_path, "miron", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("passed, 0 failed")


def test_an_installed_miron_receives_a_visitor_and_replays_the_visit(installed: Path, tmp_path: Path) -> None:
    visit = call(installed, tmp_path, "miron", "run", "--text", heard=VISITOR)
    assert visit.returncode == 0, visit.stdout + visit.stderr
    assert "Grace Hopper is on the way" in visit.stdout
    assert "Ada Lovelace" in (tmp_path / "home" / "outbox.jsonl").read_text(encoding="utf-8")
    (journal,) = (tmp_path / "home" / "journal").glob("*.jsonl")
    again = call(installed, tmp_path, "miron", "replay", str(journal))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "identical" in again.stdout
