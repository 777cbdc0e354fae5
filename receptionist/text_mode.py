"""The receptionist without a screen: a line in, the answer out, on the virtual clock.

Nobody waits for speech that nobody hears: after each line, time goes on until the receptionist has
finished. The services are the real ones.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from engine.events import Event, Heard
from engine.journal import Record
from engine.virtual import Answer, Services, VirtualRun
from receptionist.reception import Reception
from receptionist.reload import Reloader

MAX_TEXT = 2_000
"""Longest line, in characters, that is listened to."""
NAMES_WAIT_S = 10.0
"""How long the first line may wait for the names in the directory."""
VISITOR, AGENT = "you", "miron"


def run_text(
    reception: Reception,
    lines: Iterable[str],
    out: TextIO,
    *,
    services: Services | None = None,
    begin: Iterable[Event] = (),
    echo: bool,
    body: bool = False,
    reloader: Reloader | None = None,
) -> None:
    """Hold conversations, one line of the visitor at a time, until the lines end.

    Args:
        lines: What visitors say.
        out: Where the dialogue is printed.
        services: What the services answer; None: the real ones.
        begin: What happens before the first line.
        echo: Print the visitor's lines too (they come from a file).
        body: Print gestures, emotions and the screen too.
        reloader: Watches the dialogue's files; it looks at them before each line.
    """
    reception.learn_names_aside()
    virtual = VirtualRun(reception.session, services or real_services(reception))
    printer = _Printer(out, body)
    reception.session.observe(printer)
    virtual.open()
    for event in begin:
        virtual.offer(event)
    virtual.settle()
    for line in _cleaned(lines, out):
        if reloader is not None:
            _reload(reloader, out)
        if echo:
            print(f"{VISITOR}: {line}", file=out)
        reception.await_names(NAMES_WAIT_S)
        virtual.offer(Heard(line, via="key"))
        virtual.settle()
        while reception.troubles:
            print(f"({reception.troubles.pop(0)})", file=out)
        out.flush()
    reception.session.close("end of input")


def _reload(reloader: Reloader, out: TextIO) -> None:
    before = reloader.notice
    reloader.look(settled=True)
    if reloader.notice and reloader.notice != before:
        print(f"({reloader.notice})", file=out)
    if reloader.switch():
        print("(the changed dialogue is used)", file=out)


def cleaned(text: str) -> str:
    """Text without control characters, and without spaces around it."""
    return "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text).strip()


def _cleaned(lines: Iterable[str], out: TextIO) -> Iterator[str]:
    for line in lines:
        text = cleaned(line)
        if len(text) > MAX_TEXT:
            print(f"(a line of {len(text):,} characters: only the first {MAX_TEXT:,} are heard)", file=out)
            text = text[:MAX_TEXT]
        if text:
            yield text


def real_services(reception: Reception) -> Services:
    """The services of the reception, called for real: they take as long as they take."""
    visits = reception.session.ended
    warm = False

    def answer(name: str, params: Mapping[str, Any]) -> Answer:
        nonlocal warm
        if not warm:  # loading the services is no part of how long this one takes, however slow the machine
            asyncio.run(reception.services.warm())
            warm = True
        begun = time.monotonic()
        session = f"text-{id(reception):x}-{len(visits)}"
        result = asyncio.run(reception.services.call(name, params, session=session))
        took = int(1000 * (time.monotonic() - begun))
        if result.status == "done":
            return "done", result.values, took
        return "failed", f"{result.reason}: {result.detail}", took

    return answer


class _Printer:
    """Prints what the receptionist does, as it happens."""

    def __init__(self, out: TextIO, body: bool) -> None:
        self.out, self.body = out, body

    def __call__(self, record: Record) -> None:
        if record.kind != "act" or record.get("command") != "start":
            return
        act = record.act
        channel = str(record.get("channel"))
        if channel == "visit":
            print(f"-- visit ended: {record.get('name')} --", file=self.out)
        elif act is None:
            return
        elif channel == "speech":
            print(f"{AGENT}: {act.text}", file=self.out)
        elif channel == "service" and act.spec.outward:
            about = ", ".join(f"{key} {value}" for key, value in act.params.items())
            print(f"   [{act.name}: {about}]", file=self.out)
        elif self.body and channel not in ("service", "wait"):
            print(f"   ({channel}: {act.name})", file=self.out)
