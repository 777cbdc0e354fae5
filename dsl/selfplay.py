"""Self-play: simulated visitors of a dialogue, who say what it hears. Does every visit end?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dsl.compiler import Compiled
from dsl.fixtures import read_fixture
from dsl.language import MironLanguage
from dsl.testing import START, Application
from engine.chance import Chance
from engine.events import Assert
from engine.network import Network
from engine.roles import SwappedRun
from engine.session import Session
from engine.virtual import VirtualRun, no_services
from engine.visitor import Habits, SimulatedVisitor, Visit
from miron.generate import Generator, NothingToSay
from miron.learn.typical import typical
from miron.model import Miron, Slot, Value


class OtherVoice:
    """Says what a dialogue hears: :class:`engine.visitor.Voice`.

    Args:
        compiled: The dialogue.
        lexicons: Values known by type; the visitor mostly gives these, sometimes others.
        wishes: Values by slot that this visitor has come with and mostly gives.
    """

    def __init__(
        self,
        compiled: Compiled,
        lexicons: Mapping[str, Sequence[str]] | None = None,
        wishes: Mapping[str, Value] | None = None,
    ) -> None:
        self._wishes = dict(wishes or {})
        self._types = compiled.types
        self._locales = compiled.locales
        self._lexicons = {name: tuple(values) for name, values in (lexicons or {}).items()}
        self._mirons = {
            miron.name: _swapped(miron)
            for miron in compiled.mirons
            if miron.name in compiled.heard and miron.channel == "speech"
        }
        self._generator = Generator(self._mirons.values(), compiled.types, compiled.phrases, compiled.locales)

    def express(self, miron: str, locale: str, chance: Chance) -> str | None:
        """A sentence with values for some of its slots, or None if there is none."""
        meant = self._mirons.get(miron)
        if meant is None or not meant.forms:
            return None
        values = {
            slot.name: self._wish(slot, locale, chance)
            for slot in meant.slots.values()
            if chance.happens("slot", 70)
        }
        for given in (
            values,
            {slot.name: self._wish(slot, locale, chance) for slot in meant.slots.values()},
        ):
            try:
                said = self._generator.say(miron, given, locale=locale, choose=chance.below)
            except NothingToSay:
                continue
            return said.text
        return None

    def _wish(self, slot: Slot, locale: str, chance: Chance) -> Value | None:
        if slot.name in self._wishes and not chance.happens("slip", 10):
            return self._wishes[slot.name]
        return self._value(slot.type, locale, chance)

    def _value(self, kind: str, locale: str, chance: Chance) -> Value | None:
        element = kind.removeprefix("list of ")
        declared = self._types.get(element)
        known: Sequence[Value] = self._lexicons.get(element, ())
        if declared is not None and declared.kind == "choice":
            known = tuple(declared.values)
        elif element == "flag":
            known = (True, False)
        elif not known or chance.happens("stranger", 15):
            known = typical(element, locale)
        return known[chance.below(f"value {element}", len(known))]


def _swapped(miron: Miron) -> Miron:
    """What is only heard is said and the other way round."""
    forms = {
        locale: replace(form, heard=form.said, said=form.heard, jinja=())
        for locale, form in miron.forms.items()
    }
    return replace(miron, forms=forms)


@dataclass(frozen=True, slots=True)
class SelfPlay:
    """Visits of simulated visitors to one dialogue.

    Attributes:
        visits: In the order of their seeds.
        uncovered: Author's rules that never fired, by name.
        rules: How many author's rules there are.
    """

    visits: tuple[Visit, ...]
    uncovered: tuple[str, ...]
    rules: int

    @property
    def endings(self) -> Mapping[str, int]:
        """How often visits ended how; the empty name: not at all."""
        return Counter(visit.ending for visit in self.visits)

    @property
    def unsound(self) -> tuple[Visit, ...]:
        """Visits without ending, with a fault, or that never came to rest."""
        return tuple(visit for visit in self.visits if not visit.sound)

    @property
    def coverage(self) -> float:
        """Share of the author's rules that fired in some visit."""
        return 1 - len(self.uncovered) / self.rules if self.rules else 1.0


def visits(
    compiled: Compiled,
    seeds: Iterable[int],
    application: Application | None = None,
    *,
    habits: Habits | None = None,
) -> Iterator[Visit]:
    """Simulated visits, one for each seed; each in a session and with a directory of its own.

    Args:
        compiled: The dialogue. Its ``given`` is what is known.
        seeds: Of the visitors.
        application: Services and names beyond the fixtures.
        habits: What visitors tend to do.
    """
    network = Network.compile(compiled.program)
    dialogue = compiled.tree.dialogue
    assert dialogue is not None
    fixture = read_fixture(compiled.env, dialogue.given)
    lexicons = {**(application.lexicons(fixture) if application else {}), **fixture.lexicons}
    language = MironLanguage(compiled, lexicons)
    voice = OtherVoice(compiled, lexicons)
    before = [Assert(entry, value) for entry, value in fixture.memory.items()]
    for seed in seeds:
        locale = compiled.locales[Chance(seed).below("locale", len(compiled.locales))]
        services = fixture.services(application.services(fixture) if application else no_services)
        session = Session(
            compiled.program,
            language,
            seed=seed,
            locale=locale,
            wall_start=fixture.now or START,
            network=network,
        )
        swapped = SwappedRun(compiled.program, language, seed=seed, locale=locale, network=network)
        yield SimulatedVisitor(VirtualRun(session, services), swapped, voice, seed, habits).visit(before)


def self_play(
    compiled: Compiled,
    seeds: Iterable[int],
    application: Application | None = None,
    *,
    habits: Habits | None = None,
) -> SelfPlay:
    """Let simulated visitors come, and see which rules they reach; see :func:`visits`."""
    found = tuple(visits(compiled, seeds, application, habits=habits))
    fired = {rule for visit in found for rule in visit.fired}
    uncovered = tuple(name for name in sorted(compiled.rules) if name not in fired)
    return SelfPlay(found, uncovered, len(compiled.rules))
