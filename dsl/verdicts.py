"""What a test expects the agent to have done since the last input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsl.binding import Env, slot_type
from dsl.fixtures import typed
from dsl.happenings import Happenings, Utterance
from dsl.linevalues import Failure, as_items, as_word, name_and_details, shown
from dsl.tree import Name, TestLine
from engine.memory import single
from miron.source import Span


class Verdicts:
    """Compares check lines with what has happened.

    Args:
        env: Names as the test sees them.
        seen: What has happened.
        strict: All that is said must be listed, in order.
    """

    def __init__(self, env: Env, seen: Happenings, strict: bool) -> None:
        self.env, self._seen, self.strict = env, seen, strict

    def leftover(self, span: Span, going_on: bool = False) -> list[Utterance]:
        """What was said and not listed is a failure; what is still being said can be listed as ``cut``.

        Raises:
            Failure: Something else was said.
        """
        rest = [each for each in self._seen.window.said if not each.echo]
        still = [each for each in rest if going_on and each.act not in self._seen.over]
        if self.strict and len(still) < len(rest):
            names = ", ".join(str(each) for each in rest if each not in still)
            raise Failure(f"the bot also said {names}", span)
        return still

    def check(self, line: TestLine) -> None:
        """Look at a check line.

        Raises:
            Failure: It is not as expected.
            ModelError: It names what the dialogue does not know.
        """
        match line.key:
            case "bot":
                for item in as_items(line.value):
                    self._said(item, line)
            case "asks":
                self._asks(line)
            case "gesture" | "feel" | "look" | "show":
                channel = {"feel": "emotion", "look": "gaze", "show": "screen"}.get(line.key, line.key)
                self._happened(line, [name for kind, name in self._seen.window.acts if kind == channel])
            case "thinks":
                self._happened(line, self._seen.window.thoughts)
            case "calls":
                modules = [name.removeprefix("started ") for name in self._seen.window.thoughts]
                self._happened(
                    line, [*(name for kind, name in self._seen.window.acts if kind == "service"), *modules]
                )
            case "end":
                self._happened(line, self._seen.window.endings)

    def _said(self, item: Any, line: TestLine) -> None:
        name, args = name_and_details(item, line)
        wanted = self.env.miron(name)
        cut = isinstance(item, dict) and as_word(next(iter(item.values()))) == "cut"
        while self._seen.window.said:
            first = self._seen.window.said[0]
            if wanted in first.mirons and cut and (first.echo or first.question):
                self._seen.window.said.pop(0)
            elif first.mirons[0] == wanted and not (first.echo or first.question):
                first.mirons.pop(0)
                if not first.mirons:
                    self._seen.window.said.pop(0)
            elif first.echo or not self.strict:
                self._seen.window.said.pop(0)
                continue
            else:
                raise Failure(f"expected the bot to say {name.text}, but it said {first}", name.span, wanted)
            if cut and not first.cut:
                raise Failure(f"expected {name.text} to be broken off, but it was said to its end", name.span)
            if first.cut and not cut and not first.mirons:
                raise Failure(f"{name.text} was broken off; that is written {{{name.text}: cut}}", name.span)
            self._entities(wanted, args)
            return
        raise Failure(f"expected the bot to say {name.text}, but it said nothing more", name.span, wanted)

    def _entities(self, miron: str, args: Mapping[Name, Any]) -> None:
        said = self._seen.values.get(miron, {})
        for key, value in args.items():
            kind = slot_type(self.env.tables, miron, key.text)
            wanted = typed(value, kind.element if kind and kind.kind == "list" else kind)
            if single(said.get(key.text)) != single(wanted):
                raise Failure(
                    f"expected {key.text} to be {shown(value)}, but it was {said.get(key.text)!r}", key.span
                )

    def _asks(self, line: TestLine) -> None:
        name, _ = name_and_details(line.value, line)
        question = self.env.find(self.env.tables.questions, name.text)
        if question is None:
            raise Failure(f"no question is called '{name.text}'", name.span)
        detail = ""
        if isinstance(line.value, dict):
            detail = as_word(next(iter(line.value.values())))
        wanted = f"{question}/confirm" if detail == "confirm" else question
        while self._seen.window.said:
            first = self._seen.window.said.pop(0)
            if first.question == wanted and not first.echo:
                if detail.isdigit() and first.step != int(detail):
                    raise Failure(
                        f"expected step {detail} of {name.text}, but it was step {first.step}", name.span
                    )
                return
            if self.strict and not first.echo:
                raise Failure(f"expected the question {name.text}, but it said {first}", name.span, question)
        raise Failure(f"expected the question {name.text}, but it asked nothing more", name.span, question)

    def _happened(self, line: TestLine, names: Sequence[str]) -> None:
        for item in as_items(line.value):
            name, _ = name_and_details(item, line)
            wanted = self._qualified(line.key, name)
            if wanted not in names:
                seen = ", ".join(names) or "nothing"
                raise Failure(f"expected {line.key}: {name.text}, but there was {seen}", name.span, wanted)

    def _qualified(self, key: str, name: Name) -> str:
        tables = self.env.tables
        if key == "calls":
            return self.env.find(tables.services, name.text) or name.text
        if key == "thinks":
            if self.env.is_miron(name.text) or self.env.find_rule(name.text):
                return self.env.find_rule(name.text) or self.env.miron(name)
            return f"started {self.env.prefix}{name.text}"
        if key == "end":
            return name.text
        return self.env.miron(name)
