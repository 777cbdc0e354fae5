"""Values as words: how each type is said by default, and the filters an author may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from miron.locales import get
from miron.model import EntityType, Value
from miron.parts import part
from miron.template import Template, Text, expand

_OFFICE = range(7, 19)
"""Hours that are said without the half of the day; what is heard without one is read the same way."""

_ZH_DIGITS = "零一二三四五六七八九"
_DE_WRITTEN = (("funf", "fünf"), ("zwolf", "zwölf"), ("dreissig", "dreißig"))


@dataclass(frozen=True, slots=True)
class Speaker:
    """What rendering needs to know.

    Attributes:
        types: Declared types by name.
        phrases: Phrases of the locale.
    """

    locale: str
    types: Mapping[str, EntityType]
    phrases: Mapping[str, Template]

    def plain(self, value: Value, type_name: str) -> str:
        """A value as it is said without a filter."""
        if isinstance(value, bool):
            data = get(self.locale)
            return data.yes[0] if value else data.no[0]
        if isinstance(value, list):
            element = type_name.removeprefix("list of ")
            entity = self.types.get(type_name)
            if entity is not None and entity.kind == "list":
                element = entity.element
            return joined([self.plain(item, element) for item in value], self.locale)
        if isinstance(value, dict):
            return joined([self.plain(item, "text") for item in value.values()], self.locale)
        if type_name == "duration" and isinstance(value, int):
            return duration(value, self.locale)
        if type_name == "ordinal" and isinstance(value, int):
            return ordinal(value, self.locale)
        if type_name == "date" and isinstance(value, str):
            return date(value, self.locale)
        entity = self.types.get(type_name)
        if entity is not None and entity.kind == "choice" and isinstance(value, str):
            return self._choice(entity, value)
        return str(value)

    def filtered(self, value: Value, type_name: str, filters: tuple[str, ...]) -> str:
        """A value through filters; empty when a filter finds nothing to say.

        Raises:
            KeyError: A filter of that name does not exist.
        """
        for name in filters:
            value = FILTERS[name](value, type_name, self)
            type_name = "text"
        return self.plain(value, type_name)

    def _choice(self, entity: EntityType, value: str) -> str:
        sentences = entity.values.get(value, {}).get(self.locale, ())
        for sentence in sentences:
            for leaves in islice(expand(sentence, self.phrases), 1):
                return " ".join("".join(leaf.text for leaf in leaves if isinstance(leaf, Text)).split())
        return value.replace("_", " ")


Filter = Callable[[Value, str, Speaker], Value]


def joined(items: list[str], locale: str) -> str:
    """``a, b and c``."""
    data = get(locale)
    if len(items) <= 1:
        return "".join(items)
    return data.comma.join(items[:-1]) + data.and_word + items[-1]


def number_words(number: int, locale: str) -> str:
    """A number from 0 to 99 in words."""
    data = get(locale)
    if data.name == "zh":
        tens, unit = divmod(number, 10)
        head = ("" if tens == 1 else _ZH_DIGITS[tens]) + "十" if tens else ""
        return head + (_ZH_DIGITS[unit] if unit or not tens else "")
    words = _words_of_numbers(data.name)
    if number in words:
        return words[number]
    tens, unit = divmod(number, 10)
    if 10 * tens in words and unit in words:
        return f"{words[10 * tens]}-{words[unit]}"
    return str(number)


@lru_cache(maxsize=8)
def _words_of_numbers(locale: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for word, number in get(locale).numbers.items():
        written = word
        if locale == "de":
            for folded, spelt in _DE_WRITTEN:
                written = written.replace(folded, spelt)
        found.setdefault(number, written)
    return found


def clock(value: str, locale: str) -> str:
    """A time as people say it: ``half past ten``, ``halb elf``, ``十点半``."""
    hour, minute = (int(field) for field in value.split(":")[:2])
    name = get(locale).name
    if name == "zh":
        return _clock_zh(hour, minute)
    if name == "de":
        return _clock_de(hour, minute)
    if name == "en":
        return _clock_en(hour, minute)
    return value


def _clock_en(hour: int, minute: int) -> str:
    if (hour, minute) == (0, 0):
        return "midnight"
    here, there = number_words(hour % 12 or 12, "en"), number_words((hour + 1) % 12 or 12, "en")
    half = "" if hour in _OFFICE else " in the morning" if hour < 12 else " in the evening"
    if minute in (15, 30):
        return f"{'quarter' if minute == 15 else 'half'} past {here}{half}"
    if minute == 45:
        return f"quarter to {there}{half}"
    minutes = "o'clock" if not minute else number_words(minute, "en")
    return f"{here} {'oh ' if 0 < minute < 10 else ''}{minutes}{half}"


def _clock_de(hour: int, minute: int) -> str:
    if (hour, minute) == (0, 0):
        return "Mitternacht"
    here, there = number_words(hour % 12 or 12, "de"), number_words((hour + 1) % 12 or 12, "de")
    half = "" if hour in _OFFICE else " morgens" if hour < 12 else " abends"
    if minute == 15:
        return f"Viertel nach {here}{half}"
    if minute in (30, 45):
        return f"{'halb' if minute == 30 else 'Viertel vor'} {there}{half}"
    o_clock = "ein" if here == "eins" else here
    return f"{o_clock} Uhr{' ' + number_words(minute, 'de') if minute else ''}{half}"


def _clock_zh(hour: int, minute: int) -> str:
    half = "凌晨" if hour < 7 else "" if hour < 13 else "下午" if hour < 19 else "晚上"
    shown = hour if hour == 12 else hour % 12
    spoken = "两" if shown == 2 else number_words(shown or 12, "zh")
    minutes = {0: "", 15: "一刻", 30: "半", 45: "三刻"}.get(minute)
    if minutes is None:
        minutes = ("零" if minute < 10 else "") + number_words(minute, "zh") + "分"
    return f"{half}{spoken}点{minutes}"


def date(value: str, locale: str) -> str:
    """A date in words: ``23 November 2026``, ``23. November 2026``, ``2026年11月23日``."""
    year, month, day = (int(field) for field in value.split("-"))
    data = get(locale)
    if data.name == "zh":
        return f"{year}年{month}月{day}日"
    if not data.month_names:
        return value
    return f"{day}{'.' if data.name == 'de' else ''} {data.month_names[month - 1]} {year}"


def day(value: str, locale: str) -> str:
    """The day of the week of a date."""
    import datetime

    names = get(locale).weekday_names
    return names[datetime.date.fromisoformat(value).weekday()] if names else value


def ordinal(value: int, locale: str) -> str:
    """``23rd``, ``23.``, ``第23``."""
    name = get(locale).name
    if name == "zh":
        return f"第{value}"
    if name == "en":
        suffix = "th" if value // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{value}{suffix}"
    return f"{value}."


_UNITS = {
    "en": (("hour", "hours"), ("minute", "minutes"), ("second", "seconds"), ("millisecond", "milliseconds")),
    "de": (("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden"), ("Millisekunde",) * 2),
    "zh": (("小时",) * 2, ("分钟",) * 2, ("秒",) * 2, ("毫秒",) * 2),
}


def duration(value: int, locale: str) -> str:
    """A length of time: ``1 hour and 20 minutes``."""
    name = get(locale).name
    units = _UNITS.get(name, _UNITS["en"])
    said: list[str] = []
    rest = value
    for size, (one, many) in zip((3_600_000, 60_000, 1000, 1), units, strict=True):
        amount, rest = divmod(rest, size)
        if amount or (size == 1 and not said):
            said.append(f"{amount}{'' if name == 'zh' else ' '}{one if amount == 1 else many}")
    return "".join(said) if name == "zh" else joined(said, locale)


def _named_part(name: str) -> Filter:
    def of(value: Value, type_name: str, speaker: Speaker) -> Value:
        found = part(type_name, value, name, dict(speaker.types))
        if found is None and type_name == "text" and isinstance(value, str):
            found = part("person", value, name)
        return "" if found is None else found

    return of


def _title(value: Value, type_name: str, speaker: Speaker) -> Value:
    if type_name == "person":
        return _named_part("title")(value, type_name, speaker)
    return speaker.plain(value, type_name).title()


def _on_text(change: Callable[[str], str]) -> Filter:
    return lambda value, type_name, speaker: change(speaker.plain(value, type_name))


def _on_value(change: Callable[[str, str], str]) -> Filter:
    def apply(value: Value, type_name: str, speaker: Speaker) -> Value:
        try:
            return change(str(value), speaker.locale)
        except ValueError:
            return str(value)  # not a time or date after all: say what there is

    return apply


def _count(value: Value, type_name: str, speaker: Speaker) -> Value:
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | Decimal) else 1


def _list(value: Value, type_name: str, speaker: Speaker) -> Value:
    return speaker.plain(value if isinstance(value, list) else [value], type_name)


FILTERS: Mapping[str, Filter] = {
    "clock": _on_value(clock),
    "date": _on_value(date),
    "day": _on_value(day),
    "first": _named_part("first"),
    "last": _named_part("last"),
    "title": _title,
    "lower": _on_text(str.lower),
    "upper": _on_text(str.upper),
    "spell": _on_text(lambda text: " ".join(char.upper() for char in text if not char.isspace())),
    "count": _count,
    "list": _list,
}
"""Filters of ``{value|filter}`` and of Jinja lines, by name."""
