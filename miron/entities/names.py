"""Names of persons and companies: known ones exactly, others by what names look like.

A name is an open class, so words are also taken for a name that no lexicon holds; what keeps this from
swallowing the rest of a sentence are everyday words, which are no part of a name unless written with a
capital.
"""

from __future__ import annotations

import re
from dataclasses import replace

from miron.entities.found import EXACT, NAME, Found, Heard
from miron.entities.lexicon import MARGIN, Lexicon, Near
from miron.locales import get
from miron.words import fold

MAX_WORDS = 4
"""Words of a person's name, titles and particles not counted."""

MAX_COMPANY_WORDS = 5

UNSURE = 0.6
"""Confidence of a name that is only near a known one: below the limit of what is sure (0.8)."""

_INNER = frozenset(["and", "of", "the", "for", "und", "der", "die", "das", "fur", "&", "和"])
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_HAN_NAME = (2, 3, 4)


class NameRecogniser:
    """Finds persons, or companies."""

    def __init__(self, type_name: str, lexicon: Lexicon) -> None:
        self._type = type_name
        self._lexicon = lexicon

    def __call__(self, heard: Heard, start: int) -> list[Found]:
        """Names that begin at a word: known ones, and what looks like one."""
        at = start + (self._titles(heard, start) if self._type == "person" else 0)
        if at >= len(heard.words):
            return []
        names = self._lexicon.names(self._type, heard.locale)
        known = [Found(end, value, EXACT) for end, value in names.exact.at(heard.words, at)]
        if heard.tolerant:
            known += self._alike(heard, start, at)
        taken = {found.end for found in known}
        return known + [found for found in self._guesses(heard, start, at) if found.end not in taken]

    def settle(self, found: Found, heard: Heard, start: int) -> Found:
        """Compares a name found with the known ones: is it sure, which others may be meant, which was?"""
        value = str(found.value)
        names = self._lexicon.names(self._type, heard.locale)
        at = start + (self._titles(heard, start) if self._type == "person" else 0)
        words = [word.text for word in heard.words[at : found.end]]
        folded = " ".join(words)
        if found.weight == EXACT:
            near = names.near(folded, 100.0 - MARGIN)
            rivals = tuple(other.value for other in near if other.value != value)
            sure = heard.typed or not rivals
            return replace(found, sure=sure, rivals=rivals, confidence=1.0 if sure else 0.7)
        if len(words) == 1 and folded in names.parts:
            return found
        near = [other for other in names.near(folded) if other.value != value]
        if near:
            return _corrected(found, near, heard.typed)
        if len(words) == 1 and self._type == "person" and len(folded) > 3:
            parts = names.near_part(folded)
            if parts:
                titles = value.split()[:-1]
                return _corrected(
                    found,
                    [Near(" ".join((*titles, _cased(part.value, heard))), part.likeness) for part in parts],
                    heard.typed,
                )
        return found

    def _alike(self, heard: Heard, start: int, first: int) -> list[Found]:
        """Everyday words that are like a known name, as recognisers write them (``way chang``)."""
        data, names = get(heard.locale), self._lexicon.names(self._type, heard.locale)
        found = []
        for end in range(first + 2, min(first + MAX_WORDS, len(heard.words)) + 1):
            words = heard.words[first:end]
            if words[-1].gap:
                break
            if any(word.text in data.common for word in words):
                near = names.near(" ".join(word.text for word in words))
                said = {word.text for word in words}
                # A known name with an everyday word beside it is that name, and found without this word.
                if near and not said.issuperset(fold(near[0].value).split()):
                    found.append(Found(end, self._written(heard, start, end), NAME))
        return found

    def _titles(self, heard: Heard, start: int) -> int:
        """How many titles precede the name; a title alone is none."""
        titles, count = get(heard.locale).titles, 0
        while start + count < len(heard.words) and heard.words[start + count].text in titles:
            if count and heard.words[start + count].gap:
                break
            count += 1
        return count if start + count < len(heard.words) and not heard.words[start + count].gap else 0

    def _guesses(self, heard: Heard, start: int, first: int) -> list[Found]:
        if _HAN.match(heard.words[first].text):
            return self._han(heard, first)
        found: list[Found] = []
        at, count = first, 0
        limit = MAX_WORDS if self._type == "person" else MAX_COMPANY_WORDS
        while at < len(heard.words) and count < limit:
            word = heard.words[at]
            if at > first and word.gap:
                break
            if self._inside(heard, at, first):
                at += 1
                continue
            if not self._like_name(heard, at, first):
                break
            at, count = at + 1, count + 1
            weight = NAME if word.capital or not any(other.capital for other in heard.words) else NAME - 0.1
            found.append(Found(at, self._written(heard, start, at), weight))
        return found

    def _inside(self, heard: Heard, at: int, first: int) -> bool:
        """A word that may stand within a name but not end it: ``von``, the ``of`` of a company."""
        word = heard.words[at].text
        particles = get(heard.locale).particles
        if self._type == "company":
            return at > first and word in _INNER
        return word in particles and at + 1 < len(heard.words) and not heard.words[at + 1].gap

    def _like_name(self, heard: Heard, at: int, first: int) -> bool:
        word, data = heard.words[at], get(heard.locale)
        letters = word.text.replace("'", "")
        if _HAN.match(word.text) or len(word.text) > 80 or word.text == "'s" or word.text in data.fillers:
            return False
        if not letters.isalpha():
            return self._type == "company" and at > first and letters.isalnum()
        names = self._lexicon.names(self._type, heard.locale)
        if word.text in data.common:
            # Capitals at the beginning of a sentence say nothing, and German writes all nouns with one.
            return (word.text in names.parts and at > first) or (
                word.capital and not word.gap and at > 0 and data.name != "de" and not _shouted(heard)
            )
        if at > first and not word.capital and heard.words[first].capital and heard.words[at - 1].capital:
            return word.text in names.parts
        return True

    def _han(self, heard: Heard, first: int) -> list[Found]:
        """Chinese names: no capitals and no spaces show where they end, so all usual lengths are tried."""
        data, end = get("zh"), first
        found: list[Found] = []
        longest = max(map(len, data.titles)) + max(_HAN_NAME)
        while end < len(heard.words) and end - first < longest:
            word = heard.words[end]
            if not _HAN.match(word.text) or (end > first and word.gap) or word.text in data.common:
                break
            end += 1
            said = heard.said(first, end)
            title = next((title for title in data.titles if said.endswith(title) and said != title), "")
            size = end - first - len(title)
            if size not in _HAN_NAME and not (title and size == 1):
                continue
            # Two or three characters after a known family name are a name; others only perhaps.
            likely = heard.words[first].text in data.surnames and size < max(_HAN_NAME)
            found.append(Found(end, said, NAME if likely else NAME - 0.25))
        return found

    def _written(self, heard: Heard, start: int, end: int) -> str:
        """The name as it is written: titles in their usual form, capitals where the words had none."""
        data = get(heard.locale)
        first = start + (self._titles(heard, start) if self._type == "person" else 0)
        said = re.sub(r"\s+", " ", heard.said(first, end)).strip()
        if said == said.lower() or (said == said.upper() and _shouted(heard)):
            said = " ".join(
                part.lower() if fold(part) in data.particles and index else capitalised(part)
                for index, part in enumerate(said.split())
            )
        titles = [data.titles[word.text] for word in heard.words[start:first]]
        return " ".join((*titles, said))


def capitalised(word: str) -> str:
    """``o'brien-smith`` → ``O'Brien-Smith``, ``mcdonald`` → ``McDonald``."""
    parts = re.split(r"([-'’])", word.lower())
    written = "".join(part[:1].upper() + part[1:] for part in parts)
    return re.sub(r"\bMc([a-z])", lambda match: "Mc" + match[1].upper(), written)


def _cased(part: str, heard: Heard) -> str:
    return part.lower() if part in get(heard.locale).particles else capitalised(part)


def _shouted(heard: Heard) -> bool:
    return heard.text == heard.text.upper()


def _corrected(found: Found, near: list[Near], typed: bool) -> Found:
    """A name near a known one: the known one is meant, but it is worth asking; typed words stay as they
    are.
    """
    close = tuple(other.value for other in near if other.likeness >= near[0].likeness - MARGIN)
    if typed:
        return replace(found, rivals=close)
    return replace(
        found,
        value=close[0],
        sure=False,
        confidence=UNSURE * near[0].likeness / 100,
        rivals=(*close[1:], str(found.value)),
    )
