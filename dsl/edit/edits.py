"""The edits: add, replace, remove, set a key, connect. Each is one meaning and touches only what it means."""

from __future__ import annotations

import re

from dsl.edit.places import KINDS, SECTIONS, Document, Place, Places, Section
from dsl.edit.sources import Change, EditError, Sources, Splice
from dsl.yaml import Items, Mapping, Node, Scalar
from miron.source import ModelError, Problem, suggest

STEP_KEYS = {
    "says": "say",
    "asks": "ask",
    "calls": "call",
    "thinks": "think",
    "ends": "end",
    "leaves": "leave",
}
"""Relation → key of the step that says it."""

CONNECTIONS = ("follows", "hears", "notices", "sees", *STEP_KEYS)
"""Relations of a rule that :func:`connect` can add."""

_EVENT_WORDS = {"hears": "hear", "notices": "notice", "sees": "see"}


def new_problems(sources: Sources, change: Change) -> tuple[Problem, ...]:
    """The errors that a dialogue would have after a change and has not now, sorted by place."""
    after, _ = sources.apply(change)
    found = errors(after)
    known = {(problem.code, problem.message) for problem in errors(sources)} if found else set()
    return tuple(problem for problem in found if (problem.code, problem.message) not in known)


def errors(sources: Sources) -> list[Problem]:
    """What keeps a dialogue from running."""
    from dsl.check import check

    try:
        found = check(sources.tree(), play=False)
    except ModelError as error:
        found = list(error.problems)
    return [problem for problem in found if problem.severity == "error"]


def replace(sources: Sources, kind: str, name: str, text: str, owner: str = "") -> Change:
    """Write a declaration anew.

    Args:
        text: From its name on, such as ``greet: {when: hear hello, do: {say: welcome}}``; further lines
            indented as if the name stood at the beginning of its line.

    Raises:
        EditError: There is no such declaration, or the text declares something else or several things.
    """
    places = Places(sources)
    place = places.find(kind, name, owner)
    if text == places.text(place):
        return sources.change(())
    old = sources.texts[place.file][place.start : place.end]
    new = _fitting(places, place.file, text, place.column, place.flow, SECTIONS[kind])
    return sources.change([Splice(place.file, place.start, old, new)])


def add(sources: Sources, kind: str, text: str, owner: str = "", after: str = "") -> Change:
    """Declare something new, behind another declaration of its kind or at the end of its section.

    Args:
        text: As for :func:`replace`.
        owner: Dialogue or module; empty: the first.
        after: The declaration it should stand behind.

    Raises:
        EditError: The name is taken, or there is no such owner or declaration.
    """
    places = Places(sources)
    section_key = SECTIONS[kind]
    name = _declared_name(text, section_key)
    if any(p.kind == kind and p.name == name and owner in ("", p.owner) for p in places.all()):
        raise EditError(f"there is a {kind} '{name}' already")
    if after:
        return _insert_after(places, places.find(kind, after, owner), text)
    documents = [each for each in places.documents if owner in ("", each.owner)]
    if not documents:
        raise EditError(f"there is no dialogue or module '{owner}' in these files")
    owner = owner or documents[0].owner
    own = [each for each in documents if each.owner == owner]
    sections = [each for document in own for each in document.sections if each.key == section_key]
    best = next((each for each in reversed(sections) if each.entries and not each.locale), None)
    if best is not None:
        return _insert_after(places, best.entries[-1], text)
    empty = next((each for each in sections if not each.locale), None)
    return _fill_section(places, empty, text) if empty else _new_section(places, own[0], section_key, text)


def remove(sources: Sources, kind: str, name: str, owner: str = "") -> Change:
    """Take a declaration away, with the comment lines directly above it, in every document that has it.

    Raises:
        EditError: There is no such declaration.
    """
    places = Places(sources)
    first = places.find(kind, name, owner)
    splices = []
    for place in places.all():
        if (place.owner, place.kind, place.name) != (first.owner, kind, first.name):
            continue
        start, end = _with_comma(places, place) if place.flow else places.with_comments(place)
        splices.append(Splice(place.file, start, sources.texts[place.file][start:end], ""))
    return sources.change(splices)


