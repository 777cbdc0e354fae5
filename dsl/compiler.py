"""From the tree to a running dialogue: the program of the network, and the Mirons of the language layer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import lru_cache
from typing import ParamSpec, TypeVar

from dsl.binding import (
    BODY,
    DIALOGUE_SCOPE,
    OUTER_SCOPE,
    PICKS,
    TAKER,
    TURN_TAKING,
    Bound,
    Env,
    Tables,
    origin,
    slot_type,
)
from dsl.conditions import Conditions, span_of
from dsl.forge import Forge, acts, batched
from dsl.lower import bind, lower_rule, outcome_of
from dsl.question_settings import settings
from dsl.tree import (
    Expr,
    FormsDecl,
    MemoryDecl,
    MironDecl,
    Name,
    Owner,
    Param,
    QuestionDecl,
    RuleDecl,
    Text,
    Tree,
    ValueExpr,
)
from dsl.types import FLAG, NUMBER, TEXT, Type, TypeTable
from dsl.usage import all_steps, bodies, called_modules, heard_names, hears, said_names
from engine.model import (
    Assign,
    Const,
    Effects,
    Entry,
    Group,
    Json,
    Lit,
    MironMeta,
    Op,
    Program,
    Pulse,
    Ref,
    Rule,
    Test,
    Value,
)
from miron.model import EntityType, Forms, Miron, Slot
from miron.source import ModelError, Problem, Span, sorted_problems
from miron.template import SlotRef, Template, parse, slot_refs

P = ParamSpec("P")
R = TypeVar("R")

NAME_TYPES = ("miron", "rule", "question")
"""Types of parameters that are fixed when compiled."""
EARS = ("speaking", "typing")
"""Flags of the other that every dialogue has: the ears and the keyboard write them."""
NEVER = "never/"
"""Prefix of the rules that watch ``never`` conditions."""
COUNTERS = ("step", "silent", "not_understood", "noise", "help", "repeat", "begun")


@dataclass(frozen=True, slots=True)
class QuestionInfo:
    """What a screen must know of a question.

    Attributes:
        kind: ``fills``, ``checks`` or ``offers``.
        entry: The memory entry it is about; ``offers`` the list it chooses from.
        type: Name of the entry's type.
        by: Modality by step: ``voice keyboard buttons``; the last repeats.
    """

    name: str
    kind: str
    entry: str
    type: str
    by: tuple[str, ...]
    offers: Ref | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A dialogue, ready to run.

    Attributes:
        program: For the network.
        mirons: For the language layer; those heard only when expected are gated.
        heard: Names of those that somebody hears; the others are only said.
        types: Declared entity types.
        phrases: Locale → name → template.
        locales: The first is the default.
        rules: Author's rule → its declaration, for coverage and explanations.
        steps: Unit of the network → the author's step that it does.
        tree: What it was made of.
        env: Names as the dialogue sees them, for tests and tools.
    """

    program: Program
    mirons: tuple[Miron, ...]
    heard: frozenset[str]
    types: Mapping[str, EntityType]
    phrases: Mapping[str, Mapping[str, Template]]
    locales: tuple[str, ...]
    questions: Mapping[str, QuestionInfo]
    rules: Mapping[str, RuleDecl]
    steps: Mapping[str, Span]
    tree: Tree
    env: Env


def compile_tree(tree: Tree, *, watch: bool = False) -> Compiled:
    """Compile a read dialogue.

    Args:
        watch: Make a rule ``never/N`` of each ``never`` condition, which fires when it is met (for tests).

    Raises:
        ModelError: With every problem found, sorted by place.
    """
    if tree.dialogue is None:
        raise ModelError((Problem("no-dialogue", "there is no dialogue here, only modules", None),))
    was_enabled = gc.isenabled()
    gc.disable()  # everything that is made here stays
    try:
        return _Compiler(tree, tree.dialogue, watch).run()
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Instance:
    """An owner under a prefix; ``called``: its rules are copied into every call."""

    owner: Owner
    env: Env
    called: bool = False


