"""English."""

from __future__ import annotations

from miron.locales import Locale, groups, words

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

_NUMBERS = {word: value for value, word in enumerate(words(f"{_UNITS} seventeen eighteen nineteen"))}
_NUMBERS |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}


def _contractions() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for who in words("i you we they he she it that there who what where when how here name this"):
        found[f"{who}'ll"] = (who, "will")
        found[f"{who}'d"] = (who, "would")
        found[f"{who}'ve"] = (who, "have")
        found[f"{who}'re"] = (who, "are")
        if who not in ("i", "you", "we", "they"):
            found[f"{who}'s"] = (who, "is")
    for verb in words("is are was were do does did have has had could would should must need"):
        found[f"{verb}n't"] = (verb, "not")
    found |= {
        "i'm": ("i", "am"),
        "can't": ("can", "not"),
        "cannot": ("can", "not"),
        "won't": ("will", "not"),
        "shan't": ("shall", "not"),
        "let's": ("let", "us"),
        "gonna": ("going", "to"),
        "wanna": ("want", "to"),
        "gotta": ("have", "to"),
        "o'clock": ("oclock",),
    }
    # Recognisers and hasty typists leave the apostrophe out; words that mean something else without it stay.
    plain = {said.replace("'", ""): meant for said, meant in found.items() if "'" in said}
    ambiguous = {
        "here",
        "whore",
        "names",
        "named",
        "id",
        "ill",
        "its",
        "hell",
        "shell",
        "well",
        "wed",
        "were",
        "shed",
        "lets",
        "wont",
        "cant",
    }
    return (
        {word: meant for word, meant in plain.items() if word not in ambiguous}
        | found
        | {
            "its": ("it", "is"),
            "lets": ("let", "us"),
            "wont": ("will", "not"),
            "cant": ("can", "not"),
        }
    )


_COMMON = words("""
a about above after again ago all almost already also always am an and another any anybody anyone anything
anyway are around as ask at away back bad badly bathroom be because been before behind being best better
between big both bring but buy by bye call called calling came can cannot card care certainly check coffee
come coming correct could day deal delivery did different do does doing done down early either else end enough
even ever every everyone everything exactly excuse expect expected expecting far fast few find fine first for
forget forgot forgotten from front full fun get getting give go going gone good goodbye got great guess had
happy has have having he hear heard hello help her here
hers hey hi him his hold home hope house how however hungry hurry i if in inside instead interview into is it
its just keep kind know last late later least leave left less let like little long look looking lost lot lunch
made make many maybe me mean meet meeting mind minute minutes moment more morning most much must my myself
name near need never new next nice no nobody none nope not nothing now number of off office oh ok okay on once
one only open or other our out outside over parcel parking people perhaps person place please possible press
probably problem put quick quickly quite rather ready really reception receptionist repeat restroom right room
running said same saw say says see seen send sent she should show sick since sir sit slow so some somebody
someone something soon sorry speak stand start stay still stop such suppose sure table take taken talk talking
tea tell than thank thanks that the their them then there these they thing things think this those though
through time tired to today together toilet told tomorrow tonight too took try trying two under understand
until up us use very visit visitor wait waiting want wanted was water way we well went were what when where
which while who whom whose why wifi with without woman wonderful work working would wrong yeah yep yes
yesterday yet you your yours afternoon evening night noon midnight week month year hour o'clock oclock half
quarter past appointment appointments glad busy alone early lonely bored confused afraid scared angry sad
allowed able unable interested currently actually
""")

_RELATIVE = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2}
_RELATIVE |= {"day after tomorrow": 2, "the day before yesterday": -2, "day before yesterday": -2}
_RELATIVE |= {"this morning": 0, "this afternoon": 0, "this evening": 0}

LOCALE = Locale(
    name="en",
    contractions=_contractions(),
    numbers=_NUMBERS,
    scales={"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000},
    ordinals={word: value for value, word in enumerate(_ORDINALS.split(), 1)} | {"thirtieth": 30},
    fillers=frozenset(words("uh um er erm uhm ah hmm hm mm mhm eh please kindly")),
    openers=groups(
        """
        hi, hello, hey, hi there, hello there, hey there, good morning, good afternoon, good evening,
        good day,
        morning, afternoon, evening, excuse me, pardon me, sorry, oh, ok, okay, so, well, now,
        could you please, could you, can you, would you, will you,
        can you please, would you please, could you kindly, thank you, thanks, cheers, great, alright,
        all right,
        anyway, actually, listen, look, you know, i mean, i think, i guess, i believe, if you do not mind,
        could you tell me, can you tell me, please tell me, tell me, do you know, i would like to know,
        i want to know, i need to know, if you would, be so kind and, nice to meet you, how are you
        """
    ),
    carriers=groups(
        "it is, that is, this is, that would be, it would be, it is for, the answer is, i say, i said, i am"
    ),
    closers=groups(
        """
        here, speaking, today, thanks, thank you, thank you very much, thanks a lot, many thanks, cheers,
        then, now, right now,
        ok, okay,
        sir, madam, if possible, if you can, if you could, if you do not mind, for me, you know, i think,
        i guess,
        i believe, would you, could you, will you, can you, right, mate, if you please, if that is ok,
        if that is okay
        """
    ),
    joiners=frozenset(words("and but also so then plus because")),
    droppable=frozenset(words("a an the my some to")),
    common=frozenset(_COMMON),
    titles={
        "mr": "Mr",
        "mister": "Mr",
        "mrs": "Mrs",
        "missus": "Mrs",
        "ms": "Ms",
        "miss": "Miss",
        "mx": "Mx",
        "dr": "Dr",
        "doctor": "Dr",
        "prof": "Prof",
        "professor": "Prof",
        "sir": "Sir",
        "madam": "Madam",
        "lady": "Lady",
        "lord": "Lord",
    },
    particles=frozenset(
        words("von van de der den del della di da dos das du la le el al bin ibn ter ten zu zur y")
    ),
    yes=("yes", "yeah", "yep", "yup", "sure", "of course", "correct", "right", "exactly", "true", "indeed"),
    no=("no", "nope", "nah", "wrong", "not at all", "false", "incorrect"),
    months={name.lower(): n for n, name in enumerate(_MONTHS.split(), 1)}
    | {name.lower()[:3]: n for n, name in enumerate(_MONTHS.split(), 1)}
    | {"sept": 9},
    weekdays={name.lower(): n for n, name in enumerate(_DAYS.split())}
    | {name.lower()[:3]: n for n, name in enumerate(_DAYS.split())}
    | {"tues": 1, "thurs": 3},
    month_names=tuple(_MONTHS.split()),
    weekday_names=tuple(_DAYS.split()),
    relative_days={tuple(phrase.split()): days for phrase, days in _RELATIVE.items()},
    units={
        "ms": 1,
        "millisecond": 1,
        "milliseconds": 1,
        "s": 1000,
        "sec": 1000,
        "secs": 1000,
        "second": 1000,
        "seconds": 1000,
        "min": 60_000,
        "mins": 60_000,
        "minute": 60_000,
        "minutes": 60_000,
        "h": 3_600_000,
        "hr": 3_600_000,
        "hrs": 3_600_000,
        "hour": 3_600_000,
        "hours": 3_600_000,
        "day": 86_400_000,
        "days": 86_400_000,
        "week": 604_800_000,
        "weeks": 604_800_000,
    },
    and_word=" and ",
)