def set_key(
    sources: Sources, kind: str, name: str, path: tuple[str, ...], value: str, owner: str = ""
) -> Change:
    """Set a key of a declaration: the prompt of a question, the sentences of a Miron, an ``if``.

    Args:
        path: Keys from the declaration inwards, such as ``("de", "said")``; all but the last must be there.
            Empty: the value of the declaration itself.
        value: As YAML, on one line; or lines of a ``|`` block.

    Raises:
        EditError: There is no such declaration or key.
    """
    places = Places(sources)
    place = places.find(kind, name, owner)
    key, node = _at(place, path[:-1]) if path else (place.key, place.node)
    if path:
        if not isinstance(node, Mapping):
            raise EditError(f"'{name}' has no keys to set; replace it as a whole")
        for inner, inner_value in node.pairs:
            if inner.text == path[-1]:
                return _set_value(places, place.file, inner, inner_value, value)
        return sources.change([_new_key(places, place.file, key, node, path[-1], value)])
    return _set_value(places, place.file, key, node, value)


def remove_key(sources: Sources, kind: str, name: str, path: tuple[str, ...], owner: str = "") -> Change:
    """Take a key of a declaration away.

    Raises:
        EditError: There is no such key, or it is the only one.
    """
    places = Places(sources)
    place = places.find(kind, name, owner)
    _, node = _at(place, path[:-1])
    pairs = node.pairs if isinstance(node, Mapping) else []
    found = next((pair for pair in pairs if pair[0].text == path[-1]), None)
    if found is None or not isinstance(node, Mapping):
        raise EditError(f"'{name}' has no '{path[-1]}'")
    if len(pairs) == 1:
        raise EditError(f"'{path[-1]}' is the only key of '{name}'; remove that instead")
    return sources.change([_without_pair(places, place.file, node, found)])


def connect(sources: Sources, rule: str, relation: str, target: str, owner: str = "") -> Change:
    """Let a rule do something more: hear, follow, say, ask, call, think, leave or end with something.

    What triggers it becomes one more alternative; what it does becomes its last step.

    Raises:
        EditError: The relation is none of :data:`CONNECTIONS`, or the rule is written in a form to which
            nothing can be appended.
    """
    places = Places(sources)
    place = places.find("rule", rule, owner)
    if not isinstance(place.node, Mapping):
        raise EditError(f"the rule '{rule}' has no keys")
    keys = {key.text: (key, value) for key, value in place.node.pairs}
    if relation == "follows":
        part, text = "follows", target
    elif relation in _EVENT_WORDS:
        part, text = "when", f"{_EVENT_WORDS[relation]} {target}"
    elif relation in STEP_KEYS:
        part, text = "do", f"{{{STEP_KEYS[relation]}: {target}}}"
    else:
        near = suggest(relation, CONNECTIONS)
        raise EditError(
            f"'{relation}' cannot be added by itself" + (f"; did you mean '{near}'?" if near else "")
        )
    if part not in keys:
        return sources.change([_new_key(places, place.file, place.key, place.node, part, text)])
    return sources.change([_appended(places, place.file, part, keys[part][1], text)])


def disconnect(sources: Sources, rule: str, relation: str, target: str, owner: str = "") -> Change:
    """Take back what :func:`connect` adds to ``follows`` or ``when``, where it stands as an item of its own.

    Raises:
        EditError: It is part of something larger, which must be written anew.
    """
    places = Places(sources)
    place = places.find("rule", rule, owner)
    part = "follows" if relation == "follows" else "when"
    text = target if relation == "follows" else f"{_EVENT_WORDS.get(relation, relation)} {target}"
    pairs = place.node.pairs if isinstance(place.node, Mapping) else []
    pair = next((pair for pair in pairs if pair[0].text == part), None)
    if pair is not None and isinstance(place.node, Mapping):
        value = pair[1]
        if isinstance(value, Scalar) and value.text == text and len(pairs) > 1:
            return sources.change([_without_pair(places, place.file, place.node, pair)])
        if isinstance(value, Items) and len(value.items) > 1:
            for item in value.items:
                if isinstance(item, Scalar) and item.text == text:
                    return sources.change([_without_item(places, place.file, value, item)])
    raise EditError(f"that '{rule}' {relation} '{target}' is part of its text; write the rule anew")


# Finding


def _at(place: Place, path: tuple[str, ...]) -> tuple[Scalar, Node]:
    key, node = place.key, place.node
    for word in path:
        pairs = node.pairs if isinstance(node, Mapping) else []
        found = next((pair for pair in pairs if pair[0].text == word), None)
        if found is None:
            raise EditError(f"'{place.name}' has no '{word}'")
        key, node = found
    return key, node


