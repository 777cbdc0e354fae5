"""What two dialogues differ in: declarations, conditions and sentences, never the way they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from dsl.library import is_standard
from dsl.tree import FormsDecl, MironDecl, Name, Owner, RuleDecl, Step, Text, Tree
from miron.source import Span

_TABLES = (
    ("type", "types"),
    ("memory", "memory"),
    ("service", "services"),
    ("Miron", "mirons"),
    ("question", "questions"),
    ("rule", "rules"),
)
_SETTINGS = ("locales", "other", "endings", "takes", "gives", "thought")
_KEYS = {"if_": "if", "return_": "return", "kiosk": "lasts", "timeout_ms": "timeout", "restart": "again"}
_NOT_COMPARED = ("name", "span", "position", "file", "texts")
_NOWHERE = Span("", 0, 0, 0, 0)
_RENAMED = ("rules", "mirons", "questions", "services", "memory")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same.

    Attributes:
        owner: Dialogue or module.
        kind: ``rule question Miron memory service type setting never module test``.
        what: ``added removed renamed changed``.
        details: What exactly, a line each: ``- `` of the first dialogue, ``+ `` of the second.
    """

    owner: str
    kind: str
    name: str
    what: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.kind} {self.name}: {self.what}"
        return "\n".join([head, *(f"  {line}" for line in self.details)])


def differences(first: Tree, second: Tree) -> tuple[Difference, ...]:
    """What has changed from the first dialogue to the second, section by section.

    Order, formatting, comments, remarks and the files that things stand in do not count. What has another
    name and is otherwise the same is renamed, and that others name it by its new name is no change of theirs.
    """
    found: list[Difference] = []
    ours, theirs = _owners(first), _owners(second)
    for name in dict.fromkeys((*ours, *theirs)):
        if name not in ours or name not in theirs:
            found.append(Difference(name, "module", name, "added" if name in theirs else "removed"))
        else:
            found += _Owners(first, second, ours[name], theirs[name]).differences()
    return tuple(found)


def renames(first: Owner, second: Owner) -> dict[str, str]:
    """New name → old name of what is otherwise the same."""
    found: dict[str, str] = {}
    for table in _RENAMED:
        ours, theirs = getattr(first, table), getattr(second, table)
        gone = [name for name in ours if name not in theirs]
        for new in (name for name in theirs if name not in ours):
            bare = _bare(theirs[new], {new: "?"})
            old = next((name for name in gone if _bare(ours[name], {name: "?"}) == bare), None)
            if old is not None:
                gone.remove(old)
                found[new] = old
    return found


def _owners(tree: Tree) -> dict[str, Owner]:
    """The dialogue under an empty name (it may be called otherwise), and the modules of its own."""
    own = {name: module for name, module in tree.modules.items() if not is_standard(module)}
    return {**({"": tree.dialogue} if tree.dialogue else {}), **own}


