#!/usr/bin/env python3
"""How parsing by templates grows: 1,000 Mirons and 50,000 names against 100 Mirons and 5,000 names.

Prints one line of JSON: ``small`` and ``large``, each with mirons, names, build_s (until the first parse has
been answered) and the processor time of one parse, p50 and p99, of sentences without and with a name; and the
ratios of those. The sentences are the same in both: a tenth of the Mirons, with names that both know. They
are asked in turns, so that a busy machine slows both alike.
"""

import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from adapter import quantile, timed

from miron.entities import Lexicon
from miron.model import Forms, Miron, Slot
from miron.template import parse
from miron.understand import Understander

VERBS = ("fetch", "clean", "paint", "open", "measure", "repair", "deliver", "count", "hide", "polish")
THINGS = ("lamp", "door", "crate", "window", "basket", "mirror", "carpet", "ladder", "kettle", "statue")
PLACES = ("attic", "cellar", "garden", "hall", "kitchen", "library", "office", "stable", "tower", "yard")
SYLLABLES = [a + b for a in "bdfgklmnprstv" for b in "aeiou"]

ASKED = 150


def mirons(count: int) -> list[Miron]:
    """Each with three templates, one of them with a name."""
    out = []
    for number in range(count):
        verb, thing, place = VERBS[number % 10], THINGS[number // 10 % 10], PLACES[number // 100 % 10]
        templates = (
            f"[please] {verb} the {thing} in the {place}",
            f"(can|could) you {verb} the {thing} (in|at) the {place}",
            f"{verb} the {place} {thing} for {{person}}",
        )
        forms = Forms(tuple(parse(text) for text in templates))
        slots = {"person": Slot("person", "person")}
        out.append(Miron(f"task.{verb}_{thing}_{place}", forms={"en": forms}, slots=slots))
    return out


def names(count: int) -> list[str]:
    rng = random.Random(0)
    found: dict[str, None] = {}
    while len(found) < count:
        first, last = ("".join(rng.choices(SYLLABLES, k=k)).capitalize() for k in (2, 3))
        found[f"{first} {last}"] = None
    return list(found)


def sentences(count: int, known: list[str]) -> list[str]:
    rng = random.Random(1)
    out = []
    for _ in range(count):
        verb, thing, place = rng.choice(VERBS), rng.choice(THINGS), PLACES[0]
        kind = rng.randrange(3)
        if kind == 0:
            out.append(f"please {verb} the {thing} in the {place}")
        elif kind == 1:
            out.append(f"could you {verb} the {thing} at the {place}")
        else:
            out.append(f"{verb} the {place} {thing} for {rng.choice(known).lower()}")
    return out


def built(made: list[Miron], known: list[str]) -> Understander:
    understander = Understander(made, lexicon=Lexicon({"person": known}))
    understander.understand(f"fetch the attic lamp for {known[-1].lower()}")
    return understander


def main() -> None:
    known = names(50_000)
    asked = sentences(ASKED, known[:5_000])
    found: dict[str, dict[str, float]] = {}
    ready: dict[str, Understander] = {}
    for size, count, values in (("small", 100, 5_000), ("large", 1_000, 50_000)):
        ready[size], _, cpu = timed(lambda n=count, v=values: built(mirons(n), known[:v]))
        found[size] = {"mirons": count, "names": values, "build_s": round(cpu, 2)}
    times: dict[str, dict[str, list[float]]] = {size: {"literal": [], "name": []} for size in ready}
    for text in asked:
        for size, understander in ready.items():
            begun = time.process_time()
            acts = understander.understand(text)
            kind = "name" if " for " in text else "literal"
            times[size][kind].append(1e3 * (time.process_time() - begun))
            if not acts or acts[0].reason.method != "template":
                sys.exit(f"not understood: {text}")
    ratio = {}
    for kind in ("literal", "name"):
        for size, by_kind in times.items():
            for share, short in ((0.5, "p50"), (0.99, "p99")):
                found[size][f"{kind}_{short}_ms"] = quantile(by_kind[kind], share)
        for short in ("p50", "p99"):
            what = f"{kind}_{short}_ms"
            ratio[what] = round(found["large"][what] / found["small"][what], 2)
    print(json.dumps(found | {"ratio": ratio}))


if __name__ == "__main__":
    main()