def _declared_name(text: str, section: str) -> str:
    """The name that a text declares; it must be one entry of a map."""
    trial = Places(Sources({"<edit>": f"dialogue: d\n{section}:\n{_indented(text, 2)}\n"}))
    entries = [place for place in trial.all() if place.kind == KINDS[section]]
    if len(entries) != 1 or len(trial.documents) != 1 or len(trial.documents[0].sections) != 1:
        raise EditError("the text must declare one thing: NAME: …")
    return entries[0].name


# Writing


def _fitting(places: Places, file: str, text: str, column: int, flow: bool, section: str) -> str:
    """A declaration's text at its place: indented, with the file's line ends."""
    text = text.strip("\n")
    try:
        _declared_name(text, section)
    except ModelError as error:
        raise EditError("this is not one declaration", error.problems) from error
    if flow and ("\n" in text or re.search(r":\s+[|>]", text)):
        raise EditError("here everything stands in braces, so a declaration must be one line")
    if flow and not re.search(r":\s*[{\[\"']", text) and re.search(r":.*[,{}\[\]]", text):
        raise EditError("here everything stands in braces, so texts with , [ ] { } need quotes")
    return places.lines[file].with_ends(_indented(text, column).lstrip(" "))


def _indented(text: str, column: int) -> str:
    return "\n".join(" " * column + line if line.strip() else line for line in text.split("\n"))


def _insert_after(places: Places, beside: Place, text: str) -> Change:
    sources, lines = places.sources, places.lines[beside.file]
    new = _fitting(places, beside.file, text, beside.column, beside.flow, SECTIONS[beside.kind])
    if beside.flow:
        return sources.change([Splice(beside.file, beside.end, "", f", {new}")])
    _, end = places.with_comments(beside)
    before = "" if _ends_line(lines.text, end) else lines.newline
    line = before + " " * beside.column + new + lines.newline
    return sources.change([Splice(beside.file, end, "", line)])


def _fill_section(places: Places, section: Section, text: str) -> Change:
    """Into a section without entries: ``rules:`` or ``rules: {}``."""
    lines = places.lines[section.file]
    if isinstance(section.node, Mapping):
        at = lines.at(section.node.end_line, section.node.end_column) - 1
        new = _fitting(places, section.file, text, 0, True, section.key)
        return places.sources.change([Splice(section.file, at, "", new)])
    new = _fitting(places, section.file, text, 2, False, section.key)
    end = lines.start_of(lines.line_of(section.end) + 1)
    before = "" if _ends_line(lines.text, end) else lines.newline
    return places.sources.change([Splice(section.file, end, "", f"{before}  {new}{lines.newline}")])


def _new_section(places: Places, document: Document, key: str, text: str) -> Change:
    lines = places.lines[document.file]
    end = lines.start_of(lines.line_of(max(0, document.end - 1)) + 1)
    before = "" if _ends_line(lines.text, end) else lines.newline
    new = _fitting(places, document.file, text, 2, False, key)
    inserted = f"{before}{lines.newline}{key}:{lines.newline}  {new}{lines.newline}"
    return places.sources.change([Splice(document.file, end, "", inserted)])


def _ends_line(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] in "\r\n"


def _new_key(places: Places, file: str, key: Scalar, node: Mapping, name: str, value: str) -> Splice:
    lines = places.lines[file]
    if node.flow:
        at = lines.at(node.end_line, node.end_column) - 1
        comma = ", " if node.pairs else ""
        at = len(lines.text[:at].rstrip()) if node.pairs else at
        return Splice(file, at, "", f"{comma}{name}: {_one_line(value)}")
    last = node.pairs[-1]
    end = places.end(file, *last)
    column = node.pairs[0][0].column
    return Splice(file, end, "", lines.newline + " " * column + f"{name}: {_value(lines, value, column)}")


def _value(lines: object, value: str, column: int) -> str:
    """A value behind its key: one line as it is, several as a block."""
    if "\n" not in value.strip("\n"):
        return value.strip("\n")
    newline = getattr(lines, "newline", "\n")
    block = _indented(value.strip("\n"), column + 2)
    return newline.join(["|", *block.split("\n")])


def _one_line(value: str) -> str:
    if "\n" in value.strip("\n"):
        raise EditError("here everything stands in braces, so the value must be one line")
    return value.strip("\n")


