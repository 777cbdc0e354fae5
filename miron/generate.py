"""From a Miron and values to a sentence.

Of all variants that can be said, those count that use the most of the values present; among them the caller
chooses. Values are data: they are put in last and never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from miron.check import check_phrases
from miron.model import EntityType, Forms, Miron, Value
from miron.parts import part, part_type
from miron.render import FILTERS, Speaker
from miron.template import (
    Alternative,
    Mark,
    Node,
    Permutation,
    RuleRef,
    SlotRef,
    Template,
    Text,
)
from miron.template import Sequence as Row
from miron.variants import Planner
from miron.words import words_of

_VALUE, _MARK = "\x00", "\x01"  # control characters cannot stand in a template
_CJK = "\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff65"


class NothingToSay(Exception):
    """A Miron has no sentence that can be said with the values present."""

    def __init__(self, miron: str, locale: str, missing: tuple[str, ...]) -> None:
        self.miron, self.locale, self.missing = miron, locale, missing
        reason = f"; missing: {', '.join(missing)}" if missing else ""
        super().__init__(f"nothing to say for '{miron}' in '{locale}'{reason}")

    def __reduce__(self) -> tuple[type[NothingToSay], tuple[str, str, tuple[str, ...]]]:
        return type(self), (self.miron, self.locale, self.missing)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence to be said.

    Attributes:
        locale: The language it is in (another than asked for where that has no sentence).
        variant: Which of the variants that use these values it is, from 0.
        marks: (character offset, channel, Miron) of what is done at a word; offsets do not fall.
        words: (start, end) of each word in the text; of unspaced scripts each character.
    """

    text: str
    locale: str
    variant: int
    marks: tuple[tuple[int, str, str], ...] = ()
    words: tuple[tuple[int, int], ...] = ()


class Generator:
    """Says Mirons.

    Args:
        mirons: What can be said.
        types: Declared entity types by name.
        phrases: Locale → phrase name → template.
        locales: Languages, the usual one first; also the order of falling back.

    Raises:
        ModelError: A phrase is missing or stands within itself.
    """

    def __init__(
        self,
        mirons: Iterable[Miron],
        types: Mapping[str, EntityType] | None = None,
        phrases: Mapping[str, Mapping[str, Template]] | None = None,
        locales: Sequence[str] = ("en",),
    ) -> None:
        self._mirons = {miron.name: miron for miron in mirons}
        self._types = dict(types or {})
        self._phrases = dict(phrases or {})
        self._locales = tuple(locales) or ("en",)
        for locale in self._locales:
            check_phrases(self._said_templates(locale), self._phrases.get(locale, {}))

    def say(
        self,
        miron: str,
        values: Mapping[str, Value | None],
        *,
        locale: str,
        choose: Callable[[str, int], int],
    ) -> Utterance:
        """One sentence of a Miron.

        Args:
            values: Slot name → value; absent or None: not known. Parts (``visitor.name.first``) need no
                entry.
            choose: Given the Miron's name and n, a number below n: which of n variants; 0 is the fullest.

        Raises:
            KeyError: No Miron has that name.
            NothingToSay: Every sentence needs a value that is absent.
        """
        meant = self._mirons[miron]
        missing: dict[str, None] = {}
        for spoken in self._order(locale):
            forms = meant.forms.get(spoken)
            if forms is None:
                continue
            scope = _Scope(meant, values, self._types, self._speaker(spoken))
            found = self._variants(forms, scope)
            if found:
                most = max(variant.filled for variant in found)
                return _chosen(miron, [variant for variant in found if variant.filled == most], choose, scope)
            missing |= dict.fromkeys(scope.missing)
        raise NothingToSay(miron, locale, tuple(missing))

    def label(self, miron: str, locale: str) -> str:
        """Words for the button of a Miron: its label, else its shortest sentence; its name if it has none."""
        meant = self._mirons[miron]
        for spoken in self._order(locale):
            forms = meant.forms.get(spoken)
            if forms is None:
                continue
            if forms.label:
                return forms.label
            phrases = self._phrases.get(spoken, {})
            templates = (*forms.both, *forms.heard, *forms.said)
            texts = [text for template in templates if (text := _shortest(template, phrases))]
            if texts:
                return min(texts, key=len)
        return miron.replace("_", " ")

    def _order(self, locale: str) -> Iterator[str]:
        base = locale.split("-")[0]
        yield from dict.fromkeys((locale, base, *self._locales))

    def _speaker(self, locale: str) -> Speaker:
        return Speaker(locale, self._types, self._phrases.get(locale, {}))

    def _said_templates(self, locale: str) -> list[Template]:
        return [
            template
            for miron in self._mirons.values()
            if (forms := miron.forms.get(locale)) is not None
            for template in (*forms.both, *forms.said)
        ]

    def _variants(self, forms: Forms, scope: _Scope) -> list[_Variants]:
        found: list[_Variants] = []
        for template in (*forms.both, *forms.said):
            planner = Planner(scope.said, scope.speaker.phrases)
            counts = planner.counts(template.root)
            if counts:
                most = max(counts)
                found.append(_Variants(most, counts[most], template, planner))
        if forms.jinja:
            from miron.jinja_forms import rendered

            for source in forms.jinja:
                result = rendered(source, scope.lookup, scope.speaker, scope.names)
                if result is not None:
                    found.append(_Variants(result[1], 1, text=result[0]))
        return found


