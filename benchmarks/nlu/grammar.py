#!/usr/bin/env python3
"""Makes a template-grammar data set: ``grammar.py OUT_DIR [SEED]``.

A house and a front desk in two dozen intents, each a few template sentences with slots. Written to OUT_DIR:
``grammar.train.jsonl`` (sentences sampled from the templates), ``grammar.clean/typo/filler/unrelated.jsonl`` (fresh
samples; with one slip of the finger in a word of four letters or more; with a polite filler; sentences about something
else, intent ``oos``), and ``grammar.test.jsonl``, all four in one file for the out-of-scope figures.
"""

# ruff: noqa: E501  (template data is read best one intent a line)

import json
import random
import re
import sys
from pathlib import Path
from typing import Any

LISTS = {
    "name": "ceiling light|bed light|desk lamp|floor lamp|kitchen fan|coffee machine|tv|front door|garage door|water "
    "heater|air conditioner|robot vacuum|left curtain|right curtain|radio|dish washer|porch light|heat pump|speaker",
    "area": "kitchen|living room|bedroom|bathroom|hallway|garage|office|attic|guest room|cellar|dining room|nursery",
    "floor": "ground floor|first floor|second floor|basement|upstairs|downstairs",
    "color": "red|green|blue|yellow|orange|purple|white|warm white|pink|turquoise",
    "number": "five|ten|fifteen|twenty|thirty|forty five|fifty|sixty|seventy five|ninety|one hundred|12|25|40|80",
    "minutes": "one|two|three|five|ten|fifteen|twenty|thirty|forty|5|10|15|45",
    "item": "milk|bread|apples|washing powder|olive oil|coffee|cheese|tomatoes|paper towels|bananas|cat food|rice",
    "room": "meeting room one|the blue room|the board room|conference room two|the library|the studio",
    "person": "ada lovelace|grace hopper|alan turing|mary shelley|doctor watson|john smith|maria garcia|wei chen|"
    "anna schmidt|peter miller|linda brown|omar hassan|kate o'neill|jean dupont",
    "company": "acme|globex|initech|umbrella foods|northwind traders|blue harbour|stark logistics|city bank",
    "time": "nine|half past ten|quarter to three|noon|two thirty|four o'clock|11 am|6 pm|eight fifteen",
    "day": "today|tomorrow|monday|tuesday|wednesday|thursday|friday|next week",
    "song": "yesterday|moon river|hey jude|clair de lune|let it be|summertime|blue monday|the four seasons",
    "state": "open|closed|locked|on|off",
}

