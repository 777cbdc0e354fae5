"""Types as the compiler knows them, and as the language layer wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.tree import Owner, TypeRef
from miron.model import BUILTIN_TYPES, EntityType
from miron.template import Template, parse


@dataclass(frozen=True, slots=True)
class Type:
    """A resolved type.

    Attributes:
        kind: A built-in type's name, or ``choice list record live``.
        name: Name under which the language layer knows it.
        choices: Values of a choice.
        element: Of a list.
        fields: Of a record.
    """

    kind: str
    name: str
    choices: tuple[str, ...] = ()
    element: Type | None = None
    fields: tuple[tuple[str, Type], ...] = ()

    def part(self, name: str) -> Type | None:
        """The type of a part: a record's field, a person's ``first`` or ``last``, a list's column."""
        if self.kind == "record":
            return dict(self.fields).get(name)
        if self.kind == "list" and self.element is not None:
            column = self.element.part(name)
            return Type("list", f"list of {column.name}", element=column) if column else None
        if self.kind == "person" and name in ("first", "last"):
            return Type("text", "text")
        return None

    @property
    def private(self) -> bool:
        """Personal by default: people, companies, phones, e-mails, codes and what holds them."""
        if self.kind in ("person", "company", "phone", "email", "code"):
            return True
        inner = [self.element] if self.element else [field for _, field in self.fields]
        return any(item.private for item in inner)


FLAG = Type("flag", "flag")
NUMBER = Type("number", "number")
TEXT = Type("text", "text")


class TypeTable:
    """The types of a dialogue and its modules, resolved by name."""

    def __init__(self) -> None:
        self._types: dict[str, Type] = {name: Type(name, name) for name in BUILTIN_TYPES}
        self._entities: dict[str, EntityType] = {}

    def add_owner(self, owner: Owner) -> None:
        """Declare an owner's types; equal names of different owners must mean the same."""
        for name, declared in owner.types.items():
            if declared.values:
                self._types[name] = Type("choice", name, choices=tuple(declared.values))
                values = {
                    value: {
                        locale: tuple(parse(text.text, span=text.span) for text in texts)
                        for locale, texts in by_locale.items()
                    }
                    for value, by_locale in declared.values.items()
                }
                self._entities[name] = EntityType(name, "choice", values=values)
            elif declared.live:
                self._types[name] = Type("live", name)
                self._entities[name] = EntityType(name, "live")
        for name, declared in owner.types.items():
            if declared.fields:
                fields = tuple((key.text, self.resolve(ref)) for key, ref in declared.fields)
                self._types[name] = Type("record", name, fields=fields)
                self._entities[name] = EntityType(
                    name, "record", fields={key: field.name for key, field in fields}
                )

    def resolve(self, ref: TypeRef) -> Type:
        """The type a reference means; an unknown name (reported by the checker) reads as text."""
        if ref.kind == "choice":
            name = "|".join(ref.choices)
            if name not in self._entities:
                none: Mapping[str, tuple[Template, ...]] = {}
                self._entities[name] = EntityType(name, "choice", values=dict.fromkeys(ref.choices, none))
            return Type("choice", name, choices=ref.choices)
        if ref.kind == "list":
            element = self._types.get(ref.name, TEXT)
            return Type("list", f"list of {element.name}", element=element)
        return self._types.get(ref.name, TEXT)

    def named(self, name: str) -> Type | None:
        """The type of that name, or None."""
        return self._types.get(name)

    @property
    def entities(self) -> dict[str, EntityType]:
        """The declared types for the language layer, built-in ones left out."""
        return dict(self._entities)