def _set_value(places: Places, file: str, key: Scalar, node: Node, value: str) -> Change:
    lines = places.lines[file]
    start, end = lines.at(node.line, node.column), places.end(file, key, node)
    in_flow = _in_flow(places, file, key)
    new = _one_line(value) if in_flow else _value(lines, value, key.column)
    after_key = lines.at(key.end_line, key.end_column)
    if isinstance(node, Scalar) and node.empty:
        return places.sources.change([Splice(file, end, "", f" {new}")])
    if isinstance(node, Items | Mapping) and not node.flow:
        start = after_key + lines.text[after_key:].index(":") + 1
        new = f" {new}"
    old = lines.text[start:end]
    if old == new:
        return places.sources.change(())
    return places.sources.change([Splice(file, start, old, new)])


def _in_flow(places: Places, file: str, key: Scalar) -> bool:
    """Whether a key stands in braces."""
    lines = places.lines[file]
    before = lines.text[lines.start_of(key.line) : lines.at(key.line, key.column)]
    return bool(before.strip(" -\ufeff")) or _open_brace(places, file, key)


def _open_brace(places: Places, file: str, key: Scalar) -> bool:
    def within(node: Node) -> bool:
        if isinstance(node, Scalar):
            return False
        if node.flow:
            begin, end = (node.line, node.column), (node.end_line, node.end_column)
            return begin <= (key.line, key.column) < end
        inner = node.items if isinstance(node, Items) else [value for _, value in node.pairs]
        return any(within(each) for each in inner)

    return any(within(section.node) for section in places.sections() if section.file == file)


def _appended(places: Places, file: str, part: str, value: Node, text: str) -> Splice:
    """One more alternative, or one more step."""
    lines = places.lines[file]
    start, end = lines.at(value.line, value.column), lines.at(value.end_line, value.end_column)
    if isinstance(value, Items) and value.flow:
        at = len(lines.text[: end - 1].rstrip())
        return Splice(file, at, "", f", {text}" if value.items else text)
    if isinstance(value, Items):
        last = value.items[-1]
        at = places.end(file, Scalar("", "-", last.file, last.line, 0, last.line, 0), last)
        return Splice(file, at, "", lines.newline + " " * value.column + f"- {text}")
    if isinstance(value, Scalar) and part == "when" and not value.empty and value.style not in ("|", ">"):
        at = end - 1 if value.style else end
        return Splice(file, at, "", f" or {text}")
    if (isinstance(value, Mapping) and value.flow) or (isinstance(value, Scalar) and part == "follows"):
        old = lines.text[start:end]
        return Splice(file, start, old, f"[{old}, {text}]")
    raise EditError(f"nothing can be appended to '{part}' as it is written; make it a list first")


def _with_comma(places: Places, place: Place) -> tuple[int, int]:
    """An entry in braces with the comma that goes with it."""
    text = places.sources.texts[place.file]
    behind = re.compile(r"\s*,\s*").match(text, place.end)
    if behind:
        return place.start, behind.end()
    before = re.search(r"\s*,\s*$", text[: place.start])
    return (before.start() if before else place.start), place.end


def _without_pair(places: Places, file: str, node: Mapping, pair: tuple[Scalar, Node]) -> Splice:
    lines = places.lines[file]
    key = pair[0]
    start, end = lines.at(key.line, key.column), places.end(file, *pair)
    return _cut(places, file, start, end, node.flow, first=pair is node.pairs[0])


def _without_item(places: Places, file: str, node: Items, item: Scalar) -> Splice:
    lines = places.lines[file]
    start, end = lines.at(item.line, item.column), lines.at(item.end_line, item.end_column)
    if not node.flow:
        start = lines.text.rindex("-", 0, start)
    return _cut(places, file, start, end, node.flow, first=item is node.items[0])


def _cut(places: Places, file: str, start: int, end: int, flow: bool, *, first: bool) -> Splice:
    text = places.sources.texts[file]
    lines = places.lines[file]
    if flow:
        behind = re.compile(r"\s*,\s*").match(text, end)
        before = re.search(r"\s*,\s*$", text[:start])
        if behind:
            end = behind.end()
        elif before:
            start = before.start()
    elif text[lines.start_of(lines.line_of(start)) : start].strip(" ") == "":
        start = lines.start_of(lines.line_of(start))
        end = lines.start_of(lines.line_of(max(start, end - 1)) + 1)
    elif first:  # it shares its line with a dash: what follows moves up
        end = lines.start_of(lines.line_of(max(start, end - 1)) + 1)
        end += len(text[end:]) - len(text[end:].lstrip(" "))
    return Splice(file, start, text[start:end], "")
