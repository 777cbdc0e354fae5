"""Variants of sentences: every case of every language, none that says nothing, not too many."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.check_texts import all_texts, references, template
from dsl.checking import Checking
from dsl.tree import MironDecl, Text
from miron.source import Note
from miron.template import RuleRef, Template, count

MAX_SENTENCES = 1_000_000
"""Sentences of one template; beyond, understanding and training take long for words nobody says."""


def check_variants(checking: Checking) -> None:
    """Report phrases and values a language lacks, and templates that make too many sentences."""
    _check_values(checking)
    _check_phrases(checking)
    _check_numbers(checking)


def _locales(checking: Checking) -> tuple[str, ...]:
    dialogue = checking.view.world.tree.dialogue
    return (dialogue or checking.view.owner).locales


def _check_values(checking: Checking) -> None:
    """A value with sentences in one language and none in another is never understood there."""
    for decl in checking.view.owner.types.values():
        for value, by_locale in decl.values.items():
            missing = [locale for locale in _locales(checking) if not by_locale.get(locale)]
            if missing and any(by_locale.values()):  # with none at all it is a value nobody speaks of
                message = f"the value '{value}' of '{decl.name}' has no sentence in {', '.join(missing)}"
                checking.warn("missing-sentence", message, decl.name.span)


def _check_phrases(checking: Checking) -> None:
    """A phrase used in a language in which it has no words: the sentence around it says nothing there."""
    phrases = checking.view.owner.phrases
    used: dict[tuple[str, str], Text] = {}
    for decl in checking.view.owner.mirons.values():
        for locale, texts in _by_locale(decl):
            for text in texts:
                for node in references(text):
                    if isinstance(node, RuleRef) and node.name in phrases:
                        used.setdefault((node.name, locale), text)
    for (name, locale), text in used.items():
        if not phrases[name].get(locale):
            message = f"the phrase '<{name}>' has no words in {locale}, so this sentence has none"
            where = next((texts[0].span for texts in phrases[name].values() if texts), None)
            checking.warn("missing-phrase", message, text.span, [Note(f"'{name}' is declared here", where)])


def _by_locale(decl: MironDecl) -> Iterator[tuple[str, tuple[Text, ...]]]:
    for locale, forms in decl.forms.items():
        yield locale, tuple(all_texts(forms))


def _check_numbers(checking: Checking) -> None:
    phrases: dict[str, dict[str, Template]] = {}
    for decl in checking.view.owner.mirons.values():
        for locale, texts in _by_locale(decl):
            if locale not in phrases:
                phrases[locale] = _phrases(checking, locale)
            for text in texts:
                parsed = template(text)
                if parsed is not None and count(parsed, phrases[locale]) > MAX_SENTENCES:
                    message = f"this makes more than {MAX_SENTENCES:,} sentences"
                    note = Note("most of them nobody says; several shorter lines are understood faster")
                    checking.warn("too-many-sentences", message, text.span, [note])


def _phrases(checking: Checking, locale: str) -> dict[str, Template]:
    """The phrases of a language that hold no others; the rest counts as one."""
    return {
        name: parsed
        for name, by_locale in checking.view.owner.phrases.items()
        for phrase in by_locale.get(locale, ())
        if (parsed := template(phrase)) is not None
        and not any(isinstance(node, RuleRef) for node in references(phrase))
    }


__all__ = ["check_variants"]
