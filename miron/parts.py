"""Parts of values: the first name of a person, the hour of a time, the field of a record."""

from __future__ import annotations

import re
from functools import lru_cache

from miron.locales import get
from miron.model import EntityType, Value
from miron.words import fold

_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"])
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_LONG_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "歐陽",
        "諸葛",
    ]
)
_LOCALES = ("en", "de", "zh")


@lru_cache(maxsize=4096)
def person_parts(name: str) -> tuple[str, str, str]:
    """Title, first name and last name of a person; an empty text for what the name does not hold.

    One word is a first name, after a title a last name. Particles belong to the last name; ``Last, First``
    and Chinese order are understood.
    """
    text = " ".join(name.split())
    han = _HAN.fullmatch(text.replace(" ", "").replace("·", ""))
    if han:
        return _chinese(text.replace(" ", ""))
    last_first = re.fullmatch(r"([^,]+), *([^,]+)", text)
    if last_first and fold(last_first[2]).rstrip(".") not in _SUFFIXES:
        text = f"{last_first[2]} {last_first[1]}"
    words = [word.strip(",") for word in text.split()]
    titles: list[str] = []
    while words and fold(words[0]).rstrip(".") in _titles():
        titles.append(words.pop(0))
    while len(words) > 1 and fold(words[-1]).replace(".", "") in _SUFFIXES:
        words.pop()
    title = " ".join(titles)
    if len(words) <= 1:
        only = words[0] if words else ""
        return (title, "", only) if title else ("", only, "")
    start = len(words) - 1
    while start > 1 and fold(words[start - 1]) in _particles() and words[start - 1][0].islower():
        start -= 1
    if fold(words[0]) in _particles() and words[0][0].islower():
        start = 0
    return title, " ".join(words[:start]), " ".join(words[start:])


def part(type_name: str, value: Value, name: str, types: dict[str, EntityType] | None = None) -> Value | None:
    """A part of a value, or None when the value has none of that name.

    Persons have ``first``, ``last``, ``title``; times ``hour``, ``minute``; dates ``year``, ``month``,
    ``day``; records their fields. A part of a list is the list of its distinct parts; a list of one stands
    for its element.
    """
    if isinstance(value, list):
        element = type_name.removeprefix("list of ")
        parts: list[Value] = []
        for item in value:
            found = part(element, item, name, types)
            if found is not None and found not in parts:
                parts.append(found)
        return parts[0] if len(parts) == 1 else parts or None
    if isinstance(value, dict):
        field: Value | None = value.get(name)
        return field
    if not isinstance(value, str):
        return None
    if type_name == "person":
        found_part = dict(zip(("title", "first", "last"), person_parts(value), strict=True)).get(name)
        return found_part or None
    pattern = {"time": r"(?P<hour>\d+):(?P<minute>\d+)", "date": r"(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)"}
    match = re.fullmatch(pattern[type_name], value) if type_name in pattern else None
    return int(match[name]) if match and name in match.groupdict() else None


def part_type(type_name: str, name: str, types: dict[str, EntityType]) -> str:
    """The type of a part."""
    element = type_name.removeprefix("list of ")
    entity = types.get(element)
    if entity is not None and name in entity.fields:
        return entity.fields[name]
    return "number" if element in ("time", "date") else "text"


def _chinese(text: str) -> tuple[str, str, str]:
    title = next((suffix for suffix in get("zh").titles if text.endswith(suffix)), "")
    bare = text.removesuffix(title)
    if "·" in bare:
        first, _, last = bare.partition("·")
        return title, first, last
    size = 2 if bare[:2] in _LONG_SURNAMES and len(bare) > 2 else 1
    if title and len(bare) <= size:
        return title, "", bare
    return title, bare[size:], bare[:size]


@lru_cache(maxsize=1)
def _titles() -> frozenset[str]:
    return frozenset(title for locale in _LOCALES for title in get(locale).titles)


@lru_cache(maxsize=1)
def _particles() -> frozenset[str]:
    return frozenset(word for locale in _LOCALES for word in get(locale).particles)