INTENTS = {
    "turn_on": "(turn|switch) on [the] {name} [in the {area}]~(turn|switch) [the] {name} on~activate [the] {name}~(turn|switch) on all [the] lights in [the] {area}",
    "turn_off": "(turn|switch) off [the] {name} [in the {area}]~(turn|switch) [the] {name} off~deactivate [the] {name}~(turn|switch) off all [the] lights on [the] {floor}",
    "brightness": "set [the] {name} [brightness] to {number} percent~(dim|brighten) [the] {name} to {number} percent~[the] {area} brightness to {number} percent",
    "colour": "(set|change|turn) [the] {name} [color] to {color}~make [the] {area} [lights] {color}~{color} light in [the] {area}",
    "open_cover": "open [the] {name} [in the {area}]~(raise|lift) [the] {name}",
    "close_cover": "close [the] {name} [in the {area}]~(lower|shut) [the] {name}",
    "temperature_set": "set [the] temperature [in the {area}] to {number} degrees~(heat|cool) [the] {area} to {number} degrees~make it {number} degrees [in the {area}]",
    "temperature_get": "(what is|what's) the temperature [in the {area}]~how (warm|cold|hot) is it [in the {area}]",
    "state_query": "is [the] {name} {state}~are any lights {state} in [the] {area}~(what is|what's) the state of [the] {name}",
    "lock": "lock [the] {name}~lock all [the] doors [on the {floor}]",
    "unlock": "unlock [the] {name}~unlock all [the] doors [on the {floor}]",
    "vacuum_start": "start [the] {name}~vacuum [the] {area}~clean [the] {area}",
    "vacuum_home": "(return|send) [the] {name} to [its] base~[the] {name} go home",
    "timer_start": "(set|start) a timer for {minutes} minutes~{minutes} minute timer~remind me in {minutes} minutes",
    "timer_cancel": "(cancel|stop) [the|my] timer~(cancel|stop) the {minutes} minute timer",
    "shopping_add": "(add|put) {item} (to|on) [my|the] shopping list~we need [more] {item}",
    "shopping_remove": "(remove|take) {item} (from|off) [my|the] shopping list~cross {item} off the list",
    "play": "play {song} [in the {area}]~put on {song}",
    "volume": "set [the] volume to {number} percent~turn the volume (up|down) by {number}",
    "weather": "(what is|what's|how is) the weather [like] [{day}]~will it rain {day}",
    "visit": "(i am|i'm) here to (see|meet|visit) {person}~i have (an appointment|a meeting) with {person} at {time}~{person} (is expecting|expects) me [at {time}]",
    "introduce": "my name is {person} [from {company}]~(i am|i'm) {person} (from|of) {company}~(i am|i'm) with {company}",
    "delivery": "(i have|there is) a (parcel|package|delivery) for {person}~delivery for {company}",
    "find_room": "(where is|where's|how do i get to|how do i find) {room}~(take|show) me [the way] to {room}",
    "wifi": "(what is|what's) the (wifi|guest) password~may i have the guest wifi [password]~how do i get online",
    "call_taxi": "(call|order|get) me a (taxi|cab) [for {time}]~i need a (taxi|cab) [at {time}]",
    "announce": "tell {person} (that i am|i'm) (running|a bit) late~announce dinner in [the] {area}",
}

FILLERS = (
    "{} please", "please {}", "could you please {}", "{} thank you", "would you be so kind and {}", "hey can you {}",
    "um {}", "{} if you don't mind", "ok so {}", "well {} please", "i was wondering could you {}", "oh and {} thanks a lot",
)  # fmt: skip

UNRELATED = """the capital of peru is lima
my cousin plays the accordion in a band
how many legs does a spider have
i think the president should resign
can you recommend a good novel about pirates
she bought a second hand bicycle in march
what year did the berlin wall come down
the stock market fell sharply this morning
why do leaves change colour in autumn
do you prefer tea or lemonade
this soup tastes of garlic
write me an essay on medieval trade
how old was mozart when he died
translate butterfly into french
our flight to lisbon was delayed
what is seventeen times twenty three
he proposed to her on a beach in thailand
i would like to apply for a loan
the goalkeeper saved two penalties
which planet has the most moons
tell me a joke about lawyers
my printer keeps jamming
could you proofread my cover letter
who painted the girl with a pearl earring
is it safe to eat raw mushrooms
they have been married for thirty years
how do i reset my email password
the museum is closed for renovation
what is the exchange rate of the yen
i forgot my gym shoes
explain how a bill becomes law
the novel was translated into forty languages
do penguins have knees
we hiked along the ridge until dusk
how do you spell rhythm
she is allergic to cats and dust
book two seats for the opera
what does carpe diem mean
there was an earthquake near the coast
i can't find my reading glasses
how many calories are in an avocado
the teacher gave us too much homework
who wrote pride and prejudice
my back has been hurting for weeks
is there a cure for the common cold
transfer fifty dollars to my savings account
the train from vienna is late again
what should i wear to a wedding
dolphins sleep with one eye open
i have lost my luggage
how far away is the moon
the dentist pulled out a wisdom tooth
give me a synonym for happy
his speech lasted over an hour
when was the printing press invented
i need a recipe for pancakes
the river flooded the lower fields
can dogs see colours
what are the rules of cricket
we adopted a kitten from the shelter
my subscription was charged twice
who is the king of spain
the band broke up after their third album
how do volcanoes form
i'd rather walk than take the bus
the jury is still out on that
which vitamins are in spinach
did you see the eclipse last night
her handwriting is impossible to read
how do i change a flat tyre
the lawyer advised us to settle
what language do they speak in brazil
i am learning to play chess
the cake collapsed in the middle
who discovered penicillin
it was raining cats and dogs
where do monarch butterflies migrate
the company laid off half its staff
how long does it take to boil an egg
my phone screen is cracked
the senator denied the allegations
what is the plot of hamlet
we ran out of petrol on the motorway
does the post office open on sundays
i dreamed i could fly
the statue was made of bronze
how tall is the eiffel tower
she won a scholarship to oxford
why is the sea salty
my brother in law sells insurance
the cows are grazing by the river
are you a human or a machine
the hotel refunded our deposit
what is the speed of light
he snores like a freight train
i want to cancel my magazine subscription
the experiment failed three times
how do bees make honey
tell me something interesting about owls
nobody knows who built these walls""".splitlines()


