"""Random rules and events for the engine benchmark, and who answers them by hand.

Names grow with the number of rules, so that fan-out does not: about ten rules wait for an event, six test a
fact. Every rule lives at a place, and uses names near it, so that popular events meet facts that are set.
With hubs, four facts are tested by one rule in twenty each.
"""

from __future__ import annotations

import random
from typing import Any

Json = Any
Fired = list[tuple[int, int]]

WINDOWS = (1_000, 2_000, 5_000, 10_000, 30_000, 60_000)
TICKS = 4


def workload(n: int, events: int, seed: int, hubs: int = 0) -> Json:
    """Rules and trace, the same for the same arguments."""
    rng = random.Random(f"{n} {events} {seed} {hubs}")
    sizes = {
        "e": max(4, n * 7 // 100),
        "i": max(2, n * 3 // 200),
        "f": max(8, n // 4),
        "a": max(5, n * 3 // 10),
    }
    names = {kind: [f"{kind}{k}" for k in range(size)] for kind, size in sizes.items()}

    def near(kind: str, place: float, width: int) -> str:
        at = int(place * sizes[kind]) + rng.randint(-width, width)
        return names[kind][min(sizes[kind] - 1, max(0, at))]

    hub_names = [f"hub{k}" for k in range(hubs)]
    rules: list[Json] = []
    for number in range(n):
        kind = rng.choices("eif", (70, 15, 15))[0]
        at = rng.randrange(sizes[kind])
        place = at / sizes[kind]
        trigger = names[kind][at]
        on = {"fact": trigger, "becomes": rng.random() < 0.7} if kind == "f" else {"event": trigger}
        tests = {near("f", place, 10): rng.random() < 0.65 for _ in range(rng.choice((1, 2, 2)))}
        tests.pop(trigger, None)
        if hubs and rng.random() < 0.2:
            tests[rng.choice(hub_names)] = rng.random() < 0.7
        rule: Json = {"id": number, "on": on, "if": [[fact, wanted] for fact, wanted in tests.items()]}
        if not tests or rng.random() < 0.35:
            rule["after"] = {"event": near("e", place, 6), "within_ms": rng.choice(WINDOWS)}
        done = {}
        for _ in range(rng.choice((1, 2, 2))):
            what = rng.choices(("act", "set", "clear", "emit"), (48, 20, 21, 11))[0]
            if what == "act":
                name = rng.choice(names["a"])
            elif what == "emit":
                name = near("i", place, 3)
            else:
                name = near("f", place, 10)
            done.setdefault(name, what)
        rule["do"] = [[what, name] for name, what in done.items()]
        rules.append(rule)
    for hub in hub_names:
        for what in ("set", "clear"):
            trigger = names["e"][rng.randrange(min(30, sizes["e"]))]
            rules.append(
                {
                    "id": len(rules),
                    "on": {"event": trigger},
                    "if": [[hub, what == "clear"]],
                    "do": [[what, hub]],
                }
            )
    zipf = [1 / (k + 1) for k in range(sizes["e"])]
    trace = []
    t = 0
    for event in rng.choices(names["e"], zipf, k=events):
        t += 1 + int(rng.expovariate(1 / 500))
        trace.append((t, event))
    return {
        "n": n,
        "max_internal_ticks": TICKS - 1,
        "events": names["e"],
        "internal": names["i"],
        "facts": names["f"] + hub_names,
        "actions": names["a"],
        "rules": rules,
        "trace": trace,
    }


class ByHand:
    """What a good engineer writes without an engine: a dict from trigger to rules, facts in a set."""

    name = "dict dispatcher, by hand"

    def build(self, spec: Json) -> None:
        self.waiting: dict[Any, list[tuple[Any, ...]]] = {}
        for rule in spec["rules"]:
            on = rule["on"]
            key = on["event"] if "event" in on else (on["fact"], on["becomes"])
            after = rule.get("after")
            by_kind: dict[str, list[str]] = {"act": [], "set": [], "clear": [], "emit": []}
            for what, name in rule["do"]:
                by_kind[what].append(name)
            self.waiting.setdefault(key, []).append(
                (
                    rule["id"],
                    [fact for fact, wanted in rule["if"] if wanted],
                    [fact for fact, wanted in rule["if"] if not wanted],
                    after["event"] if after else None,
                    after["within_ms"] if after else 0,
                    by_kind["set"],
                    by_kind["clear"],
                    by_kind["emit"],
                )
            )
        self.facts: set[str] = set()
        self.seen: dict[str, int] = {}

    def feed(self, now: int, event: str) -> Fired:
        waiting, facts, seen = self.waiting, self.facts, self.seen
        out: Fired = []
        pending: Any = (event,)
        for tick in range(TICKS):
            fired = []
            for trigger in pending:
                for rule in waiting.get(trigger, ()):
                    if rule[3] is not None and now - seen.get(rule[3], -(1 << 60)) > rule[4]:
                        continue
                    for fact in rule[1]:
                        if fact not in facts:
                            break
                    else:
                        for fact in rule[2]:
                            if fact in facts:
                                break
                        else:
                            fired.append(rule)
            for trigger in pending:
                if type(trigger) is str:
                    seen[trigger] = now
            if not fired:
                break
            if len(fired) > 1:
                fired.sort()
            on: set[str] = set()
            off: set[str] = set()
            following: set[Any] = set()
            for rule in fired:
                out.append((tick, rule[0]))
                on.update(rule[5])
                off.update(rule[6])
                following.update(rule[7])
            for fact in off - on:
                if fact in facts:
                    facts.remove(fact)
                    following.add((fact, False))
            for fact in on:
                if fact not in facts:
                    facts.add(fact)
                    following.add((fact, True))
            if not following:
                break
            pending = following
        return out


class Plainly:
    """The definition of the right answer: every rule is looked at in every tick."""

    name = "scan of all rules"

    def build(self, spec: Json) -> None:
        self.rules = spec["rules"]
        self.facts: set[str] = set()
        self.seen: dict[str, int] = {}

    def feed(self, now: int, event: str) -> Fired:
        out: Fired = []
        events, edges = {event}, set[tuple[str, bool]]()
        for tick in range(TICKS):
            fired = [rule for rule in self.rules if self.acts(rule, events, edges, now)]
            out += [(tick, rule["id"]) for rule in fired]
            done = [effect for rule in fired for effect in rule["do"]]
            before = set(self.facts)
            self.facts -= {name for what, name in done if what == "clear"}
            self.facts |= {name for what, name in done if what == "set"}
            self.seen.update((name, now) for name in events)
            events = {name for what, name in done if what == "emit"}
            edges = {(name, name in self.facts) for name in before ^ self.facts}
            if not events and not edges:
                break
        return out

    def acts(self, rule: Json, events: set[str], edges: set[tuple[str, bool]], now: int) -> bool:
        on = rule["on"]
        triggered = on["event"] in events if "event" in on else (on["fact"], on["becomes"]) in edges
        if not triggered or any((fact in self.facts) != wanted for fact, wanted in rule["if"]):
            return False
        after = rule.get("after")
        return not after or (
            after["event"] in self.seen and now - self.seen[after["event"]] <= after["within_ms"]
        )
