"""Checking what is declared: types, memory, services, Mirons, questions, used modules, overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.binding import READY_MADE, TURN_TAKING
from dsl.check_texts import cycles
from dsl.check_values import expect, expect_parameter, fits, label
from dsl.checking import Checking
from dsl.symbols import LABELS, NAME_KINDS, STANDARD_MODULES, called, required
from dsl.tree import MironDecl, Name, Owner, Param, QuestionDecl, TypeRef, UseDecl
from dsl.usage import QUESTION_TEXTS
from miron.model import BUILTIN_TYPES
from miron.source import Note, suggest

_OVERRIDABLE = ("services", "mirons", "questions", "rules", "phrases", "types")


def check_declarations(checking: Checking) -> None:
    """Check everything the owner declares apart from rules, sentences and tests."""
    owner = checking.view.owner
    _check_types(checking)
    for entry in owner.memory.values():
        _check_type(checking, entry.type, is_parameter=False)
        if entry.default is not None:
            kind = checking.view.world.resolve(owner, entry.type)
            expect(checking, entry.default, kind, entry.name.text)
            checking.writes(entry.name.text)
    for service in owner.services.values():
        _check_params(checking, (*service.takes, *service.gives))
    _check_params(checking, (*owner.takes, *owner.gives))
    for miron in owner.mirons.values():
        _check_sets(checking, miron)
        _check_hiding(checking, miron)
    _check_timer_names(checking)
    for question in owner.questions.values():
        _check_question(checking, question)
    for use in owner.use:
        _check_use(checking, use)
    _check_overrides(checking)


# Types


def _check_types(checking: Checking) -> None:
    owner = checking.view.owner
    for decl in owner.types.values():
        if decl.name.text in BUILTIN_TYPES:
            message = f"'{decl.name}' is a built-in type"
            checking.report("name-twice", message, decl.name.span, f"{decl.name}_")
        for _, ref in decl.fields:
            _check_type(checking, ref, is_parameter=False)
    graph = {
        name: [ref.name for _, ref in decl.fields if ref.name in owner.types]
        for name, decl in owner.types.items()
    }
    for cycle in cycles(graph):
        message = f"the type holds itself: {' → '.join([*cycle, cycle[0]])}"
        checking.report("type-cycle", message, owner.types[cycle[0]].name.span)


def _check_type(checking: Checking, ref: TypeRef, is_parameter: bool) -> None:
    if ref.kind == "choice":
        return
    view = checking.view
    name = ref.name
    if name in NAME_KINDS:
        if not is_parameter:
            message = f"'{name}' is a type of parameters only: names cannot be remembered"
            checking.report("bad-type", message, ref.span, "text")
        return
    if name in BUILTIN_TYPES or view.world.type_decl(view.owner, name) is not None:
        return
    known = [*BUILTIN_TYPES, *(key for owner in view.world.owners for key in owner.types)]
    known += NAME_KINDS if is_parameter else ()
    near = {"bool": "flag", "boolean": "flag", "string": "text", "str": "text", "int": "number"}.get(
        name, suggest(name, known)
    )
    notes = [] if near else [Note(f"built in: {', '.join(BUILTIN_TYPES)}")]
    checking.report("unknown-type", f"there is no type '{name}'", ref.span, near, notes)


def _check_params(checking: Checking, params: tuple[Param, ...]) -> None:
    for param in params:
        _check_type(checking, param.type, is_parameter=True)
        if param.default is not None:
            kind = checking.view.world.resolve(checking.view.owner, param.type)
            expect_parameter(checking, param.default, param.type, kind, param.name.text)


def _check_sets(checking: Checking, miron: MironDecl) -> None:
    for entry, value in miron.sets:
        kind = checking.view.part(entry.text)
        checking.writes(entry.text)
        if kind is None:
            checking.unknown(entry, ("memory", "parameter"), "sets")
        else:
            expect(checking, value, kind, entry.text)


def _check_hiding(checking: Checking, miron: MironDecl) -> None:
    name = miron.name.text
    if name not in READY_MADE or checking.owner_name == TURN_TAKING:
        return
    message = (
        f"'{name}' is ready-made; here your own Miron of that name is meant, in questions still the other"
    )
    note = Note(f"to change its sentences, name yours {TURN_TAKING}.{name}")
    checking.warn("hides-ready-made", message, miron.name.span, [note])


def _check_timer_names(checking: Checking) -> None:
    """Timers share the namespace of the rest."""
    for name, place in checking.view.index.timers.items():
        for symbol in checking.view.index.symbols.get(name, ()):
            message = f"'{name}' is already the name of {LABELS[symbol.kind]}, so it cannot be a timer, too"
            notes = [Note("the other one is here", symbol.span)]
            checking.report("name-twice", message, place.span, None, notes)


# Questions


def _check_question(checking: Checking, question: QuestionDecl) -> None:
    for key in ("fills", "checks", "offers"):
        entry: Name | None = getattr(question, key)
        if entry is not None:
            _check_entry(checking, entry, key)
    _check_offer(checking, question)
    for key in QUESTION_TEXTS:
        for name in getattr(question, key) or ():
            symbol = checking.need(name, ("miron",), key)
            checking.says(symbol, name.span)
    for name in question.hear:
        checking.hears(checking.need(name, ("miron",), "hear"), name.span)
    if isinstance(question.digress, tuple):
        for name in question.digress:
            checking.need(name, ("rule",), "digress")
    if question.steps is not None:
        _check_ladder(checking, question, question.steps)


def _check_entry(checking: Checking, entry: Name, key: str) -> None:
    kind = checking.view.part(entry.text)
    if kind is None:
        if not checking.is_opaque(entry.text):
            checking.unknown(entry, ("memory", "parameter"), key)
    elif key == "offers":
        checking.reads(entry.text)
        if kind.kind not in ("list", "unknown"):
            message = f"'offers' takes a list, and '{entry}' is {label(kind)}"
            checking.report("wrong-type", message, entry.span)
    else:
        checking.reads(entry.text)
        checking.writes(entry.text)
        if kind.kind == "list":
            message = f"one answer cannot fill '{entry}', which is {label(kind)}"
            checking.report("wrong-type", message, entry.span)


def _check_offer(checking: Checking, question: QuestionDecl) -> None:
    if question.offers is None or question.fills is None:
        return
    offered, filled = checking.view.part(question.offers.text), checking.view.part(question.fills.text)
    if offered is not None and filled is not None and offered.kind == "list" and not fits(filled, offered):
        message = f"'{question.fills}' is {label(filled)}, and '{question.offers}' offers {offered.name}"
        checking.report("wrong-type", message, question.fills.span)


def _check_ladder(checking: Checking, question: QuestionDecl, steps: int) -> None:
    """Texts by step that can never be said."""
    for key in QUESTION_TEXTS:
        names = getattr(question, key) or ()
        if len(names) > steps:
            message = f"'{question.name}' has {steps} steps, so '{names[steps]}' is never said"
            checking.warn("unreachable-step", message, names[steps].span)


# Modules


def _check_use(checking: Checking, use: UseDecl) -> None:
    view = checking.view
    module = view.world.tree.modules.get(use.module.text)
    if module is None:
        if use.module.text not in STANDARD_MODULES:
            known = [*STANDARD_MODULES, *view.world.tree.modules]
            near = suggest(use.module.text, known)
            checking.report("unknown-module", f"there is no module '{use.module}'", use.module.span, near)
        return
    params = {param.name.text: param for param in module.takes}
    given: set[str | None] = set()
    for name, value in use.params:
        param = params.get(name.text)
        if param is None:
            near = suggest(name.text, [*params, "module"])
            given.add(near)  # one mistake, one report
            notes = [] if near else [Note(f"it takes: {', '.join(params) or 'nothing'}")]
            message = f"the module '{module.name}' takes no '{name}'"
            checking.report("unknown-parameter", message, name.span, near, notes)
            continue
        given.add(name.text)
        kind = view.world.resolve(module, param.type)
        expect_parameter(checking, value, param.type, kind, name.text)
    for param in required(module.takes):
        if param.name.text not in given:
            message = f"the module '{module.name}' needs '{param.name}'"
            note = Note("it is declared here", param.name.span)
            checking.report("missing-parameter", message, use.instance.span, None, [note])


def _check_overrides(checking: Checking) -> None:
    """Dotted names replace entries of a used module; one that is not there is a mistake."""
    owner = checking.view.owner
    for section in _OVERRIDABLE:
        table: Mapping[str, Any] = getattr(owner, section)
        for name, decl in table.items():
            head, dot, rest = name.partition(".")
            if not dot:
                continue
            span = decl.name.span if hasattr(decl, "name") else None
            module = checking.view.module(head)
            if module is None:
                if head in checking.view.instances or section in ("types", "phrases"):
                    continue
                known = list(checking.view.instances)
                near = suggest(head, known)
                message = f"'{name}' replaces a part of '{head}', and no module of that name is used"
                checking.report("unknown-override", message, span, f"{near}.{rest}" if near else None)
            elif rest not in getattr(module, section) and not (section == "questions" and rest == "all"):
                known = [f"{head}.{entry}" for entry in getattr(module, section)]
                message = f"the module '{module.name}' has no '{rest}' to replace"
                checking.report("unknown-override", message, span, suggest(name, known))


def check_recursion(checking: Checking) -> None:
    """Report modules that call each other in a circle: a call is a copy, made when compiled."""
    modules = checking.view.world.tree.modules
    graph = {
        name: [target for target in called(owner) if target in modules and target not in owner.services]
        for name, owner in modules.items()
    }
    for cycle in cycles(graph):
        message = f"modules call each other in a circle: {' → '.join([*cycle, cycle[0]])}"
        first = modules[cycle[0]]
        following = cycle[1] if len(cycle) > 1 else cycle[0]
        span = next(_calls_of(first, following), first.name.span)
        checking.report("module-cycle", message, span)


def _calls_of(owner: Owner, name: str) -> Iterator[Any]:
    from dsl.symbols import bodies
    from dsl.usage import all_steps

    for step in all_steps(bodies(owner)):
        if step.call is not None and step.call.name.text == name:
            yield step.call.name.span


__all__ = ["TURN_TAKING", "check_declarations", "check_recursion"]