def sample(template: str, rng: random.Random) -> tuple[str, list[dict[str, Any]]]:
    """One sentence of a template, with its slots."""
    while match := re.search(r"\[([^\[\]]*)\]", template):
        chosen = rng.choice(match[1].split("|")) if rng.random() < 0.5 else ""
        template = template[: match.start()] + chosen + template[match.end() :]
    while match := re.search(r"\(([^()]*)\)", template):
        template = template[: match.start()] + rng.choice(match[1].split("|")) + template[match.end() :]
    template = re.sub(r"\s+", " ", template).strip()
    text, slots = "", []
    for part in re.split(r"(\{\w+\})", template):
        if part.startswith("{"):
            value = rng.choice(LISTS[part[1:-1]].split("|"))
            slots.append(
                {"start": len(text), "end": len(text) + len(value), "entity": part[1:-1], "value": value}
            )
            text += value
        else:
            text += part
    return text, slots


def slip(row: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One letter dropped, doubled, swapped or mistyped in one word of four letters or more."""
    text = row["text"]
    word = rng.choice(list(re.finditer(r"[a-z]{4,}", text)))
    i = rng.randrange(word.start() + 1, word.end() - 1)
    kind = rng.randrange(4)
    new = ("", text[i] * 2, text[i + 1] + text[i], rng.choice("abcdefghijklmnopqrstuvwxyz"))[kind]
    old = 2 if kind == 2 else 1
    shift = len(new) - old
    slots = [
        {
            **s,
            "start": s["start"] + (shift if s["start"] > i else 0),
            "end": s["end"] + (shift if s["end"] > i else 0),
        }
        for s in row["slots"]
    ]
    text = text[:i] + new + text[i + old :]
    return {**row, "text": text, "slots": [{**s, "value": text[s["start"] : s["end"]]} for s in slots]}


def polite(row: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    filler = rng.choice(FILLERS)
    shift = filler.index("{")
    slots = [{**s, "start": s["start"] + shift, "end": s["end"] + shift} for s in row["slots"]]
    return {**row, "text": filler.format(row["text"]), "slots": slots}


def rows(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """`count` sentences of every intent, as far as there are so many different ones."""
    out = []
    for intent, templates in INTENTS.items():
        seen = set()
        for _ in range(count * 3):
            text, slots = sample(rng.choice(templates.split("~")), rng)
            if text not in seen and len(seen) < count:
                seen.add(text)
                out.append({"text": text, "intent": intent, "slots": slots})
    return out


def main() -> None:
    target, seed = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rng = random.Random(seed)
    target.mkdir(parents=True, exist_ok=True)
    clean = rows(25, rng)
    sets = {"train": rows(40, rng), "clean": clean}
    sets["typo"] = [slip(r, rng) for r in clean if re.search("[a-z]{4}", r["text"])]
    sets["filler"] = [polite(r, rng) for r in clean]
    sets["unrelated"] = [{"text": t, "intent": "oos", "slots": []} for t in UNRELATED]
    sets["test"] = sets["clean"] + sets["typo"] + sets["filler"] + sets["unrelated"]
    for name, found in sets.items():
        lines = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found)
        (target / f"grammar.{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
