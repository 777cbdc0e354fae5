"""Checking values and comparisons: does the value fit where it stands?"""

from __future__ import annotations

from dsl.checking import Checking
from dsl.symbols import NAME_KINDS, UNKNOWN
from dsl.tree import Literal, Name, NameValue, SumExpr, TypeRef, ValueExpr
from dsl.types import Type
from miron.source import Note, Span, suggest

ORDERED = ("number", "ordinal", "duration", "time", "date")
"""Types that can be compared by < and >."""

_TEXT_LIKE = ("text", "person", "company", "phone", "email", "code", "live")
_NUMBERS = ("number", "ordinal")
_LITERALS = {kind: Type(kind, kind) for kind in ("number", "duration", "time", "date", "text", "flag")}


def label(kind: Type) -> str:
    """A type, for people."""
    if kind.kind == "choice":
        return f"a choice of {', '.join(kind.choices[:6])}{' …' if len(kind.choices) > 6 else ''}"
    return f"{'an' if kind.name[:1] in 'aeiou' else 'a'} {kind.name}"


def fits(wanted: Type, given: Type) -> bool:
    """Whether a value of one type can stand where the other is expected; in doubt, it can."""
    if UNKNOWN in (wanted, given) or wanted.kind == given.kind == "unknown":
        return True
    if wanted.kind == "list" or given.kind == "list":
        # A list of one may stand for its element, and a value for a list of one.
        left = wanted.element if wanted.kind == "list" and wanted.element else wanted
        right = given.element if given.kind == "list" and given.element else given
        return fits(left, right) if left.kind != "list" and right.kind != "list" else True
    if wanted.kind == "choice" and given.kind == "choice":
        return bool(set(wanted.choices) & set(given.choices))
    if wanted.kind in _TEXT_LIKE and given.kind in _TEXT_LIKE:
        return True
    if wanted.kind in _NUMBERS and given.kind in _NUMBERS:
        return True
    if "record" in (wanted.kind, given.kind):
        return wanted.kind == given.kind
    if wanted.kind == "text":
        return given.kind in ("choice", *_NUMBERS)
    if given.kind == "text":
        return wanted.kind == "choice"
    return wanted.kind == given.kind


def value_type(checking: Checking, expr: ValueExpr, wanted: Type, where: str) -> Type:
    """The type of a value; what is wrong with it, seen from what is wanted, is reported."""
    if isinstance(expr, Literal):
        return _literal(checking, expr, wanted, where)
    if isinstance(expr, SumExpr):
        left = value_type(checking, expr.left, UNKNOWN, where)
        right = value_type(checking, expr.right, UNKNOWN, where)
        return _sum(checking, expr, left, right)
    return _name(checking, expr.name, wanted, where)


def expect(checking: Checking, expr: ValueExpr, wanted: Type, where: str) -> None:
    """Report a value that does not fit.

    Args:
        where: What the value is for, such as ``phase``.
    """
    given = value_type(checking, expr, wanted, where)
    if not fits(wanted, given):
        message = f"{where} is {label(wanted)}, and this is {label(given)}"
        checking.report("wrong-type", message, span_of(expr))


def expect_parameter(checking: Checking, expr: ValueExpr, ref: TypeRef, kind: Type, where: str) -> None:
    """Like :func:`expect`, for parameters: their values may be names of Mirons, rules or questions."""
    if kind == UNKNOWN:
        return  # the type is reported where it is declared
    if kind.kind not in NAME_KINDS:
        expect(checking, expr, kind, where)
        return
    if not isinstance(expr, NameValue):
        checking.report("wrong-type", f"{where} is the name of a {kind.kind}", span_of(expr))
        return
    found = checking.need(expr.name, (kind.kind,), where)
    if found is not None and found.decl is not None:
        checking.usage.thought.add(id(found.decl))


def span_of(expr: ValueExpr) -> Span:
    """Where a value stands."""
    if isinstance(expr, Literal):
        return expr.span
    if isinstance(expr, NameValue):
        return expr.name.span
    return span_of(expr.left)


def _literal(checking: Checking, expr: Literal, wanted: Type, where: str) -> Type:
    if expr.kind == "none":
        return UNKNOWN
    if expr.kind == "text" and wanted.kind == "choice":
        if expr.value in wanted.choices:
            message = "a value of a choice is written without quotes"
            checking.report("wrong-type", message, expr.span, expr.value)
        else:
            unknown_choice(checking, Name(expr.value, expr.span), wanted, where)
        return UNKNOWN
    return _LITERALS[expr.kind]


def _sum(checking: Checking, expr: SumExpr, left: Type, right: Type) -> Type:
    if UNKNOWN in (left, right):
        return left if right == UNKNOWN else UNKNOWN
    sign = "-" if expr.minus else "+"
    if left.kind in ("date", "time") and right.kind == "duration":
        return left
    if left.kind == right.kind and left.kind in ("date", "time") and expr.minus:
        return _LITERALS["duration"]
    if left.kind in ORDERED and fits(left, right):
        return left
    if left.kind == "list" or right.kind == "list":
        return UNKNOWN
    message = f"{label(left)} {sign} {label(right)} means nothing"
    checking.report("wrong-type", message, span_of(expr))
    return UNKNOWN


