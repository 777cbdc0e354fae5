"""Checking the whole of an owner: who says and hears what, what is never used, reached or ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from dsl.check_texts import all_texts, cycles, memory_slots, slots_of, template
from dsl.checking import Checking
from dsl.symbols import USER_FLAGS
from dsl.tree import (
    EventExpr,
    FormsDecl,
    Literal,
    MironDecl,
    NameValue,
    Not,
    Or,
    Owner,
    RuleDecl,
    Step,
    SumExpr,
    TestExpr,
    ValueExpr,
)
from dsl.tree import Text as Words
from dsl.usage import all_steps, events
from miron.source import Note, Span
from miron.template import Mark, Option, RuleRef, Sequence, SlotRef, Template, Text, expand, walk


def check_shipped(checking: Checking) -> None:
    """Report locales of the dialogue in which a standard module has nothing to say."""
    dialogue = checking.view.world.tree.dialogue
    if dialogue is None:
        return
    said = [
        decl
        for name, decl in checking.view.owner.mirons.items()
        if decl.channel == "speech"
        and id(decl) in checking.usage.said
        and f"{checking.owner_name}.{name}" not in dialogue.mirons
    ]
    for locale in dialogue.locales:
        missing = [decl.name.text for decl in said if not _sayable(decl.forms.get(locale))]
        if missing:
            message = f"the module '{checking.owner_name}' has no sentences in '{locale}'"
            listed = ", ".join(f"{checking.owner_name}.{name}" for name in missing[:8])
            note = Note(
                f"write them in the dialogue, under mirons: {listed}{' …' if len(missing) > 8 else ''}"
            )
            checking.warn("missing-sentence", message, dialogue.name.span, [note])


def check_mirons(checking: Checking) -> None:
    """Report missing locales, Mirons both said and heard that hold memory, and idle ones."""
    owner = checking.view.owner
    asked = {question.fills.text for question in owner.questions.values() if question.fills is not None}
    for name, decl in owner.mirons.items():
        if decl.channel != "speech" or "." in name:
            continue
        said, heard = checking.usage.said.get(id(decl)), checking.usage.heard.get(id(decl))
        holds = memory_slots(checking.view, decl)
        if said is None and (holds or decl.sets):
            # It is understood whenever the other says it, and tells what it holds.
            heard = heard or decl.name.span
            for entry in holds:
                checking.writes(entry)
        elif heard is not None:
            for entry in holds:
                checking.writes(entry)
        if said is not None and heard is not None:
            _check_both(checking, decl, said, heard)
        _check_locales(checking, decl, said, heard)
        is_used = said or heard or id(decl) in checking.usage.named or id(decl) in checking.usage.thought
        if not is_used and not (holds & asked):
            checking.warn("unused-miron", f"nobody says or hears '{name}'", decl.name.span)


def _check_both(checking: Checking, decl: MironDecl, said: Span, heard: Span) -> None:
    holds = {
        slot
        for locale, forms in decl.forms.items()
        for text in forms.both
        for slot in slots_of(checking.view, text, locale)
        if checking.view.entry(slot) is not None
    }
    if not holds:
        return
    entry = min(holds)
    message = f"'{decl.name}' is both said and heard, so it may hold no memory entry ('{entry}')"
    notes = [
        Note("it is said here", said),
        Note("it is heard here", heard),
        Note("whose words would fill the entry? Make it two Mirons"),
    ]
    checking.report("said-and-heard", message, decl.name.span, None, notes)


def _check_locales(checking: Checking, decl: MironDecl, said: Span | None, heard: Span | None) -> None:
    if checking.is_module and not decl.forms:
        return
    dialogue = checking.view.world.tree.dialogue
    locales = (dialogue or checking.view.owner).locales
    missing_said = [locale for locale in locales if not _sayable(decl.forms.get(locale))]
    missing_heard = [locale for locale in locales if not _hearable(decl.forms.get(locale))]
    if said is not None and missing_said:
        message = f"'{decl.name}' is said and has no sentence in {', '.join(missing_said)}"
        checking.report("missing-sentence", message, decl.name.span, None, [Note("it is said here", said)])
    elif heard is not None and missing_heard:
        message = f"'{decl.name}' is heard and has no sentence in {', '.join(missing_heard)}"
        checking.warn("missing-sentence", message, decl.name.span)


def _sayable(forms: FormsDecl | None) -> bool:
    return forms is not None and bool(forms.both or forms.said or forms.jinja)


def _hearable(forms: FormsDecl | None) -> bool:
    return forms is not None and bool(forms.both or forms.heard)


def check_silent_sentences(checking: Checking) -> None:
    """Report sentences that can be nothing at all: ``[please]`` alone."""
    for decl in checking.view.owner.mirons.values():
        for forms in decl.forms.values():
            for text in all_texts(forms):
                parsed = template(text)
                if parsed is not None and _only_optional(parsed):
                    message = "all of this sentence is optional, so it may be nothing at all"
                    checking.warn("empty-sentence", message, text.span)


def _only_optional(parsed: Template) -> bool:
    return all(_may_be_empty(node) for node in parsed.root.items) and not any(
        isinstance(node, Mark) for node in walk(parsed.root)
    )


def _may_be_empty(node: object) -> bool:
    if isinstance(node, Option):
        return True
    if isinstance(node, Text):
        return not node.text.strip()
    return isinstance(node, Sequence) and all(_may_be_empty(item) for item in node.items)


def check_memory(checking: Checking) -> None:
    """Report entries that nobody reads, and entries that are read but never written."""
    owner = checking.view.owner
    for name, entry in owner.memory.items():
        key = (owner.name.text, name)
        if checking.is_module and name.startswith(("other.", "self.")):
            continue  # written or read by others
        if key not in checking.usage.read:
            checking.warn("unused-memory", f"nobody reads '{name}'", entry.name.span)
        elif key not in checking.usage.written and not checking.is_module:
            if entry.name.text.partition(".")[0] in ("given", owner.other) and _is_signal(name):
                continue
            message = f"nothing ever writes '{name}', so it stays empty"
            checking.warn("never-written", message, entry.name.span)


def _is_signal(name: str) -> bool:
    return name.rpartition(".")[2] in (*USER_FLAGS, "locale")


def check_timers(checking: Checking) -> None:
    """Report timers that nobody waits for."""
    for name, place in checking.view.index.timers.items():
        if name not in checking.usage.waited and not any(
            waited.endswith(f".{name}") for waited in checking.usage.waited
        ):
            checking.warn("unused-timer", f"nobody waits for the timer '{name}'", place.span)


# Loops without a pause


def check_loops(checking: Checking) -> None:
    """Report rules that think each other in a circle without any pause."""
    owner = checking.view.owner
    hearing = _hearers(owner)
    graph: dict[str, list[str]] = {}
    for name, rule in owner.rules.items():
        if rule.if_ is not None or rule.unless is not None or rule.once or rule.cooldown is not None:
            graph[name] = []
            continue
        targets: list[str] = []
        for step in _at_once(rule.do):
            if step.think is not None:
                thought = step.think.name.text
                targets += [thought] if thought in owner.rules else hearing.get(("think", thought), [])
            for entry, value in step.set:
                targets += _woken(hearing, entry.text, value)
        graph[name] = targets
    for cycle in cycles(graph):
        first = owner.rules[cycle[0]]
        message = f"these rules wake each other without any pause: {' → '.join([*cycle, cycle[0]])}"
        note = Note(
            "after 64 rounds within one moment the engine stops it; let one of them ask, say, call or wait"
        )
        checking.warn("endless-loop", message, first.span, [note])


def _woken(hearing: Mapping[tuple[str, ...], list[str]], entry: str, value: ValueExpr) -> list[str]:
    """The rules that writing a value wakes; writing the same value again wakes nobody."""
    match value:
        case SumExpr():
            return hearing.get(("changed", entry), [])
        case Literal("flag", is_on):
            return hearing.get(("yes" if is_on else "no", entry), [])
        case NameValue(name):
            return hearing.get(("is", entry, name.text), [])
    return []


def _hearers(owner: Owner) -> Mapping[tuple[str, ...], list[str]]:
    """Thought, change or state → the rules that fire on it, whatever else holds."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name, rule in owner.rules.items():
        if rule.follows:
            continue
        for expr in rule.when:
            for part in expr.items if isinstance(expr, Or) else (expr,):
                match part:
                    case EventExpr("think" | "changed" as kind, event):
                        found.setdefault((kind, event.text), []).append(name)
                    case TestExpr(entry, "yes" | "no" as word):
                        found.setdefault((word, entry.text), []).append(name)
                    case Not(TestExpr(entry, "yes")):
                        found.setdefault(("no", entry.text), []).append(name)
                    case TestExpr(entry, "is", _, word) if word is not None:
                        found.setdefault(("is", entry.text, word.text), []).append(name)
    return found


