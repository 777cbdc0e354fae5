"""Renaming what a dialogue declares, wherever it is named: conditions, steps, sentences, tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from dsl.edit.edits import errors
from dsl.edit.places import Places
from dsl.edit.sources import Change, EditError, Lines, Sources, Splice
from dsl.mentions import Mention, mentions, resolve
from dsl.names import RESERVED, name_fault, normal
from dsl.symbols import Symbol, View, World
from dsl.tree import Name, Owner
from miron.source import Span

RENAMED = ("rule", "miron", "question", "memory", "service", "timer", "ending")
"""Kinds that can be renamed."""


def rename(sources: Sources, kind: str, old: str, new: str, owner: str = "") -> Change:
    """Give a declaration another name, here and wherever it is named.

    Args:
        kind: One of :data:`RENAMED`.
        owner: Dialogue or module that declares it; empty: the first that does.

    Raises:
        EditError: There is no such thing, the new name cannot be one or is taken, or a place cannot be
            changed by itself.
        ModelError: The dialogue cannot be read.
    """
    if kind not in RENAMED:
        raise EditError(f"a {kind} cannot be renamed by itself; {', '.join(RENAMED)} can")
    if new in RESERVED or (fault := name_fault(new)):
        raise EditError(
            f"'{new}' cannot be a name: {'it is a word of the language' if new in RESERVED else fault}"
        )
    run = _Rename(sources, kind, normal(old), normal(new), owner)
    change = sources.change(run.splices())
    found = errors(sources.apply(change)[0])
    if found and Counter(each.code for each in found) - Counter(each.code for each in errors(sources)):
        raise EditError(found[0].message, found)
    return change


class _Rename:
    def __init__(self, sources: Sources, kind: str, old: str, new: str, owner: str) -> None:
        self._sources, self._kind, self._old, self._new = sources, kind, old, new
        self._places = Places(sources)
        self._world = World(sources.tree())
        self._lines = {name: Lines(text) for name, text in sources.texts.items()}
        owners = [
            found
            for found in self._world.owners
            if owner in ("", found.name.text) and found.name.span.source in sources.texts
        ]
        self._owner, self._symbol = self._find(owners)

    def _find(self, owners: list[Owner]) -> tuple[str, Symbol]:
        for owner in owners:
            view = self._world.view(owner)
            if self._kind == "ending":
                if any(
                    mention.kinds == ("ending",) and mention.name.text == self._old
                    for mention in mentions(view)
                ):
                    return owner.name.text, Symbol("ending", self._old)
                continue
            symbols = view.index.symbols.get(self._old, ())
            found = next((symbol for symbol in symbols if symbol.kind == self._kind), None)
            if found is None and self._kind == "timer" and self._old in view.index.timers:
                found = Symbol("timer", self._old, view.index.timers[self._old].span)
            if found is not None:
                taken = view.index.symbols.get(self._new, ())
                if taken or self._new in view.index.timers:
                    kind = taken[0].kind if taken else "timer"
                    raise EditError(f"'{self._new}' is the name of a {kind} already")
                return owner.name.text, found
        raise EditError(f"there is no {self._kind} '{self._old}' in these files")

    def splices(self) -> Iterator[Splice]:
        seen: set[tuple[str, int]] = set()
        for splice in self._all():
            if (splice.file, splice.at) not in seen:
                seen.add((splice.file, splice.at))
                yield splice

    def _all(self) -> Iterator[Splice]:
        for place in self._places.all():
            if (place.owner, place.kind, place.name) == (self._owner, self._kind, self._old):
                at = place.start + (1 if place.key.style else 0)
                raw = self._sources.texts[place.file][at : at + len(place.key.text)]
                yield self._splice(place.file, at, raw, self._old, self._new, place.key.span)
        for owner in self._world.owners:
            view = self._world.view(owner)
            if self._kind == "ending" and owner.name.text == self._owner:
                for name in owner.endings or ():
                    if name.text == self._old:
                        yield self._at(name, name.text)
            for mention in mentions(view):
                if mention.name.span.source in self._sources.texts and self._means(view, mention):
                    yield self._at(mention.name, mention.name.text, inside=mention.inside)
            yield from self._jinja(view)

    def _means(self, view: View, mention: Mention) -> bool:
        if self._kind == "ending":
            same = mention.kinds == ("ending",) and mention.name.text == self._old
            return same and view.owner.name.text == self._owner
        found = resolve(view, mention)
        return found is not None and found.kind == self._kind and found.span == self._symbol.span

    def _at(self, name: Name, text: str, *, inside: bool = False) -> Splice:
        span = name.span
        old, new = self._seen_as(text, span)
        start, end = self._lines[span.source].range(span)
        raw = self._sources.texts[span.source][start:end]
        if inside:  # in a sentence: {visitor.name|first}
            match = re.search(rf"(?<![\w.]){re.escape(old)}(?!\w)", normal(raw))
            if match is None or normal(raw) != raw:
                raise self._stuck(span)
            start, raw = start + match.start(), match.group()
            return self._splice(span.source, start, raw, old, new, span)
        if normal(raw) != text:
            raise self._stuck(span)
        at = text.index(old)
        return self._splice(span.source, start + at, raw[at : at + len(old)], old, new, span)

    def _seen_as(self, text: str, span: Span) -> tuple[str, str]:
        """The old and new name as written here: a module calls ``visitor.name`` ``other.name``."""
        if re.search(rf"(^|\.){re.escape(self._old)}(\.|$)", text):
            return self._old, self._new
        dialogue = self._world.tree.dialogue
        start = f"{dialogue.other}." if dialogue else ""
        if start and self._old.startswith(start):
            if not self._new.startswith(start):
                raise EditError(
                    f"modules know '{self._old}' as one of the other's; its new name begins '{start}', too"
                )
            return self._old.removeprefix(start), self._new.removeprefix(start)
        raise self._stuck(span)

    def _splice(self, file: str, at: int, raw: str, old: str, new: str, span: Span) -> Splice:
        if normal(raw) != old:
            raise self._stuck(span)
        return Splice(file, at, raw, new)

    def _stuck(self, span: Span) -> EditError:
        return EditError(f"{span}: '{self._old}' cannot be renamed here by itself; write it by hand first")

    def _jinja(self, view: View) -> Iterator[Splice]:
        """In generated texts memory is written with underscores."""
        if self._kind != "memory" or view.owner.name.text != self._owner:
            return
        old, new = self._old.replace(".", "_"), self._new.replace(".", "_")
        for miron in view.owner.mirons.values():
            for form in miron.forms.values():
                for text in form.jinja:
                    start, end = self._lines[text.span.source].range(text.span)
                    raw = self._sources.texts[text.span.source][start:end]
                    for code in re.finditer(r"\{\{.*?\}\}|\{%.*?%\}", raw, re.DOTALL):
                        for match in re.finditer(rf"(?<![\w.]){re.escape(old)}(?!\w)", code.group()):
                            at = start + code.start() + match.start()
                            yield Splice(text.span.source, at, old, new)
