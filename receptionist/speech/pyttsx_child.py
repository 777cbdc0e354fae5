"""The process in which pyttsx3 runs: one JSON request a line in, one JSON answer a line out."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the library prints there
    engine: Any = None
    trouble = ""
    try:
        import pyttsx3

        engine = pyttsx3.init()
    except Exception as error:  # drivers raise what their platform raises
        trouble = f"pyttsx3 cannot be used: {error}"
    for line in sys.stdin:
        answer = trouble if engine is None else _serve(engine, json.loads(line))
        answers.write(json.dumps({"trouble": answer}) + "\n")
        answers.flush()


def _serve(engine: Any, request: dict[str, Any]) -> str:
    if not request["path"]:
        return ""
    try:
        voice = _voice(engine, request["locale"])
        if voice:
            engine.setProperty("voice", voice)
        engine.setProperty("rate", request["pace"])
        engine.save_to_file(request["text"], request["path"])
        engine.runAndWait()
    except Exception as error:  # as above
        return f"pyttsx3 failed: {error}"
    return ""


def _voice(engine: Any, locale: str) -> str:
    """The first voice that says it speaks the locale's language."""
    for voice in engine.getProperty("voices"):
        languages = [
            each.decode("ascii", "ignore") if isinstance(each, bytes) else each for each in voice.languages
        ]
        if any(str(language).strip("\x05").lower().startswith(locale.lower()) for language in languages):
            return str(voice.id)
    return ""


if __name__ == "__main__":
    main()