class _Owners:
    def __init__(self, first_tree: Tree, second_tree: Tree, first: Owner, second: Owner) -> None:
        self._lines = [_lines(first_tree), _lines(second_tree)]
        self._first, self._second = first, second
        self._names = renames(first, second)

    def differences(self) -> Iterable[Difference]:
        owner = self._second.name.text
        for key in _SETTINGS:
            old, new = getattr(self._first, key), getattr(self._second, key)
            if old != new:
                details = (f"- {_shown(old)}", f"+ {_shown(new)}")
                yield Difference(owner, "setting", key, "changed", details)
        uses = [{use.instance.text: use for use in each.use} for each in (self._first, self._second)]
        yield from self._table(owner, "use", uses[0], uses[1])
        for kind, table in _TABLES:
            yield from self._table(owner, kind, getattr(self._first, table), getattr(self._second, table))
        if self._first.do != _bare(self._second.do, self._names):
            yield Difference(
                owner, "body", owner, "changed", tuple(self._steps(self._first.do, self._second.do))
            )
        if self._first.never != _bare(self._second.never, self._names):
            yield Difference(owner, "never", owner, "changed")

    def _table(
        self, owner: str, kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterable[Difference]:
        old_names = {name: self._names.get(name, name) for name in theirs}
        for name, decl in ours.items():
            if name not in old_names.values():
                yield Difference(owner, kind, name, "removed", tuple(_outline(decl, "-")))
        for name, decl in theirs.items():
            old = old_names[name]
            if old not in ours:
                yield Difference(owner, kind, name, "added", tuple(_outline(decl, "+")))
            elif old != name:
                yield Difference(owner, kind, old, "renamed", (f"+ {name}",))
            elif _bare(ours[old], {}) != _bare(decl, self._names):
                details = tuple(self._details(ours[old], decl))
                if details:
                    yield Difference(owner, kind, name, "changed", details)

    def _details(self, old: Any, new: Any) -> Iterable[str]:
        if isinstance(old, MironDecl):
            for locale in dict.fromkeys((*old.forms, *new.forms)):
                yield from _sentences(locale, old.forms.get(locale), new.forms.get(locale))
        for item in fields(old):
            before, after = getattr(old, item.name), getattr(new, item.name)
            if item.name in (*_NOT_COMPARED, "forms", "about"):
                continue
            if _bare(before, {}) == _bare(after, self._names):
                continue
            key = _KEYS.get(item.name, item.name)
            if item.name == "do":
                yield from self._steps(before, after)
            elif isinstance(old, RuleDecl) and key in ("when", "if", "unless"):
                yield from _pair(key, old.texts.get(key, ""), new.texts.get(key, ""))
            else:
                yield from _pair(key, _shown(before), _shown(after))

    def _steps(self, old: tuple[Step, ...], new: tuple[Step, ...]) -> Iterable[str]:
        ours, theirs = [_bare(step, {}) for step in old], [_bare(step, self._names) for step in new]
        same = SequenceMatcher(None, [repr(step) for step in ours], [repr(step) for step in theirs], False)
        for tag, from_old, to_old, from_new, to_new in same.get_opcodes():
            if tag != "equal":
                yield from (f"- do: {self._line(0, step)}" for step in old[from_old:to_old])
                yield from (f"+ do: {self._line(1, step)}" for step in new[from_new:to_new])

    def _line(self, which: int, step: Step) -> str:
        lines = self._lines[which].get(step.span.source, [])
        line = lines[step.span.line - 1] if 0 < step.span.line <= len(lines) else ""
        ends = step.span.end_column - 1 if step.span.end_line == step.span.line else len(line)
        return line[step.span.column - 1 : ends].strip()


def _sentences(locale: str, old: FormsDecl | None, new: FormsDecl | None) -> Iterable[str]:
    for item in fields(FormsDecl):
        before, after = (_texts(getattr(form, item.name) if form else ()) for form in (old, new))
        key = locale if item.name == "both" else f"{locale} {item.name}"
        yield from (f"- {key}: {text}" for text in before if text not in after)
        yield from (f"+ {key}: {text}" for text in after if text not in before)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, Text):
        return (value.text,)
    return tuple(text.text for text in value or ())


def _pair(key: str, old: str, new: str) -> Iterable[str]:
    if old:
        yield f"- {key}: {old}"
    if new:
        yield f"+ {key}: {new}"


def _outline(decl: Any, sign: str) -> Iterable[str]:
    """A declaration that only one of the two has: what triggers it, or its sentences."""
    if isinstance(decl, RuleDecl):
        for key in ("when", "if", "unless"):
            if decl.texts.get(key):
                yield f"{sign} {key}: {decl.texts[key]}"
    elif isinstance(decl, MironDecl):
        for locale, form in decl.forms.items():
            for item in fields(FormsDecl):
                key = locale if item.name == "both" else f"{locale} {item.name}"
                yield from (f"{sign} {key}: {text}" for text in _texts(getattr(form, item.name)))


def _shown(value: Any) -> str:
    """A value in words, where no text of the author is kept."""
    match value:
        case None:
            return ""
        case Name(text) | Text(text):
            return text
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(_shown(item) for item in value)
        case Mapping():
            return ", ".join(f"{key}: {_shown(item)}" for key, item in value.items())
    if is_dataclass(value):
        inner = (_shown(getattr(value, item.name)) for item in fields(value) if item.name != "span")
        return " ".join(text for text in inner if text)
    return str(value)


def _bare(value: Any, names: Mapping[str, str]) -> Any:
    """A part of the tree without what does not matter, under the old names."""
    match value:
        case Name(text):
            return Name(_old(text, names), _NOWHERE)
        case Text(text):
            return Text(text, _NOWHERE)
        case tuple():
            return tuple(_bare(item, names) for item in value)
        case Mapping():
            return {key: _bare(item, names) for key, item in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {item.name: _bare(getattr(value, item.name), names) for item in fields(value)}
    if isinstance(value, RuleDecl):
        changes |= {"position": 0, "file": "", "texts": {}}
    if "span" in changes:
        changes["span"] = _NOWHERE
    if "about" in changes:
        changes["about"] = ""
    return replace(value, **changes)


def _old(text: str, names: Mapping[str, str]) -> str:
    head, dot, rest = text, "", ""
    while head not in names:
        head, found, tail = head.rpartition(".")
        if not found:
            return text
        dot, rest = ".", f"{tail}{dot}{rest}" if rest else tail
    return f"{names[head]}{dot}{rest}"


def _lines(tree: Tree) -> dict[str, list[str]]:
    return {name: text.split("\n") for name, text in tree.sources.items()}