@dataclass(frozen=True, slots=True)
class _Given:
    """Parameters of a used module, bound once everything is declared."""

    prefix: str
    binds: dict[str, Bound]
    module: Owner
    values: Mapping[str, ValueExpr]


class _Compiler:
    def __init__(self, tree: Tree, dialogue: Owner, watch: bool) -> None:
        self.tree, self.dialogue, self.watch = tree, dialogue, watch
        self.types = TypeTable()
        self.tables = Tables(self.types, modules=tree.modules)
        self.root = Env(dialogue, "", self.tables, dialogue.other)
        self.phrases: dict[str, dict[str, Template]] = {locale: {} for locale in dialogue.locales}
        self.given: list[_Given] = []
        self.heard: set[str] = set()
        self.problems: list[Problem] = []

    def run(self) -> Compiled:
        for owner in (*self.tree.modules.values(), self.dialogue):
            self._try(self.types.add_owner, owner)
        instances = list(self._instances())
        for instance in instances:
            self._declare_memory(instance)
        self.tables.entries[TAKER] = (Entry(TAKER, "text", hidden=True), TEXT)
        for flag in EARS:
            name = f"{self.dialogue.other}.{flag}"
            self.tables.entries.setdefault(name, (Entry(name, "flag", other=True), FLAG))
        for instance in instances:
            self._declare(instance)
        self._override()
        for given in self.given:
            self._bind(given)
        for name, (question, env) in list(self.tables.questions.items()):
            self._try(self._declare_question, name, question, env)
        self._usage(instances)
        self._timeouts(instances)
        forge = self._lowered()
        mirons = [
            miron
            for name, (decl, env) in self.tables.mirons.items()
            if (miron := self._try(self._miron, name, decl, env))
        ]
        if self.problems:
            raise ModelError(sorted_problems(self.problems))
        self._progress(forge)
        self._barge_in(forge)
        return self._compiled(forge, mirons)

    def _lowered(self) -> Forge:
        """All rules as rules of the network.

        The rules of a called module have a copy for each call, named when the call is lowered:
        if somebody outside asks for one, everything is lowered once more.
        """
        tables, declared, found = self.tables, dict(self.tables.rules), list(self.problems)
        while True:
            forge = Forge(tables)
            for name, (decl, env) in declared.items():
                self._try(lower_rule, forge, name, decl, env)
            if self.watch:
                for number, expr in enumerate(self.dialogue.never, 1):
                    self._try(self._watch, forge, number, expr)
            copies = {name: tuple(forge.copies.get(name, ())) for name in tables.asked}
            if copies == tables.copies:
                return forge
            tables.copies = copies
            tables.rules = dict(declared)
            self.problems = list(found)

    def _try(self, action: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """Run a pass over one declaration; its author errors are collected with all others."""
        try:
            return action(*args, **kwargs)
        except ModelError as fault:
            self.problems += fault.problems
            return None

    # Instances

    def _instances(self) -> Iterator[_Instance]:
        dialogue = self.dialogue
        yield _Instance(dialogue, self.root)
        used: dict[str, tuple[str, Mapping[str, ValueExpr]]] = {
            use.instance.text: (use.module.text, {key.text: value for key, value in use.params})
            for use in dialogue.use
        }
        used.setdefault(TURN_TAKING, (TURN_TAKING, {}))
        for name, (module_name, values) in used.items():
            module = self.tree.modules.get(module_name)
            if module is None:
                continue  # the checker reports it where it stands
            binds: dict[str, Bound] = {}
            self.given.append(_Given(f"{name}.", binds, module, values))
            scope = OUTER_SCOPE if name == TURN_TAKING else DIALOGUE_SCOPE
            yield _Instance(module, Env(module, f"{name}.", self.tables, dialogue.other, binds, scope))
            yield from self._called(module, f"{name}.")
        yield from self._called(dialogue, "")

    def _called(self, owner: Owner, prefix: str) -> Iterator[_Instance]:
        """Modules this owner calls: their names live under the caller's, once per caller."""
        for name in sorted(called_modules(owner)):
            module = self.tree.modules.get(name)
            if module is None or name in prefix.split("."):
                continue
            inner = f"{prefix}{name}."
            yield _Instance(module, Env(module, inner, self.tables, self.dialogue.other), called=True)
            yield from self._called(module, inner)

    # Declarations

    def _declare_memory(self, instance: _Instance) -> None:
        env, owner = instance.env, instance.owner
        for name, decl in owner.memory.items():
            self._try(self._entry, self._entry_name(env, name), decl, env)
        for param in (*owner.takes, *owner.gives):
            if param.type.kind == "name" and param.type.name in NAME_TYPES:
                continue
            self._try(self._parameter, env, param)

    @staticmethod
    def _entry_name(env: Env, name: str) -> str:
        """Modules write about the other as ``other.…`` and about all else they share as ``self.…``."""
        if env.owner.kind == "module" and name.startswith("other."):
            return env.other + name.removeprefix("other")
        if env.owner.kind == "module" and name.startswith("self."):
            return name.removeprefix("self.")
        return env.prefix + name

    def _parameter(self, env: Env, param: Param) -> None:
        kind = self.types.resolve(param.type)
        name = env.prefix + param.name.text
        self.tables.entries[name] = (Entry(name, kind.kind, kind.name, private=kind.private), kind)
        if param.default is not None:
            self._default(name, env.value(param.default, kind))

    def _default(self, name: str, value: Value) -> None:
        entry, kind = self.tables.entries[name]
        if isinstance(value, Const):
            self.tables.entries[name] = (replace(entry, default=value.value), kind)

    def _entry(self, name: str, decl: MemoryDecl, env: Env) -> None:
        kind = self.types.resolve(decl.type)
        entry = Entry(
            name,
            kind.kind,
            kind.name,
            private=kind.private if decl.private is None else decl.private,
            kiosk=decl.kiosk,
            other=name.split(".")[0] == self.dialogue.other,
        )
        shared = self.tables.entries.setdefault(name, (entry, kind))[0]
        if decl.default is not None and shared.default is None:
            self._default(name, env.value(decl.default, kind))

    def _is_override(self, env: Env, name: str) -> bool:
        """Whether a dotted name of the dialogue means something inside a module it uses or calls."""
        if env.owner is not self.dialogue or "." not in name:
            return False
        head = name.split(".", 1)[0]
        instances = {use.instance.text for use in self.dialogue.use} | {TURN_TAKING}
        return head in instances | called_modules(self.dialogue)

    def _declare(self, instance: _Instance) -> None:
        env, owner, tables = instance.env, instance.owner, self.tables
        for name, miron in owner.mirons.items():
            if not self._is_override(env, name):
                tables.mirons[env.prefix + name] = (miron, env)
        for name, service in owner.services.items():
            tables.services[env.prefix + name] = service
        for name, question in owner.questions.items():
            if not self._is_override(env, name):
                tables.questions[env.prefix + name] = (question, env)
        for name, rule in owner.rules.items():
            if instance.called:
                tables.called.add(env.prefix + name)
            elif not self._is_override(env, name):
                tables.rules[env.prefix + name] = (rule, env)
        for name, by_locale in owner.phrases.items():
            for locale, texts in by_locale.items():
                self._try(self._phrase, name, locale, texts)

    def _phrase(self, name: str, locale: str, texts: tuple[Text, ...]) -> None:
        joined = texts[0].text if len(texts) == 1 else "(" + "|".join(text.text for text in texts) + ")"
        self.phrases.setdefault(locale, {})[name] = parse(joined, span=texts[0].span)

    def _override(self) -> None:
        """Entries named ``instance.name`` replace the keys they give and keep the others."""
        dialogue, tables = self.dialogue, self.tables
        for name, miron in dialogue.mirons.items():
            if self._is_override(self.root, name) and name in tables.mirons:
                base, env = tables.mirons[name]
                tables.mirons[name] = (replace(base, forms={**base.forms, **miron.forms}), env)
        for name, question in dialogue.questions.items():
            if self._is_override(self.root, name) and name in tables.questions:
                base_question, env = tables.questions[name]
                tables.questions[name] = (merged(base_question, question), env)
        for name, rule in dialogue.rules.items():
            if self._is_override(self.root, name) and name in tables.rules:
                base_rule, env = tables.rules[name]
                names = replace(self.root, scope=env.scope)
                tables.rules[name] = (merged(base_rule, rule), names)

    def _bind(self, given: _Given) -> None:
        for param in given.module.takes:
            value = given.values.get(param.name.text, param.default)
            if value is not None:
                bound = self._try(bind, self.root, self.tables, param.type.name, value)
                if bound is None:
                    continue
                given.binds[param.name.text] = bound
                entry = given.prefix + param.name.text
                if entry in self.tables.entries and bound.value is not None:
                    self._default(entry, bound.value)

    # Questions, and who says and hears what

    def _declare_question(self, name: str, decl: QuestionDecl, env: Env) -> None:
        target = decl.fills or decl.checks
        if target is None:
            return  # the defaults of all questions
        ref, kind = env.entry(target)
        entries = self.tables.entries
        for counter in COUNTERS:
            entry = f"{name}/{counter}"
            entries[entry] = (Entry(entry, "number", default=first_count(counter), hidden=True), NUMBER)
        for word in ("how", "by"):
            entries[f"{name}/{word}"] = (Entry(f"{name}/{word}", "text", hidden=True), TEXT)
        private = entries[ref.entry][0].private
        for extra in ("proposed", "pending", "before", *(("picked",) if decl.offers else ())):
            entry = f"{name}/{extra}"
            entries[entry] = (Entry(entry, kind.kind, kind.name, private=private, hidden=True), kind)
        if decl.checks:
            entries[f"{name}/agreed"] = (Entry(f"{name}/agreed", "flag", hidden=True), FLAG)
        self.tables.mirons[f"{name}/value"] = (self._bare_value(name, target, kind), env)

    def _bare_value(self, question: str, target: Name, kind: Type) -> MironDecl:
        """The bare value as an answer ("Ada Lovelace", "it's Ada Lovelace"): heard only while it is asked."""
        slot = Text("{" + target.text + "}", target.span)
        locales = () if kind.kind == "flag" else self.dialogue.locales
        forms = {locale: FormsDecl(heard=(slot,)) for locale in locales}
        return MironDecl(Name(f"{question}/value", target.span), forms)

    def _timeouts(self, instances: Iterable[_Instance]) -> None:
        """Where somebody handles ``timed_out``, every service says how it ended."""
        steps = (step for i in instances for step in all_steps(bodies(i.owner)))
        if any(reason == "timed_out" for step in steps for reason, _ in step.handlers):
            self.tables.tells_timeouts = True
            for name in self.tables.services:
                entry = outcome_of(name)
                self.tables.entries[entry] = (Entry(entry, "text", hidden=True), TEXT)

    def _usage(self, instances: Iterable[_Instance]) -> None:
        """Find the slots of every Miron, who says and hears it, and which heard Mirons hold which entry."""
        tables = self.tables
        bodies = [(rule.do, i.env) for i in instances if i.called for rule in i.owner.rules.values()]
        bodies += [(i.owner.do, i.env) for i in instances]
        said, heard = said_names(tables, bodies), heard_names(tables)
        for name, (decl, env) in tables.mirons.items():
            refs = self._try(_slots, decl) or ()
            tables.slots[name] = refs
            answers = name.endswith("/value")
            if not answers and (name not in heard and (name in said or decl.channel != "speech")):
                continue
            self.heard.add(name)
            for ref in refs:
                found = None if answers else env.reference(ref.name)
                if found is not None and not found[0].parts:
                    entry = found[0].entry
                    tables.hearing[entry] = (*tables.hearing.get(entry, ()), name)

    # Results

    def _watch(self, forge: Forge, number: int, expr: Expr) -> None:
        conditions = Conditions(self.root, forge.end_of)
        name = f"{NEVER}{number}"
        forge.rules[name] = Rule(
            name,
            tuple(replace(group, takes=False) for group in conditions.groups(conditions.dnf(expr), ())),
            scope=OUTER_SCOPE,
            ignore_again=False,
            position=number,
            origin=origin(span_of(expr)),
            hidden=True,
        )

    def _progress(self, forge: Forge) -> None:
        """Any telling is progress: all questions begin at their first step again."""
        counters = [
            Assign(entry, Const(first_count(entry.rsplit("/", 1)[1])))
            for entry in self.tables.entries
            if "/" in entry and entry.rsplit("/", 1)[1] in COUNTERS
        ]
        told = Group(Pulse("told", ""), text="anything told")
        if counters:
            self._built_in(forge, "~progress", [told], Effects(assign=tuple(counters)))
        for name, (question, env) in self.tables.questions.items():
            if question.checks is not None:
                agreed = Ref(f"{name}/agreed")
                entry, _ = env.entry(question.checks)
                denied = replace(told, lits=(Lit(Test(Op.NO, agreed)),))
                other = Lit(Test(Op.EQ, entry, Ref(f"{name}/proposed")), False)
                changed = Group(Pulse("changed", entry.entry), (Lit(Test(Op.YES, agreed)), other))
                self._built_in(forge, f"~doubt {name}", [denied, changed], Effects(forget=(agreed.entry,)))

    def _barge_in(self, forge: Forge) -> None:
        """What is understood and used breaks off speech; so does any sound where an utterance allows it."""
        takers = [
            Group(Pulse("took", name), text="understood")
            for name, (decl, _) in self.tables.rules.items()
            if acts(decl.do) and any(hears(expr) for expr in decl.when)
        ]
        understood = [*takers, Group(Pulse("told", ""), text="understood")]
        for number, groups in enumerate(batched(understood), 1):
            self._built_in(forge, f"~barge_in {number}", groups, Effects(barge_in="understood"))
        if any(decl.barge_in == "any_sound" for decl, _ in self.tables.mirons.values()):
            speaking = Lit(Test(Op.YES, Ref(f"{self.dialogue.other}.speaking")))
            sounds = [Group(Pulse("other", name)) for name in ("anything", "not_understood", "noise")]
            sounds.append(Group(None, (speaking,)))
            self._built_in(forge, "~sound", sounds, Effects(barge_in="sound"))

    @staticmethod
    def _built_in(forge: Forge, name: str, groups: Iterable[Group], effects: Effects) -> None:
        """A rule of every dialogue."""
        forge.rules[name] = Rule(
            name,
            tuple(groups),
            effects=effects,
            scope=OUTER_SCOPE,
            ignore_again=False,
            priority=-1_000_000,
            origin="<built in>",
            hidden=True,
        )

    def _compiled(self, forge: Forge, mirons: list[Miron]) -> Compiled:
        eaten = {name for rule in forge.rules.values() for group in rule.groups for name in group.eats}
        rules = tuple(
            replace(rule, followed=True) if rule.name in eaten else rule for rule in forge.rules.values()
        )
        program = Program(
            name=self.dialogue.name.text,
            rules=rules,
            entries={name: entry for name, (entry, _) in self.tables.entries.items()},
            mirons={
                **{name: MironMeta(name, channel) for channel, names in BODY.items() for name in names},
                **{name: self._meta(name, decl, env) for name, (decl, env) in self.tables.mirons.items()},
            },
            scopes=forge.scopes,
            intercepts=tuple(forge.intercepts),
            offers=tuple(forge.offers),
            endings=tuple(ending.text for ending in self.dialogue.endings or ()),
            locales=self.dialogue.locales,
            hash=self.tree.hash,
        )
        return Compiled(
            program,
            tuple(mirons),
            frozenset(self.heard),
            self.types.entities,
            self.phrases,
            self.dialogue.locales,
            dict(self._questions()),
            {name: decl for name, (decl, _) in self.tables.rules.items()},
            forge.steps,
            self.tree,
            self.root,
        )

    def _questions(self) -> Iterator[tuple[str, QuestionInfo]]:
        for name, (decl, env) in self.tables.questions.items():
            target = decl.fills or decl.checks
            if target is None:
                continue
            ref, kind = env.entry(target)
            how = "offers" if decl.offers else "checks" if decl.checks else "fills"
            offers = env.entry(decl.offers)[0] if decl.offers else None
            by = settings(env, decl, kind).by
            yield name, QuestionInfo(name, how, ref.entry, kind.name, by, offers)

    def _meta(self, name: str, decl: MironDecl, env: Env) -> MironMeta:
        writes = []
        for ref in self.tables.slots.get(name, ()):
            found = env.reference(ref.name)
            if found is not None and not found[0].parts:
                writes.append((ref.name, found[0].entry))
        sets: list[tuple[str, Json]] = []
        for key, value in decl.sets:
            entry, kind = env.entry(key)
            constant = env.value(value, kind)
            if isinstance(constant, Const):
                sets.append((entry.entry, constant.value))
        return MironMeta(name, decl.channel, tuple(writes), tuple(sets))

    def _miron(self, name: str, decl: MironDecl, env: Env) -> Miron:
        slots: dict[str, Slot] = {}
        for ref in self.tables.slots.get(name, ()):
            kind = slot_type(self.tables, name, ref.name)
            if kind is not None:
                slots[ref.name] = Slot(ref.name, ref.type or kind.name, env.reference(ref.name) is not None)
        forms = {
            locale: Forms(
                _templates(written.both),
                _templates(written.heard),
                _templates(written.said),
                tuple(text.text for text in written.jinja),
                written.label.text if written.label else None,
            )
            for locale, written in decl.forms.items()
        }
        gated = name.endswith("/value") or name in PICKS
        return Miron(name, decl.channel, forms, slots, gated=gated, origin=origin(decl.name.span))


def first_count(counter: str) -> int:
    """What a counter of a question begins with: steps count from one."""
    return 1 if counter == "step" else 0


@lru_cache(maxsize=65_536)
def _template(text: str, span: Span) -> Template:
    """A sentence parsed; both its slots and its forms are asked for."""
    return parse(text, span=span)


def _templates(texts: tuple[Text, ...]) -> tuple[Template, ...]:
    return tuple(_template(text.text, text.span) for text in texts)


def _slots(decl: MironDecl) -> tuple[SlotRef, ...]:
    refs = {
        (ref.name, ref.type): ref
        for forms in decl.forms.values()
        for text in (*forms.both, *forms.heard, *forms.said)
        for ref in slot_refs(_template(text.text, text.span))
    }
    return tuple(refs.values())


D = TypeVar("D", QuestionDecl, RuleDecl)


def merged(base: D, override: D) -> D:
    """A rule or question with every key replaced that the override gives."""
    changes = {
        item.name: value
        for item in fields(override)
        if item.name not in ("name", "span", "position", "file")
        and (value := getattr(override, item.name)) != _absent(item)
    }
    return replace(base, **changes)


def _absent(item: Field[object]) -> object:
    if item.default is not MISSING:
        return item.default
    return item.default_factory() if item.default_factory is not MISSING else MISSING
