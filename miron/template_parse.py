"""From the text of a sentence template to its tree.

One pass with an explicit stack, so neither deep nor long templates exhaust anything. Parsing goes on after a
mistake, so that one run reports all of them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from miron.source import ModelError, Note, Problem, Span
from miron.template import (
    MARK_CHANNELS,
    MAX_DEPTH,
    Alternative,
    Mark,
    Node,
    Option,
    Permutation,
    RuleRef,
    Sequence,
    SlotRef,
    Template,
    Text,
)

MAX_LENGTH = 200_000
"""Characters of one template."""

MAX_ORDERED = 6
"""Parts of one ``(a;b)``: six parts have 720 orders, and more are hardly ever meant."""

_CLOSER = {"(": ")", "[": "]", "{": "}", "<": ">"}
_OPENER = {closer: opener for opener, closer in _CLOSER.items()}
_FULL_WIDTH = {"（": "(", "）": ")", "｜": "|", "［": "[", "］": "]", "｛": "{", "｝": "}"}
_EXAMPLE = {
    "(": "alternatives are written (big|small)",
    "[": "an optional part is written [please]",
    "{": "a value is written {visitor.name} or {time:at}",
    "<": "a shared phrase is written <greeting>",
}
_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_SPECIAL = re.compile(r"[\\()\[\]{}<>|;]")


def parse_template(text: str, span: Span | None) -> Template:
    """See :func:`miron.template.parse`."""
    return _Parser(text, span).parse()


@dataclass(slots=True)
class _Frame:
    """An open bracket: the parts closed so far and the one being read."""

    opener: str
    start: int
    item_start: int
    separator: str = ""
    items: list[Sequence] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def close_item(self, end: int) -> None:
        self.items.append(Sequence(tuple(self.nodes), self.item_start, end))
        self.nodes = []


class _Parser:
    def __init__(self, text: str, origin: Span | None) -> None:
        self._text = text
        self._origin = origin
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._stack = [_Frame("", 0, 0)]
        self._pending: list[str] = []
        self._pending_start = 0

    def parse(self) -> Template:
        if len(self._text) > MAX_LENGTH:
            self._fail(
                "template-too-long",
                f"a sentence of {len(self._text)} characters; at most {MAX_LENGTH} are read",
                0,
                1,
            )
            raise ModelError(self._problems)
        at = 0
        while at < len(self._text):
            special = _SPECIAL.search(self._text, at)
            stop = special.start() if special else len(self._text)
            if stop > at:
                self._plain(at, stop)
                at = stop
            if special:
                at = self._special(special.group(), at)
        self._finish()
        if self._problems:
            raise ModelError(self._problems)
        root = Sequence(tuple(self._stack[0].nodes), 0, len(self._text))
        return Template(root, self._text, self._origin, tuple(self._warnings))

    def _plain(self, start: int, end: int) -> None:
        for offset in range(start, end):
            char = self._text[offset]
            if char in _FULL_WIDTH:
                self._warn_full_width(char, offset)
            elif unicodedata.category(char) in ("Cc", "Cs") and char != "\t":
                self._fail(
                    "control-character",
                    f"the control character U+{ord(char):04X} cannot stand in a sentence",
                    offset,
                    offset + 1,
                )
        self._add_text(self._text[start:end].replace("\t", " "), start)

    def _add_text(self, text: str, start: int) -> None:
        if not self._pending:
            self._pending_start = start
        self._pending.append(text)

    def _flush(self, end: int) -> None:
        if self._pending:
            self._stack[-1].nodes.append(Text("".join(self._pending), self._pending_start, end))
            self._pending = []

    def _special(self, char: str, at: int) -> int:
        if char == "\\":
            return self._escape(at)
        if char in "([":
            self._flush(at)
            if len(self._stack) > MAX_DEPTH:
                self._fail("template-too-deep", f"more than {MAX_DEPTH} brackets within brackets", at, at + 1)
                raise ModelError(self._problems)
            self._stack.append(_Frame(char, at, at + 1))
            return at + 1
        if char in "{<":
            self._flush(at)
            return self._reference(char, at)
        if char in "|;":
            return self._separator(char, at)
        return self._close(char, at)

    def _escape(self, at: int) -> int:
        if at + 1 == len(self._text):
            self._fail(
                "dangling-backslash",
                "a backslash at the end of the sentence escapes nothing",
                at,
                at + 1,
                notes=(Note("a backslash itself is written \\\\"),),
            )
            return at + 1
        self._add_text(self._text[at + 1], at)
        return at + 2

    def _separator(self, char: str, at: int) -> int:
        frame = self._stack[-1]
        # A semicolon is a separator only inside round brackets, as in hassil; elsewhere it is punctuation.
        if char == ";" and frame.opener != "(":
            self._add_text(char, at)
            return at + 1
        if not frame.opener:
            self._fail(
                "bar-outside-brackets",
                "'|' stands outside brackets",
                at,
                at + 1,
                notes=(Note(_EXAMPLE["("]), Note("a bar that is meant as a sign is written \\|")),
            )
            return at + 1
        if frame.separator and frame.separator != char:
            self._fail(
                "mixed-separators",
                "'|' (one of these) and ';' (all of these, in any order) in the same brackets",
                at,
                at + 1,
                notes=(Note("put one of them into brackets of its own: (a;(b|c))"),),
            )
        self._flush(at)
        frame.separator = frame.separator or char
        frame.close_item(at)
        frame.item_start = at + 1
        return at + 1

    def _close(self, char: str, at: int) -> int:
        frame = self._stack[-1]
        if char in "}>" or not frame.opener:
            self._fail(
                "unopened-bracket",
                f"'{char}' closes nothing",
                at,
                at + 1,
                notes=(
                    Note(_EXAMPLE[_OPENER[char]]),
                    Note(f"a bracket that is meant as a sign is written \\{char}"),
                ),
            )
            self._flush(at)
            return at + 1
        self._flush(at)
        if char != _CLOSER[frame.opener]:
            self._fail(
                "wrong-bracket",
                f"'{frame.opener}' is closed by '{char}'",
                at,
                at + 1,
                suggestion=_CLOSER[frame.opener],
                notes=(Note(f"'{frame.opener}' was opened here", self._place(frame.start, frame.start + 1)),),
            )
        self._stack.pop()
        frame.close_item(at)
        self._stack[-1].nodes.append(self._group(frame, at + 1))
        return at + 1

    def _group(self, frame: _Frame, end: int) -> Node:
        items = tuple(frame.items)
        if not any(item.items for item in items):
            self._fail(
                "empty-brackets",
                "there is nothing between these brackets",
                frame.start,
                end,
                notes=(Note(_EXAMPLE[frame.opener]),),
            )
        if frame.separator == ";":
            if len(items) > MAX_ORDERED:
                self._fail(
                    "too-many-parts",
                    f"{len(items)} parts in any order; at most {MAX_ORDERED} are read",
                    frame.start,
                    end,
                )
            return Permutation(items[:MAX_ORDERED], frame.start, end)
        if frame.opener == "[":
            return Option(items, frame.start, end)
        return Alternative(items, frame.start, end)

    def _reference(self, opener: str, at: int) -> int:
        closer = _CLOSER[opener]
        end = at + 1
        while end < len(self._text) and self._text[end] not in "\\()[]{}<>":
            end += 1
        if end == len(self._text) or self._text[end] != closer:
            self._fail(
                "unclosed-bracket",
                f"'{opener}' is not closed",
                at,
                max(end, at + 1),
                suggestion=self._text[at:end].rstrip() + closer
                if _NAME.fullmatch(self._text[at + 1 : end].strip())
                else None,
                notes=(
                    Note(_EXAMPLE[opener]),
                    Note(f"a bracket that is meant as a sign is written \\{opener}"),
                ),
            )
            return end
        content = self._text[at + 1 : end]
        node = self._slot(content, at, end + 1) if opener == "{" else self._rule(content, at, end + 1)
        if node is not None:
            self._stack[-1].nodes.append(node)
        return end + 1

    def _slot(self, content: str, start: int, end: int) -> Node | None:
        head, *filters = content.split("|")
        kind, colon, name = head.rpartition(":")
        names = [*([kind] if colon else []), name, *filters]
        wrong = [part for part in names if not _is_name(part)]
        if wrong:
            fixed = re.sub(r"\s*([:|])\s*", r"\1", content.strip()).lower()
            fixed = re.sub(r"\s+", "_", fixed)
            parts = re.split(r"[:|]", fixed)
            usable = fixed != content and all(_is_name(part) for part in parts)
            self._fail(
                "bad-slot",
                f"'{{{content}}}' is not the place of a value",
                start,
                end,
                suggestion="{" + fixed + "}" if usable else None,
                notes=(
                    Note(_EXAMPLE["{"] + "; names are lower-case letters, digits and _, joined by dots"),
                    Note("a brace that is meant as a sign is written \\{"),
                ),
            )
            return None
        if kind in MARK_CHANNELS:
            if filters:
                self._fail(
                    "bad-slot",
                    f"a mark such as '{{{head}}}' has no filter",
                    start,
                    end,
                    suggestion="{" + head + "}",
                )
                return None
            return Mark(kind, name, start, end)
        return SlotRef(name, kind, tuple(filters), start, end)

    def _rule(self, content: str, start: int, end: int) -> Node | None:
        if _is_name(content):
            return RuleRef(content, start, end)
        fixed = re.sub(r"\s+", "_", content.strip().lower())
        self._fail(
            "bad-phrase-name",
            f"'<{content}>' is not the name of a phrase",
            start,
            end,
            suggestion=f"<{fixed}>" if _is_name(fixed) else None,
            notes=(Note(_EXAMPLE["<"]), Note("the sign itself is written \\<")),
        )
        return None

    def _finish(self) -> None:
        self._flush(len(self._text))
        for frame in self._stack[1:]:
            what = "an optional part" if frame.opener == "[" else "a group"
            self._fail(
                "unclosed-bracket",
                f"'{frame.opener}' opens {what} that is not closed",
                frame.start,
                frame.start + 1,
                notes=(
                    Note(_EXAMPLE[frame.opener]),
                    Note(f"a bracket that is meant as a sign is written \\{frame.opener}"),
                ),
            )

    def _warn_full_width(self, char: str, at: int) -> None:
        self._warnings.append(
            Problem(
                "full-width-bracket",
                f"'{char}' is full-width and read as plain text",
                self._place(at, at + 1),
                "warning",
                _FULL_WIDTH[char],
            )
        )

    def _place(self, start: int, end: int) -> Span | None:
        return self._origin.within(start, end) if self._origin else None

    def _fail(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        suggestion: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        place = self._place(start, end)
        if place is None:
            message = f"{message} (at character {start + 1} of “{_short(self._text)}”)"
        self._problems.append(Problem(code, message, place, "error", suggestion, notes))


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and text == text.lower()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