def events_alone(expr: object) -> bool:
    """Whether an alternative of a condition is nothing but an event."""
    return isinstance(expr, EventExpr) or (isinstance(expr, Or) and all(map(events_alone, expr.items)))


def _at_once(steps: tuple[Step, ...]) -> Iterator[Step]:
    """What is done for certain, before any act that takes time."""
    for step in steps:
        if step.if_ is not None:
            continue
        if _pauses(step):
            return
        yield step
        yield from _at_once(step.do)


def _pauses(step: Step) -> bool:
    return any(
        inner.ask
        or inner.say
        or inner.call
        or inner.wait is not None
        or inner.gesture
        or inner.feel
        or inner.show
        for inner in all_steps((step,))
    )


def check_twins(checking: Checking) -> None:
    """Report Mirons that are heard and share a sentence word for word."""
    owner = checking.view.owner
    seen: dict[tuple[str, str], MironDecl] = {}
    reported: set[tuple[str, str]] = set()
    heard = checking.usage.heard
    for name, decl in owner.mirons.items():
        if decl.channel != "speech" or "." in name:
            continue
        tells = id(decl) not in checking.usage.said and bool(decl.sets or memory_slots(checking.view, decl))
        if id(decl) not in heard and not tells:
            continue
        for locale, forms in decl.forms.items():
            for text in (*forms.both, *forms.heard):
                for sentence in _variants(checking, text, locale):
                    first = seen.setdefault((locale, sentence), decl)
                    if first is not decl and (first.name.text, name) not in reported:
                        reported.add((first.name.text, name))
                        _report_twins(checking, decl, first, sentence, text.span)


