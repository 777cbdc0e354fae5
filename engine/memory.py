"""Memory of self and other: typed entries with origin and cause, and the tests of them.

Values are JSON: None (empty), bool (flags), int or Decimal, str, list, dict (persons, records). A list of one
stands for its element wherever a single value is wanted; a part of a list is the list of its distinct parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from engine.model import Const, EntityRef, Entry, Item, Json, Op, Program, Ref, Sum, Test, Value

TOLD: Final = "told"
SET: Final = "set"
LOOKED_UP: Final = "looked_up"
DEFAULT: Final = "default"
WORLD: Final = "world"

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What an entry holds.

    Attributes:
        value: None if empty.
        origin: ``told set looked_up default world``; empty with the value.
        cause: Sequence number of the journal line that led to the value, or None.
        sure: False for a value heard unclearly.
    """

    value: Json = None
    origin: str = ""
    cause: int | None = None
    sure: bool = True


EMPTY: Final = Cell()


@dataclass(frozen=True, slots=True)
class Change:
    """One write that made a difference.

    Attributes:
        entry: Its name.
        old: Before.
        new: After.
        differs: The normalised value is another one.
        told: It counts as a telling of the other.
    """

    entry: str
    old: Cell
    new: Cell
    differs: bool
    told: bool


def normal(value: Json) -> Json:
    """The one form of a value: exact numbers, plain lists and dicts, no empty fields.

    Raises:
        ValueError: The value is no JSON value.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number")
        return int(value) if value == value.to_integral_value() else value.normalize()
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): normal(item) for key, item in value.items() if item is not None}
    raise ValueError(f"{type(value).__name__} is no value of a memory entry")


def same(left: Json, right: Json) -> bool:
    """Equality of normalised values; a flag never equals a number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    return bool(left == right)


def distinct(values: Iterable[Json]) -> list[Json]:
    """The values without repetition, in order of first appearance."""
    found: list[Json] = []
    for value in values:
        if value is not None and not any(same(value, other) for other in found):
            found.append(value)
    return found


def single(value: Json) -> Json:
    """The element of a list of one, None for an empty list, otherwise the value itself."""
    if isinstance(value, list):
        if len(value) == 1:
            return value[0]
        return value or None
    return value


def fits(entry: Entry, value: Json) -> bool:
    """Whether a normalised value may stand in the entry."""
    if value is None:
        return True
    if entry.kind == "flag":
        return isinstance(value, bool)
    if entry.kind == "list":
        return isinstance(value, list)
    if entry.kind in ("number", "ordinal"):
        return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if entry.kind in ("text", "choice"):
        return isinstance(value, str)
    return True


