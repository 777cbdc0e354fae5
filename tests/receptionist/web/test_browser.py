"""The kiosk in a real browser, through the real command."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
pytest.importorskip("textual_serve", reason="needs the extra web")
webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if BROWSER is None or DRIVER is None:
    pytest.skip("needs Chromium (Debian: apt install chromium chromium-driver)", allow_module_level=True)

FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync window-size=1280,900"
)


class Served:
    """``miron run --web``, followed through its journal."""

    def __init__(self, home: Path) -> None:
        settings = home / "config.toml"
        settings.write_text('[web]\nlisten = "127.0.0.1:0"\n[understanding]\ntrained = "off"\n')
        self.journal = home / "visit.jsonl"
        command = [sys.executable, "-m", "receptionist", "run", "--web", "--mute", "--config", str(settings)]
        self.process = subprocess.Popen(
            [*command, "--journal", str(self.journal)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found
        self.address = found[0]

    def heard(self) -> list[str]:
        records: list[dict[str, Any]] = [
            json.loads(line) for line in self.journal.read_text().splitlines() if line.endswith("}")
        ]
        return [
            each["name"] for each in records if each["kind"] == "percept" and each.get("source") == "other"
        ]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("MIRON_HOME", str(tmp_path))
    found = Served(tmp_path)
    yield found
    found.process.send_signal(signal.SIGINT)
    assert found.process.wait(20) == 0
    assert found.process.stdout is not None
    found.process.stdout.close()


@pytest.fixture
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in FLAGS.split():
        options.add_argument(f"--{flag}")
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield found
    found.quit()


def wait(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.2)


def drawn(browser: Any) -> bool:
    """Whether the screen's first bytes have come."""
    return bool(browser.execute_script("return document.body.classList.contains('-first-byte')"))


def type_line(browser: Any, text: str) -> None:
    action = webdriver.ActionChains(browser)
    action.click(browser.find_element("id", "terminal")).pause(0.5).send_keys(text).pause(0.5).send_keys("\n")
    action.perform()


def test_a_visit_in_the_browser_outlives_a_reload_and_a_second_window(served: Served, browser: Any):
    browser.get(served.address)
    wait(lambda: drawn(browser), "the first screen")
    time.sleep(2)
    type_line(browser, "hello")
    wait(lambda: "hello" in served.heard(), "the greeting")
    browser.refresh()
    wait(lambda: drawn(browser), "the screen after the reload")
    browser.switch_to.new_window("tab")
    browser.get(served.address)
    wait(lambda: drawn(browser), "the second window")
    time.sleep(2)
    type_line(browser, "my name is Ada Lovelace")
    wait(lambda: "name_self" in served.heard(), "the name")
    starts = served.journal.read_text().count('"name":"visit_started"')
    assert starts == 1


def test_nothing_comes_from_elsewhere(served: Served, browser: Any):
    browser.get(served.address)
    wait(lambda: drawn(browser), "the first screen")
    urls = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert urls
    assert all(url.startswith(served.address) for url in urls)


@pytest.mark.parametrize(
    "headers", [{"Host": "kiosk.example"}, {"Origin": "http://elsewhere.example"}], ids=["name", "page"]
)
def test_foreign_names_and_pages_are_refused(served: Served, headers: dict[str, str]):
    with pytest.raises(HTTPError, match="403"):
        urlopen(Request(served.address, headers=headers))