_MAX_VARIANTS = 64
"""Sentences of one template that are compared; a template with more is compared as far as that."""


def _variants(checking: Checking, text: Words, locale: str) -> Iterator[str]:
    """The sentences of a template as they are heard: case and punctuation do not count, values by type."""
    parsed = template(text)
    if parsed is None:
        return
    phrases = {
        name: inner
        for name, by_locale in checking.view.owner.phrases.items()
        for phrase in by_locale.get(locale, ())[:1]
        if (inner := template(phrase)) is not None
    }
    if any(isinstance(node, RuleRef) and node.name not in phrases for node in walk(parsed.root)):
        return
    for leaves in islice(expand(parsed, phrases), _MAX_VARIANTS):
        words = "".join(_leaf(checking, leaf) for leaf in leaves)
        folded = " ".join(
            "".join(char if char.isalnum() or char in "{}' " else " " for char in words).split()
        )
        if folded:
            yield folded.casefold()


def _leaf(checking: Checking, leaf: object) -> str:
    if isinstance(leaf, Text):
        return leaf.text
    if isinstance(leaf, SlotRef):
        kind = checking.view.part(leaf.name)
        return f"{{{leaf.type or (kind.name if kind else leaf.name)}}}"
    return " "


def _report_twins(checking: Checking, decl: MironDecl, first: MironDecl, text: str, span: Span) -> None:
    owner = checking.view.owner
    message = f"'{decl.name}' and '{first.name}' share the sentence '{text}'"
    notes = [Note(f"'{first.name}' is declared here", first.name.span)]
    names = (decl.name.text, first.name.text)
    heard = all(any(_hears_alone(rule, name) for rule in owner.rules.values()) for name in names)
    if heard and any(_plainly_heard(owner, name) for name in names):
        checking.report("shared-sentence", message, span, None, notes)
    else:
        checking.warn("shared-sentence", message, span, notes)


def _plainly_heard(owner: Owner, name: str) -> bool:
    """Whether a rule hears it at any time, whatever else holds."""
    return any(
        _hears_alone(rule, name) and rule.if_ is None and rule.unless is None for rule in owner.rules.values()
    )


def _hears_alone(rule: RuleDecl, name: str) -> bool:
    if rule.follows:
        return False
    return any(
        events_alone(expr) and any(event.kind == "hear" and event.name.text == name for event in events(expr))
        for expr in rule.when
    )
