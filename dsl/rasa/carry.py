"""From a Rasa project to the text of a dialogue, and the list of what could not be carried over.

Intents and responses become Mirons, slots memory, forms questions, rules rules, stories chains of rules,
custom actions services.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dsl.binding import BODY, PERCEPTS, READY_MADE
from dsl.names import RESERVED, name_fault
from dsl.rasa.project import Lost, Project, fields, unmarked, word, words
from dsl.symbols import CHANNELS, SIGNALS, USER_SIGNALS
from dsl.training_data import bullets
from dsl.yaml import Items, Mapping, Node, Scalar
from miron.source import Span
from miron.template import escape

_TAKEN = {
    *(*READY_MADE, *PERCEPTS, *RESERVED, *CHANNELS, *SIGNALS, *USER_SIGNALS),
    *(name for names in BODY.values() for name in names),
    *("yes", "no", "on", "off", "true", "false", "all", "self", "other"),
}
_TYPES = {"text": "text", "bool": "flag", "float": "number", "list": "list of text", "any": "text"}
_FALLBACK = ("nlu_fallback", "out_of_scope")
_OWN_ACTIONS = ("action_listen", "action_default_fallback", "action_unlikely_intent", "...")
_NOT_SAID = ("image", "custom", "attachment", "condition", "channel", "elements", "quick_replies")
MOST_EXAMPLES = 400
"""Examples of one intent that become sentences."""


@dataclass(slots=True)
class Carried:
    """A dialogue.

    Attributes:
        text: As YAML.
        lost: What could not be carried over, with its place in the project.
    """

    text: str
    lost: tuple[Lost, ...]


@dataclass(slots=True)
class _Turn:
    """What the user says and the agent does then, in the tree of all stories."""

    name: str
    when: tuple[str, ...]
    steps: tuple[str, ...]
    condition: str
    span: Span
    next: list[_Turn] = field(default_factory=list)


def carry(project: Project, name: str = "") -> Carried:
    """Make a dialogue of a Rasa project."""
    return _Carrying(project, name or project.name).run()


class _Carrying:
    def __init__(self, project: Project, name: str) -> None:
        self._project, self._name = project, name
        self._names: dict[tuple[str, str], str] = {}
        self._used: set[str] = set()
        self._slots: dict[str, str] = {}
        self._filled: dict[tuple[str, str], str] = {}
        self._forms: dict[str, list[str]] = {}
        self._services: dict[str, None] = {}
        self._labels: dict[str, str] = {}
        self._out: dict[str, list[str]] = {}
        self._sentences: dict[str, str] = {}
        self._carried: set[int] = set()
        self._sets: dict[str, list[str]] = {}

    def run(self) -> Carried:
        for work in (
            self._memory,
            self._responses,
            self._questions,
            self._rules,
            self._intents,
            self._actions,
        ):
            work()
        lines = [f"dialogue: {self._name}", "about: Carried over from a Rasa project."]
        for section in ("types", "memory", "services", "mirons", "questions", "rules"):
            if self._out.get(section):
                lines += ["", f"{section}:", *(f"  {line}".rstrip() for line in self._out[section])]
        return Carried("\n".join(lines) + "\n", tuple(self._project.lost))

    def _lose(self, message: str, span: Span | None = None) -> None:
        self._project.lose(message, span)

    def _named(self, kind: str, text: str) -> str:
        """A name of ours for one of theirs; unlike all others."""
        if (kind, text) in self._names:
            return self._names[kind, text]
        name = re.sub(r"[^\w.]+", "_", text.lower().replace("/", "_")).strip("._") or kind
        if name in _TAKEN or name_fault(name) or name in self._used:
            name = f"{kind}_{name}"
        number = 2
        while name in self._used:
            name, number = f"{name.rstrip('0123456789')}{number}", number + 1
        self._used.add(name)
        self._names[kind, text] = name
        return name

    def _put(self, section: str, *lines: str) -> None:
        self._out.setdefault(section, []).extend(lines)

    # Slots, forms

    def _memory(self) -> None:
        for slot, node, span in self._project.entries("slots"):
            facts = fields(node)
            kind = word(facts.get("type")) or "text"
            name = self._slots[slot] = self._named("slot", slot)
            type_ = _TYPES.get(kind, "")
            if kind == "categorical":
                said = {_plain(value): value for value in words(facts.get("values"))}
                values = list(said)
                sound = len(values) > 1 and not any(name_fault(v) or v in _TAKEN for v in values)
                type_ = self._choice(name, said) if sound else "text"
                if not sound:
                    self._lose(f"the values of the slot '{slot}' are no names; it is a text now", span)
            elif not type_:
                type_ = "text"
                self._lose(f"a slot of type '{kind}' becomes a text", span)
            default = _constant(word(facts.get("initial_value")), type_)
            self._put(
                "memory", f"{name}: {{type: {type_}, default: {default}}}" if default else f"{name}: {type_}"
            )
            self._mappings(slot, facts.get("mappings"), span)
        for entity, _, span in self._project.entries("entities"):
            if entity in self._slots:
                self._filled.setdefault((entity, ""), self._slots[entity])
            elif not any(known == entity for known, _ in self._filled):
                self._lose(f"no slot takes the entity '{entity}'; its values stand in the act alone", span)

    def _choice(self, name: str, said: dict[str, str]) -> str:
        """The type of a slot with values; those that have synonyms are declared with their sentences."""
        also: dict[str, list[str]] = {}
        for _, node in self._project.sections.get("nlu", ()):
            facts = fields(node)
            if "synonym" in facts and (value := _plain(word(facts["synonym"]))) in said:
                also.setdefault(value, []).extend(self._examples(facts.get("examples")))
                self._carried.add(node.line)
        if not also:
            return " | ".join(said)
        kind = self._named("type", f"{name}_values")
        self._put("types", f"{kind}:", "  values:")
        for value, words_ in said.items():
            sentences = dict.fromkeys([escape(words_), *also.get(value, ())])
            self._put("types", f"    {value}: |", *(f"      {line}" for line in sentences))
        return kind

    def _mappings(self, slot: str, node: Node | None, span: Span) -> None:
        for item in node.items if isinstance(node, Items) else ():
            facts = fields(item)
            kind = word(facts.get("type"))
            if kind == "from_entity":
                key = (word(facts.get("entity")), word(facts.get("role")))
                self._filled.setdefault(key, self._slots[slot])
            elif kind in ("from_intent", "from_trigger_intent") and word(facts.get("intent")):
                self._sets.setdefault(word(facts["intent"]), []).append(
                    f"{self._slots[slot]}: {_constant(word(facts.get('value')), '') or 'yes'}"
                )
            elif kind != "from_text":
                self._lose(f"the mapping '{kind}' of the slot '{slot}'", item.span)

    def _questions(self) -> None:
        responses = {name for name, _, _ in self._project.entries("responses")}
        for form, node, span in self._project.entries("forms"):
            required = fields(node).get("required_slots", node)
            slots = list(fields(required)) if isinstance(required, Mapping) else words(required)
            self._forms[form] = []
            for slot in slots:
                if slot in self._slots:
                    self._question(form, slot, responses, span)
                else:
                    self._lose(f"the form '{form}' asks for '{slot}', which is no slot", span)
            if "ignored_intents" in fields(node):
                self._lose(f"'ignored_intents' of the form '{form}'", span)

    def _question(self, form: str, slot: str, responses: set[str], span: Span) -> None:
        own = f"utter_ask_{form}_{slot}"
        prompt = own if own in responses else f"utter_ask_{slot}"
        key = ("question", f"ask_{form}_{slot}" if own in responses else f"ask_{slot}")
        is_new = key not in self._names
        question = self._named(*key)
        self._forms[form].append(question)
        if not is_new:
            return
        said = self._named("response", prompt)
        if prompt not in responses:
            self._lose(f"nothing says how to ask for '{slot}' ('{prompt}'); one was made up", span)
            self._put("mirons", f"{said}: What is {slot.replace('_', ' ')}?")
        self._put("questions", f"{question}: {{fills: {self._slots[slot]}, prompt: {said}}}")

    # Sentences

    def _responses(self) -> None:
        for response, node, span in self._project.entries("responses"):
            texts: list[str] = []
            for item in node.items if isinstance(node, Items) else ():
                facts = fields(item)
                if word(facts.get("text")):
                    texts.append(self._said(word(facts["text"]), item.span))
                for key in facts:
                    if key in _NOT_SAID:
                        self._lose(f"'{key}' of '{response}'", item.span)
                self._buttons(facts.get("buttons"))
            name = self._named("response", response)
            if texts:
                self._put(
                    "mirons", f"{name}:", "  said: |", *(f"    {text}" for text in dict.fromkeys(texts))
                )
            else:
                self._lose(f"'{response}' has no text; it is said as nothing but its name", span)
                self._put("mirons", f"{name}: {{said: {name.replace('_', ' ')}}}")

    def _said(self, text: str, span: Span) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] in self._slots:
                return f"{{{self._slots[match[1]]}}}"
            self._lose(f"'{{{match[1]}}}' is no slot", span)
            return escape(match[0])

        made, at = "", 0
        text = " ".join(text.split())
        for match in re.finditer(r"\{(\w+)\}", text):
            made += escape(text[at : match.start()]) + value(match)
            at = match.end()
        return _line(made + escape(text[at:]))

    def _buttons(self, node: Node | None) -> None:
        for item in node.items if isinstance(node, Items) else ():
            title, payload = word(fields(item).get("title")), word(fields(item).get("payload"))
            if re.fullmatch(r"/[\w/]+", payload):
                self._labels.setdefault(payload[1:], title)
            else:
                self._lose(f"the button '{title}' sends {payload!r}", item.span)

    def _intents(self) -> None:
        examples: dict[str, list[str]] = {}
        for _, node in self._project.sections.get("nlu", ()):
            facts = fields(node)
            if "intent" in facts:
                lines = self._examples(facts.get("examples"))
                examples.setdefault(word(facts["intent"]), []).extend(lines)
            else:
                kind = next(iter(facts), "entry")
                if kind != "synonym" or node.line not in self._carried:
                    self._lose(f"the {kind} '{word(facts.get(kind))}' of the training data", node.span)
        heard = {text for kind, text in self._names if kind == "intent"}
        for intent, lines in examples.items():
            if intent in _FALLBACK or intent not in heard:
                if intent not in _FALLBACK:
                    self._lose(f"no rule and no story hears the intent '{intent}'")
                continue
            name = self._named("intent", intent)
            said = [line for line in dict.fromkeys(lines) if self._first(line, name)]
            if beyond := said[MOST_EXAMPLES:]:
                self._lose(f"{len(beyond)} examples of '{intent}' beyond the first {MOST_EXAMPLES}")
            shown = said[:MOST_EXAMPLES] or [name.replace("_", " ")]
            self._put("mirons", f"{name}:", "  heard: |", *(f"    {line}" for line in shown))
            if intent in self._labels:
                self._put("mirons", f"  label: {_quoted(self._labels[intent])}")
            if intent in self._sets:
                self._put("mirons", f"  sets: {{{', '.join(dict.fromkeys(self._sets[intent]))}}}")
        for intent in sorted(heard - set(examples) - set(_FALLBACK)):
            self._lose(f"the intent '{intent}' has no examples")
            name = self._named("intent", intent)
            self._put("mirons", f"{name}: {{heard: {name.replace('_', ' ')}}}")

    def _first(self, line: str, name: str) -> bool:
        """Whether nothing else is heard by these words."""
        return self._sentences.setdefault(line.casefold(), name) == name

    def _examples(self, node: Node | None) -> list[str]:
        if isinstance(node, Scalar):
            lines = [text for text, _ in bullets(node)]
        else:
            items = node.items if isinstance(node, Items) else []
            lines = [word(fields(item).get("text")) or word(item) for item in items]
        return [made for line in lines if line.strip() and (made := self._heard(line))]

    def _heard(self, line: str) -> str:
        text, marks = unmarked(line)
        made, at, seen = "", 0, set()
        for mark in marks:
            slot = self._filled.get((mark.entity, mark.role)) or self._filled.get((mark.entity, ""))
            if (slot or mark.entity) in seen or not mark.entity:
                continue
            seen.add(slot or mark.entity)
            entity = re.sub(r"\W+", "_", mark.entity.lower())
            made += escape(text[at : mark.start]) + (f"{{{slot}}}" if slot else f"{{text:{entity}}}")
            at = mark.end
        made += escape(text[at:])
        is_bare = len(seen) == 1 and re.fullmatch(r"\{[^{}]+\}", made.strip())
        return "" if is_bare else _line(made)

    # Rules and stories

    def _rules(self) -> None:
        roots: list[_Turn] = []
        for kind in ("rules", "stories"):
            for _, node in self._project.sections.get(kind, ()):
                self._path(roots, kind, node)
        self._write(roots, "")

    def _path(self, roots: list[_Turn], kind: str, node: Node) -> None:
        facts = fields(node)
        name = word(facts.get("rule")) or word(facts.get("story")) or kind
        condition = self._condition(facts.get("condition"), name)
        turns = roots
        when: tuple[str, ...] = ()
        steps: list[str] = []
        listed = facts.get("steps")
        for item in listed.items if isinstance(listed, Items) else ():
            step = fields(item)
            intents = self._intents_of(step)
            if intents:
                if when and steps:
                    turns = self._turn(turns, name, when, tuple(steps), condition, node.span).next
                when, steps = intents, []
            elif step and (made := self._step(step, item.span, name)):
                steps.append(made)
        if when and steps:
            self._turn(turns, name, when, tuple(steps), condition, node.span)
        elif steps:
            self._lose(f"'{name}' begins without words of the user", node.span)

    def _intents_of(self, step: dict[str, Node]) -> tuple[str, ...]:
        if "or" in step and isinstance(step["or"], Items):
            return tuple(found for item in step["or"].items for found in self._intents_of(fields(item)))
        intent = word(step.get("intent"))
        if not intent:
            return ()
        if intent in _FALLBACK:
            return ("not_understood",)
        return (self._named("intent", intent),)

    def _step(self, step: dict[str, Node], span: Span, story: str) -> str:
        action = word(step.get("action"))
        if action in self._forms:
            asked = self._forms[action]
            return f"{{ask: [{', '.join(asked)}]}}" if asked else ""
        if action.startswith("utter_"):
            known = ("response", action) in self._names
            if not known:
                self._lose(f"'{story}' says '{action}', which no response gives", span)
            return f"{{say: {self._names['response', action]}}}" if known else ""
        if action in _OWN_ACTIONS or ("action" in step and not action):
            return ""
        if action:
            service = self._named("service", action)
            self._services[service] = None
            return f"{{call: {service}}}"
        if "active_loop" in step:
            return ""
        what = next(iter(step), "")
        if what == "slot_was_set":
            return ""
        self._lose(f"'{what}' in '{story}'", span)
        return ""

    def _condition(self, node: Node | None, name: str) -> str:
        tests = []
        for item in node.items if isinstance(node, Items) else ():
            facts = fields(item)
            entries = facts.get("slot_was_set")
            if isinstance(entries, Items):
                for entry in entries.items:
                    pairs = entry.pairs if isinstance(entry, Mapping) else []
                    for key, value in pairs:
                        tests.append(self._test(key.text, word(value)))
                    if isinstance(entry, Scalar):
                        tests.append(self._test(entry.text, ""))
            else:
                self._lose(f"the condition '{next(iter(facts), '')}' of '{name}'", item.span)
        return " and ".join(test for test in tests if test)

    def _test(self, slot: str, value: str) -> str:
        name = self._slots.get(slot)
        if name is None:
            return ""
        if value.lower() in ("null", "~", "none"):
            return f"not {name}"
        if value.lower() in ("true", "false"):
            return name if value.lower() == "true" else f"{name} is no"
        return f'{name} == "{value}"' if value else f"{name} is known"

    def _turn(
        self,
        turns: list[_Turn],
        name: str,
        when: tuple[str, ...],
        steps: tuple[str, ...],
        condition: str,
        span: Span,
    ) -> _Turn:
        for known in turns:
            if known.when == when and known.condition == condition:
                if known.steps != steps:
                    self._lose(f"'{name}' does something else than '{known.name}' after the same words", span)
                return known
        turns.append(_Turn(name, when, steps, condition, span))
        return turns[-1]

    def _write(self, turns: list[_Turn], parent: str) -> None:
        for number, turn in enumerate(turns):
            name = self._named("rule", f"{turn.name}" if not parent else f"{parent}_{number + 1}")
            self._put("rules", f"{name}:")
            if parent:
                self._put("rules", f"  follows: {parent}")
            heard = [f"hear {intent}" for intent in turn.when]
            self._put("rules", f"  when: {heard[0] if len(heard) == 1 else '[' + ', '.join(heard) + ']'}")
            if turn.condition:
                self._put("rules", f"  if: {turn.condition}")
            self._put("rules", "  do:", *(f"    - {step}" for step in turn.steps))
            self._write(turn.next, name)

    def _actions(self) -> None:
        for service in self._services:
            self._put("services", f"{service}: {{timeout: 10s}}")
            self._lose(f"what the action '{service}' takes and gives: write it under services")


def _constant(text: str, kind: str) -> str:
    """An initial value as the language writes it; empty if there is none."""
    if text.lower() in ("", "null", "~", "none", "[]") or kind.startswith("list"):
        return ""
    if kind == "flag" or text.lower() in ("true", "false"):
        return "yes" if text.lower() == "true" else "no"
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text
    return re.sub(r"\W+", "_", text.lower()) if "|" in kind else f"'\"{text.replace(chr(34), chr(39))}\"'"


def _plain(value: str) -> str:
    return re.sub(r"\W+", "_", value.lower()).strip("_")


def _line(text: str) -> str:
    """A sentence as a line of a block."""
    text = " ".join(text.split())
    return f"\\{text}" if text.startswith("#") else text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
