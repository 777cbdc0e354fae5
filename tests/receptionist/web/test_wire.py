"""Views and inputs between the session's process and its screens."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.kiosk.expression import Emotion, Gaze, Gesture, Utterance, Viseme
from receptionist.kiosk.ports import (
    Button,
    Card,
    Face,
    Level,
    Line,
    Message,
    Notice,
    Phase,
    Prompt,
    View,
    Who,
)
from receptionist.web.hub import Hub, RemoteBackend
from receptionist.web.wire import call_line, read_call, read_view, view_line

TEXT = st.text(max_size=20)
VIEWS = st.builds(
    View,
    phase=st.sampled_from(Phase),
    locale=st.sampled_from(["en", "zh"]),
    locales=st.just((("en", "English"), ("zh", "中文"))),
    lines=st.lists(
        st.builds(Line, st.integers(0, 9), st.sampled_from(Who), TEXT, st.none() | st.integers(0, 9))
    ).map(tuple),
    buttons=st.lists(st.builds(Button, TEXT, TEXT, st.booleans()), max_size=3).map(tuple),
    prompt=st.builds(Prompt, TEXT, st.booleans()),
    face=st.builds(
        Face,
        st.sampled_from(Emotion),
        st.sampled_from(Gaze),
        st.none() | st.sampled_from(Gesture),
        st.integers(0, 9),
        st.none()
        | st.builds(
            Utterance,
            st.integers(0, 9),
            TEXT,
            st.none() | st.integers(0, 9),
            st.none() | st.integers(0, 999),
            st.just(((0, Viseme.MM), (20, Viseme.REST))),
            st.just(((0, 0, 2),)),
        ),
    ),
    card=st.none() | st.builds(Card, TEXT, TEXT),
    notices=st.lists(st.builds(Notice, TEXT, st.sampled_from(Level)), max_size=2).map(tuple),
    inner=st.lists(TEXT, max_size=2).map(tuple),
    rules=st.lists(TEXT, max_size=2).map(tuple),
    messages=st.lists(st.builds(Message, TEXT, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    microphone=st.none() | st.floats(0, 1),
)


@given(VIEWS)
def test_a_view_arrives_as_it_was_sent(view: View):
    line = view_line(view)
    assert line.count(b"\n") == 1
    assert read_view(line) == view


@given(TEXT)
def test_what_was_typed_arrives_as_it_was_typed(text: str):
    assert read_call(call_line("send_text", text)) == ("send_text", [text])


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"[1]", b"nonsense", b"\xff"])
def test_what_is_no_input_is_refused(line: bytes):
    with pytest.raises(ValueError, match="an input is a list"):
        read_call(line)


class Backend:
    """Notes what it is told; shows a view with every change."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.watching: list[asyncio.Queue[View]] = []
        self.view = View(title="one")

    async def views(self) -> AsyncIterator[View]:
        queue: asyncio.Queue[View] = asyncio.Queue()
        queue.put_nowait(self.view)
        self.watching.append(queue)
        while True:
            yield await queue.get()

    def show(self, view: View) -> None:
        self.view = view
        for queue in self.watching:
            queue.put_nowait(view)

    async def send_text(self, text: str) -> None:
        self.told.append(text)

    async def press(self, button_id: str) -> None:
        self.told.append(("press", button_id))

    async def typing(self, started: bool) -> None:
        self.told.append(("typing", started))

    async def touch(self) -> None:
        self.told.append("touch")

    async def language(self, locale: str) -> None:
        self.told.append(("language", locale))

    async def close(self) -> None:
        self.told.append("closed")


def with_hub(act: Callable[[Backend, Hub, Path], object]) -> Backend:
    backend = Backend()

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            hub = Hub(backend, path)
            await hub.open()
            try:
                await act(backend, hub, path)  # type: ignore[misc]
            finally:
                await hub.close()

    asyncio.run(asyncio.wait_for(run(), 20))
    return backend


async def told(backend: Backend, count: int) -> None:
    while len(backend.told) < count:  # noqa: ASYNC110  # the other side of a socket
        await asyncio.sleep(0.005)


def test_two_screens_show_one_session_and_one_may_leave():
    async def act(backend: Backend, hub: Hub, path: Path) -> None:
        one, two = RemoteBackend(path), RemoteBackend(path)
        first, second = one.views(), two.views()
        assert (await anext(first)).title == (await anext(second)).title == "one"
        backend.show(View(title="two"))
        assert (await anext(first)).title == (await anext(second)).title == "two"
        await one.close()
        await two.send_text("hello {{7*7}}")
        await two.press("yes")
        await two.typing(True)
        await two.touch()
        await two.language("de")
        await told(backend, 5)
        await two.close()

    backend = with_hub(act)
    assert backend.told == ["hello {{7*7}}", ("press", "yes"), ("typing", True), "touch", ("language", "de")]


def test_a_screen_that_comes_back_sees_the_session_as_it_is():
    async def act(backend: Backend, hub: Hub, path: Path) -> None:
        one = RemoteBackend(path)
        await anext(one.views())
        await one.close()
        backend.show(View(title="later"))
        again = RemoteBackend(path)
        assert (await anext(again.views())).title == "later"
        await again.close()

    with_hub(act)


def test_only_this_user_can_open_the_socket():
    async def act(backend: Backend, hub: Hub, path: Path) -> None:
        assert path.stat().st_mode & 0o077 == 0  # noqa: ASYNC240

    with_hub(act)


def test_what_is_no_input_of_a_screen_does_nothing():
    async def act(backend: Backend, hub: Hub, path: Path) -> None:
        _, writer = await asyncio.open_unix_connection(path)
        for line in (
            b"nonsense",
            b'["close"]',
            b'["send_text", 1]',
            b'["press"]',
            b'["__init__", ""]',
            b"[" * 900,
        ):
            writer.write(line + b"\n")
        writer.write(call_line("send_text", "x" * 5000) + call_line("touch"))
        await told(backend, 1)
        writer.close()
        await writer.wait_closed()

    assert with_hub(act).told == ["touch"]