@dataclass(frozen=True, slots=True)
class _Variants:
    """The variants of one sentence that use the most values."""

    filled: int
    count: int
    template: Template | None = None
    planner: Planner | None = None
    text: str = ""


def _chosen(
    miron: str, found: list[_Variants], choose: Callable[[str, int], int], scope: _Scope
) -> Utterance:
    total = sum(variants.count for variants in found)
    index = choose(miron, total) if total > 1 else 0
    if not 0 <= index < total:
        raise ValueError(f"choose gave {index} of {total} variants")
    variant = index
    for variants in found:
        if index < variants.count:
            break
        index -= variants.count
    if variants.template is None or variants.planner is None:
        return _utterance(variants.text, [], [], scope.speaker.locale, variant)
    leaves = variants.planner.variant(variants.template.root, variants.filled, index)
    pieces: list[str] = []
    values: list[str] = []
    marks: list[Mark] = []
    for leaf in leaves:
        match leaf:
            case Text():
                pieces.append(leaf.text)
            case SlotRef():
                pieces.append(_VALUE)
                values.append(scope.said(leaf) or "")
            case Mark():
                pieces.append(_MARK)
                marks.append(leaf)
            case RuleRef():
                raise AssertionError(f"phrase {leaf.name} was not resolved")
    return _utterance(tidy("".join(pieces)), values, marks, scope.speaker.locale, variant)


def _utterance(text: str, values: list[str], marks: list[Mark], locale: str, variant: int) -> Utterance:
    said: list[str] = []
    length = 0
    placed: list[tuple[int, str, str]] = []
    fill, done = iter(values), iter(marks)
    for piece in re.split(f"([{_VALUE}{_MARK}])", text) if values or marks else [text]:
        if piece == _MARK:
            mark = next(done)
            placed.append((length, mark.channel, mark.name))
            continue
        said.append(next(fill) if piece == _VALUE else piece)
        length += len(said[-1])
    sentence = "".join(said)
    places = dict.fromkeys((word.start, word.end) for word in words_of(sentence, locale))
    return Utterance(sentence, locale, variant, tuple(placed), tuple(places))


def tidy(text: str) -> str:
    """Spaces and punctuation put right where an optional part was left out."""
    marks = f"[{_MARK} ]*"
    text = re.sub(r"\s+", " ", text)
    text = re.sub(
        rf"([,;:、，]){marks}(?=[.!?,;:。！？、，；])", lambda match: match[0][1:].replace(" ", ""), text
    )
    text = re.sub(r" +(?=[.,!?;:。，、！？；：)\]）])", "", text)
    text = re.sub(r"(?<=[(\[（]) +", "", text)
    text = re.sub(rf"(?<=[{_CJK}]) +(?=[{_CJK}])", "", text)
    text = re.sub(rf"^({_MARK}*)[ ,;:.、，。]+(?=.*\w)", r"\1", text) if not text.startswith("...") else text
    text = re.sub(rf" ({_MARK}+) ", r" \1", text)
    return text.strip(" ")


class _Scope:
    """The values of one say."""

    def __init__(
        self,
        miron: Miron,
        values: Mapping[str, Value | None],
        types: dict[str, EntityType],
        speaker: Speaker,
    ) -> None:
        self._miron = miron
        self._values = values
        self._types = types
        self.speaker = speaker
        self.missing: list[str] = []
        self._said: dict[SlotRef, str | None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Slot names that may have a value."""
        return tuple(dict.fromkeys((*self._miron.slots, *self._values)))

    def said(self, ref: SlotRef) -> str | None:
        """The words for a slot; None when it has no value."""
        if ref not in self._said:
            found = self.lookup(ref.name, ref.type)
            if found is None or any(name not in FILTERS for name in ref.filters):
                self._said[ref] = None
            else:
                self._said[ref] = self.speaker.filtered(*found, ref.filters) or None
            if self._said[ref] is None:
                self.missing.append(ref.name)
        return self._said[ref]

    def lookup(self, name: str, written_type: str = "") -> tuple[Value, str] | None:
        """The value of a slot, or of a part of one, and its type; None when absent."""
        head = name
        parts: list[str] = []
        while head not in self._values and "." in head:
            head, _, last = head.rpartition(".")
            parts.insert(0, last)
        value = self._values.get(head)
        if value is None or value == "" or value == []:
            return None
        slot = self._miron.slots.get(head) or self._miron.slots.get(name)
        type_name = written_type or (slot.type if slot else "text")
        if not written_type and slot is None and isinstance(value, str) and parts:
            type_name = "person"  # only persons among texts have parts
        for name_of_part in parts:
            found = part(type_name, value, name_of_part, self._types)
            if found is None:
                return None
            type_name = part_type(type_name, name_of_part, self._types)
            value = found
        if isinstance(value, list) and len(value) == 1 and not type_name.startswith("list of "):
            value = value[0]
        return value, type_name


def _shortest(template: Template, phrases: Mapping[str, Template]) -> str:
    """The shortest variant; a slot is shown as an ellipsis."""

    def shortest(node: Node) -> str:
        match node:
            case Text():
                return node.text
            case SlotRef():
                return "…"
            case Row():
                return "".join(shortest(item) for item in node.items)
            case Alternative():
                return min((shortest(item) for item in node.items), key=len)
            case Permutation():
                return " ".join(shortest(item) for item in node.items)
            case RuleRef() if node.name in phrases:
                return shortest(phrases[node.name].root)
            case _:
                return ""

    return tidy(shortest(template.root))