class Memory:
    """The entries of a program and the entities of the latest act of each Miron.

    Args:
        program: Declares the entries.
        part: ``part(value, name)``: part of a value that is no mapping (``first`` of a person), or None.
    """

    def __init__(self, program: Program, part: Callable[[Json, str], Json]) -> None:
        self.entries = program.entries
        self.cells: dict[str, Cell] = {}
        self.heard: dict[str, dict[str, Json]] = {}
        self._part = part

    def cell(self, entry: str) -> Cell:
        """What the entry holds; empty if nothing was written."""
        return self.cells.get(entry, EMPTY)

    def value(self, entry: str) -> Json:
        """The value of an entry, or None."""
        return self.cell(entry).value

    def write(
        self, entry: str, value: Json, origin: str, cause: int | None, *, sure: bool = True
    ) -> Change | None:
        """Write an entry; None (or an empty list) empties it.

        A rule that sets what the other has told already leaves it told.

        Returns:
            What changed, or None if value, origin and sureness stay as they were.

        Raises:
            ValueError: The entry does not exist, or cannot hold the value.
        """
        declared = self.entries.get(entry)
        if declared is None:
            raise ValueError(f"there is no memory entry '{entry}'")
        value = normal(value)
        if declared.kind == "list":
            value = None if value in (None, []) else value if isinstance(value, list) else [value]
        else:
            value = single(value)
        if not fits(declared, value):
            raise ValueError(f"'{entry}' ({declared.type or declared.kind}) cannot hold {value!r}")
        old = self.cell(entry)
        differs = not same(old.value, value)
        if value is None:
            new = EMPTY
        elif differs or origin == TOLD:
            new = Cell(value, origin, cause, sure)
        else:
            new = old
        told = value is not None and origin == TOLD and (differs or old.origin != TOLD)
        if not differs and not told and new.sure == old.sure:
            return None
        if value is None:
            self.cells.pop(entry, None)
        else:
            self.cells[entry] = new
        return Change(entry, old, new, differs, told)

    def holds(self, ref: Ref, value: Json) -> bool:
        """Whether a place in memory equals a value."""
        return same(single(self.read(ref)), normal(value))

    def hear(self, miron: str, entities: Mapping[str, Json]) -> None:
        """Remember the entities of the latest act of a Miron in this visit."""
        self.heard[miron] = {slot: normal(value) for slot, value in entities.items()}

    def part(self, value: Json, name: str) -> Json:
        """A part of a value; of a list the distinct parts of its elements."""
        if isinstance(value, list):
            found: list[Json] = []
            for item in value:
                piece = self.part(item, name)
                found.extend(piece if isinstance(piece, list) else [piece])
            return distinct(found) or None
        if value is None:
            return None
        if isinstance(value, dict) and name in value:
            return value[name]
        return self._part(value, name)

    def read(self, value: Value) -> Json:
        """The value of an expression, None if anything in it is empty."""
        match value:
            case Const(constant):
                return normal(constant)
            case Ref(entry, parts):
                return self._descend(self.value(entry), parts)
            case EntityRef(miron, slot, parts):
                return self._descend(self.heard.get(miron, {}).get(slot), parts)
            case Sum(left, right, minus):
                return _sum(single(self.read(left)), single(self.read(right)), -1 if minus else 1)
            case Item(of, at):
                return _item(self.read(of), single(self.read(at)))

    def _descend(self, value: Json, parts: tuple[str, ...]) -> Json:
        for name in parts:
            value = self.part(value, name)
        return value

    def test(self, test: Test) -> bool:
        """Whether a test holds now; a comparison with an empty entry does not."""
        value = self.read(test.ref)
        known = value is not None and value != []
        match test.op:
            case Op.KNOWN:
                return known
            case Op.YES:
                return single(value) is True
            case Op.NO:
                return single(value) is False
            case Op.TOLD:
                return known and self._origin(test.ref).origin == TOLD
            case Op.UNSURE:
                return known and not self._origin(test.ref).sure
            case Op.NONE:
                return not known
            case Op.ONE:
                return known and (not isinstance(value, list) or len(value) == 1)
            case Op.SEVERAL:
                return isinstance(value, list) and len(value) > 1
        if test.operand is None:
            return False
        return _compare(test.op, single(value), single(self.read(test.operand)))

    def _origin(self, ref: Ref | EntityRef) -> Cell:
        """The cell a tested value stands in; an entity of an act was told in that act."""
        return self.cell(ref.entry) if isinstance(ref, Ref) else Cell(origin=TOLD)


def _item(value: Json, at: Json) -> Json:
    items = value if isinstance(value, list) else [] if value is None else [value]
    if not isinstance(at, int) or isinstance(at, bool) or not 1 <= abs(at) <= len(items):
        return None
    return items[at - 1 if at > 0 else at]


def _compare(op: Op, left: Json, right: Json) -> bool:
    if left is None or right is None:
        return False
    if op is Op.EQ:
        return same(left, right)
    if op is Op.NE:
        return not same(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    numbers = isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal))
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    order = (left > right) - (left < right)
    return bool({Op.LT: order < 0, Op.LE: order <= 0, Op.GT: order > 0, Op.GE: order >= 0}[op])


def _sum(left: Json, right: Json, sign: int) -> Json:
    """Numbers and durations (ms) add; times (``HH:MM``) and ISO dates move by one, two differ by one."""
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal)):
        return normal(left + sign * right)
    if isinstance(left, str) and isinstance(right, str) and sign < 0:
        minutes, other = _minutes(left), _minutes(right)
        if minutes is not None and other is not None:
            return (minutes - other) * 60_000
        day, before = _date(left), _date(right)
        return None if day is None or before is None else (day - before).days * _DAY_MS
    if isinstance(left, str) and isinstance(right, (int, Decimal)):
        minutes = _minutes(left)
        if minutes is not None:
            moved = (minutes + sign * int(right // 60_000)) % 1440
            return f"{moved // 60:02d}:{moved % 60:02d}"
        day = _date(left)
        try:
            return None if day is None else (day + timedelta(days=sign * int(right // _DAY_MS))).isoformat()
        except OverflowError:
            return None
    return None


def _minutes(text: str) -> int | None:
    hours, colon, minutes = text.partition(":")
    if not colon or not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        return None
    return int(hours) * 60 + int(minutes)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