def _name(checking: Checking, name: Name, wanted: Type, where: str) -> Type:
    element = wanted.element if wanted.kind == "list" and wanted.element else wanted
    if name.text in element.choices:
        return wanted
    kind = checking.view.part(name.text)
    if kind is not None:
        checking.reads(name.text)
        return kind
    if (entity := entity_type(checking, name)) is not None:
        return entity
    if checking.is_opaque(name.text):
        return UNKNOWN
    if element.kind == "choice":
        unknown_choice(checking, name, element, where)
        return UNKNOWN
    _unknown_value(checking, name, element)
    return UNKNOWN


def entity_type(checking: Checking, name: Name) -> Type | None:
    """``MIRON.entity``: an entity of the latest act of that Miron; its type is not followed."""
    miron, _, entity = name.text.rpartition(".")
    if not miron:
        return None
    found = checking.view.declared_miron(miron)
    if found is None:
        shorter, _, middle = miron.rpartition(".")
        found = checking.view.declared_miron(shorter) if shorter and middle else None
        entity = middle
    if found is None:
        return None
    from dsl.check_texts import entities_of

    decl = checking.view.miron_decl(found)
    known = entities_of(checking.view, decl) if decl is not None else None
    if known is not None and known and entity not in known:
        near = suggest(entity, known)
        message = f"'{miron}' has no entity '{entity}'"
        note = Note(f"'{miron}' is declared here", found.span)
        better = f"{miron}.{near}" if near else None
        checking.report("unknown-entity", message, name.span, better, [note])
    return UNKNOWN


def _entities(checking: Checking) -> list[str]:
    """The entities of acts that can be named here: ``MIRON.entity``."""
    from dsl.check_texts import entities_of

    view = checking.view
    return [
        f"{name}.{entity}"
        for name, decl in view.owner.mirons.items()
        for entity in entities_of(view, decl)
        if view.entry(entity) is None
    ]


def part_of(checking: Checking, text: str) -> tuple[str, str | None] | None:
    """A message and a suggestion for ``entry.part`` when the entry is known and the part is not."""
    found = checking.view.entry(text)
    if found is None or not found[1]:
        return None
    symbol, parts = found
    kind: Type | None = checking.view.type_of(symbol)
    known = symbol.name
    for part in parts:
        inner = checking.view.part(f"{known}.{part}")
        if inner is None:
            break
        known, kind = f"{known}.{part}", inner
    element = kind.element if kind is not None and kind.kind == "list" else kind
    names = [name for name, _ in element.fields] if element is not None else []
    if element is not None and element.kind == "person":
        names = ["first", "last"]
    wrong = text.removeprefix(f"{known}.").partition(".")[0]
    near = suggest(wrong, names)
    message = f"'{known}' is {label(kind) if kind else 'a value'} and has no part '{wrong}'"
    return message, f"{known}.{near}" if near else None


def unknown_choice(checking: Checking, name: Name, kind: Type, where: str) -> None:
    """Report a word that is no value of a choice."""
    near = suggest(name.text, [*kind.choices, *checking.view.entries()])
    if near is not None and near not in kind.choices and suggest(name.text, kind.choices):
        near = suggest(name.text, kind.choices)
    listed = ", ".join(kind.choices[:12]) + (" …" if len(kind.choices) > 12 else "")
    notes = [Note(f"its values: {listed}")]
    found = checking.view.entry(where)
    if found is not None and found[0].span is not None:
        notes.append(Note(f"'{where}' is declared here", found[0].span))
    checking.report("unknown-value", f"'{name}' is no value of {where}", name.span, near, notes)


_WRITTEN = {
    "duration": "a duration is written 500ms, 5s, 2min or 1h",
    "number": "a number is written in digits",
    "ordinal": "a number is written in digits",
    "time": "a time is written 10:30",
    "date": "a date is written 2026-11-22",
    "flag": "a flag is yes or no",
}


def _unknown_value(checking: Checking, name: Name, wanted: Type) -> None:
    other = checking.view.find(name.text)
    if other is not None:
        checking.unknown(name, ("memory", "parameter"), "a value")
        return
    if (part := part_of(checking, name.text)) is not None:
        checking.report("unknown-part", part[0], name.span, part[1])
        return
    near = checking.near_part(name.text)
    near = near or suggest(name.text, [*checking.view.entries(), *_entities(checking)])
    notes = [*checking.near_notes(near, ("memory", "parameter"))]
    if near is None:
        quoted = f"a text needs inner quotes: '\"{name}\"'"
        notes.append(Note(_WRITTEN.get(wanted.kind, quoted)))
    group = checking.view.group(name.text)
    if group:
        notes.append(Note(f"it is a group of entries: {', '.join(group[:5])}"))
    message = f"'{name}' is no memory entry or parameter, and a bare word is never a text"
    checking.report("unknown-memory", message, name.span, near, notes)
