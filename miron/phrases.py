"""What other parts derive from the sentences: the recogniser's grammar and suggestions for the screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from miron.entities import Lexicon
from miron.generate import tidy
from miron.locales import get
from miron.model import EntityType, Miron
from miron.template import Leaf, Mark, RuleRef, SlotRef, Template, Text, count, expand
from miron.wordgraph import WordGraph, WordGraphBuilder
from miron.words import words_of

MAX_VARIANTS = 200
"""Variants of one sentence that go into a recogniser's phrase list."""

MAX_VALUES = 200
"""Known values of one type that go into a grammar."""


class Phrases:
    """Derives grammars and suggestions from Mirons.

    Args:
        lexicon: Live values that can be spoken in slots.
    """

    def __init__(
        self,
        mirons: Iterable[Miron],
        types: Mapping[str, EntityType] | None = None,
        phrases: Mapping[str, Mapping[str, Template]] | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        self._mirons = {miron.name: miron for miron in mirons if miron.channel == "speech"}
        self._types = dict(types or {})
        self._phrases = dict(phrases or {})
        self._lexicon = lexicon or Lexicon()

    def spoken(self, names: Sequence[str], locale: str) -> list[str]:
        """Word sequences for a recogniser's phrase list, lower case, for the Mirons named.

        Slots of closed types are filled with their known values; a sentence with an open slot without known
        values gives its pieces, so that its words are in the list at least. ``[unk]`` is for the caller to
        add.
        """
        found: dict[str, None] = {}
        for variant, miron in self._variants(names, locale):
            for text in self._filled(variant, miron, locale):
                words = _spoken(text)
                if words:
                    found[words] = None
        return list(found)

    def graph(
        self,
        names: Sequence[str],
        locale: str,
        *,
        alone: Sequence[str] = (),
        known: Mapping[str, Sequence[str]] | None = None,
    ) -> WordGraph:
        """The same as a graph, for recognisers that can be bound to one.

        Args:
            names: Mirons that may be heard.
            locale: Language of their sentences.
            alone: Types whose bare value is an answer too.
            known: What may be said for types that have no values of their own here, such as times.
        """
        values: dict[str, tuple[str, ...]] = {}

        def fill(kind: str) -> str | None:
            if kind not in values:
                own = self._values_of(kind, locale) or (known or {}).get(kind, ())
                values[kind] = tuple(dict.fromkeys(filter(None, map(_spoken, own))))
            return kind if values[kind] else None

        miron: Miron | None = None
        builder = WordGraphBuilder(
            self._phrases.get(locale, {}), lambda slot: fill(self._type(slot, miron)) if miron else None
        )
        for name in names:
            miron = self._mirons.get(name)
            forms = miron.forms.get(locale) if miron else None
            for template in (*forms.both, *forms.heard) if forms else ():
                builder.add(template)
        for kind in alone:
            if fill(kind):
                builder.add_value(kind)
        return builder.graph(values)

    def suggestions(self, names: Sequence[str], locale: str, most: int = 3) -> list[str]:
        """Examples of what can be said now, one a Miron, slots as ``…``, in the order of the names."""
        found: dict[str, None] = {}
        for name in names:
            for variant, _ in self._variants([name], locale):
                text = tidy("".join(_shown(leaf) for leaf in variant))
                if text.strip("… "):
                    found[text] = None
                    break
        return list(found)[:most]

    def _variants(self, names: Sequence[str], locale: str) -> Iterator[tuple[tuple[Leaf, ...], Miron]]:
        phrases = self._phrases.get(locale, {})
        for name in names:
            miron = self._mirons.get(name)
            forms = miron.forms.get(locale) if miron else None
            if miron is None or forms is None:
                continue
            for template in (*forms.both, *forms.heard):
                # Of a sentence with very many variants the first and fullest stand for all.
                size = MAX_VARIANTS if count(template, phrases) > MAX_VARIANTS else None
                for variant in islice(expand(template, phrases), size):
                    yield variant, miron

    def _filled(self, variant: tuple[Leaf, ...], miron: Miron, locale: str) -> list[str]:
        """The texts of a variant, one for each value of its first slot with known values."""
        options: list[list[str]] = []
        for leaf in variant:
            if isinstance(leaf, SlotRef):
                options.append(self._values(leaf, miron, locale))
            elif isinstance(leaf, Text):
                options.append([leaf.text])
        if any(not values for values in options):
            return [" ".join(values) for values in options if len(values) == 1]
        texts = [""]
        for values in options:
            texts = [text + value for text in texts for value in values][:MAX_VALUES]
        return texts

    def _type(self, ref: SlotRef, miron: Miron) -> str:
        slot = miron.slots.get(ref.name)
        return ref.type or (slot.type if slot else "")

    def _values(self, ref: SlotRef, miron: Miron, locale: str) -> list[str]:
        return self._values_of(self._type(ref, miron), locale)

    def _values_of(self, type_name: str, locale: str) -> list[str]:
        entity = self._types.get(type_name)
        if entity is not None and entity.kind == "choice":
            return self._choices(entity, locale)
        if type_name == "flag":
            data = get(locale)
            return [*data.yes, *data.no]
        return list(self._lexicon.values(type_name)[:MAX_VALUES])

    def _choices(self, entity: EntityType, locale: str) -> list[str]:
        phrases = self._phrases.get(locale, {})
        found: list[str] = []
        for value, sentences in entity.values.items():
            templates = sentences.get(locale, ())
            if not templates:
                found.append(value.replace("_", " "))
            for template in templates:
                for variant in islice(expand(template, phrases), MAX_VALUES):
                    found.append("".join(leaf.text for leaf in variant if isinstance(leaf, Text)))
        return found[:MAX_VALUES]


def _spoken(text: str) -> str:
    """The words of a text as a recogniser writes them: lower case, no punctuation."""
    words = words_of(text, "und")
    return " ".join(text[word.start : word.end].lower().replace("’", "'") for word in words)


def _shown(leaf: Leaf) -> str:
    match leaf:
        case Text():
            return leaf.text
        case SlotRef():
            return "…"
        case Mark() | RuleRef():
            return ""
