"""German. Words are folded: ``fünf`` is ``funf``, ``dreißig`` is ``dreissig``."""

from __future__ import annotations

from miron.locales import Locale, groups, words

_UNITS = (
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn"
)
_TENS = "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig"
_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_DAYS = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"
_FOLDED_MONTHS = _MONTHS.replace("ä", "a").lower().split()


def _numbers() -> dict[str, int]:
    found = {word: value for value, word in enumerate(words(f"{_UNITS} siebzehn achtzehn neunzehn"))}
    for ten, word in enumerate(_TENS.split(), 2):
        found[word] = 10 * ten
        for unit, digit in enumerate(words("ein zwei drei vier funf sechs sieben acht neun"), 1):
            found[f"{digit}und{word}"] = 10 * ten + unit
    return found | {"zwo": 2, "fuenf": 5, "zwoelf": 12, "fuenfzehn": 15, "dreissig": 30, "fuenfzig": 50}


def _ordinals() -> dict[str, int]:
    irregular = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
    found: dict[str, int] = {}
    for word, value in _numbers().items():
        stem = irregular.get(value) or word + ("t" if value < 20 else "st")
        if value:
            found |= {stem + ending: value for ending in ("e", "er", "en", "es", "em")}
    return found


_COMMON = words(
    """
ab aber abend abends acht alle allem allen aller alles als also alt am an andere anderen anders angst
anruf antwort auch auf aufzug aus ausserdem bald bei beide beim bereit beruf besprechung besser besten
besuch besucher bin bis bist bitte brauche brauchen bringen da dabei dafur damit danach dank danke dann
daran darauf darf das dass davon dazu dein deine dem den denn der des deshalb dich die dies diese diesem
diesen dieser dieses dir doch dort drei du durch durfen eben ein eine einem einen einer eines einfach
einmal ende entschuldigung er erst erste es etwas euch falsch fast fertig finde finden frage fragen frau
fruh fur ganz gar geben gegen gehe gehen geht genau gerade gern gerne gestern gibt ging gleich glaube gut
gute guten guter habe haben halb hallo halt hat hatte hatten heisse heute hier hilfe hin hinter hore ich
ihm ihn ihnen ihr ihre ihren im immer in ins irgendwie ist ja jede jeder jemand jetzt jung kann kannst
kein keine keinen klar komme kommen kommt konnen konnte lange langsam lassen laut leider liebe links mach
mache machen macht mal man mehr mein meine meinem meinen meiner mich minute minuten mir mit mittag mochte
mochten morgen muss mussen nach nachmittag nachste name namen naturlich neben nein nicht nichts nie
niemand noch nun nur ob oder ohne paket parken rechts richtig ruf sage sagen schlecht schnell schon sehe
sehen sehr sei sein seine seit selbst sich sicher sie sind so sofort soll sollte sonst spat sprechen
stimmt stunde stunden suche suchen tag tage termin toilette tun tut uber uhr um und uns unser unter
verloren viel viele viertel vielleicht vier vom von vor vorbei vorher wann war warte warten warum was
wasser weg wegen weil weiss weiter welche wenig wenn wer werde werden wie wieder will willkommen wir wird
wirklich wissen wo woche wohl wollen worte zeit zimmer zu zum zur zuruck zusammen zwei zwischen mude
verabredet angemeldet
"""
)

LOCALE = Locale(
    name="de",
    contractions={
        "zum": ("zu", "dem"),
        "zur": ("zu", "der"),
        "beim": ("bei", "dem"),
        "vom": ("von", "dem"),
        "im": ("in", "dem"),
        "ins": ("in", "das"),
        "am": ("an", "dem"),
        "furs": ("fur", "das"),
        "ich's": ("ich", "es"),
        "geht's": ("geht", "es"),
        "gehts": ("geht", "es"),
        "gibt's": ("gibt", "es"),
        "gibts": ("gibt", "es"),
        "ist's": ("ist", "es"),
        "war's": ("war", "es"),
        "hab": ("habe",),
        "hab's": ("habe", "es"),
        "heiss": ("heisse",),
        "komm": ("komme",),
        "mocht": ("mochte",),
        "moechte": ("mochte",),
        "fuer": ("fur",),
        "ne": ("eine",),
        "nen": ("einen",),
        "nem": ("einem",),
    },
    numbers=_numbers(),
    scales={"hundert": 100, "tausend": 1000, "million": 1_000_000, "millionen": 1_000_000},
    ordinals=_ordinals(),
    fillers=frozenset(words("ah ahm aeh aehm hm hmm mm bitte halt eben mal")),
    openers=groups(
        """
        hallo, hi, hey, guten tag, guten morgen, guten abend, gruss gott, gruezi, moin, servus, tag,
        entschuldigung,
        entschuldigen sie, verzeihung, oh, ok, okay, also, nun, so, gut, danke, vielen dank,
        schonen guten tag,
        konnen sie bitte, konnten sie bitte, wurden sie bitte, ich glaube, ich denke
        """
    ),
    carriers=groups("es ist, das ist, das ware, es ware, ich bin, die antwort ist, ich sagte, ich sage"),
    closers=groups(
        """
        danke, danke schon, vielen dank, dankeschon, besten dank, dann, jetzt, ok, okay, oder, glaube ich,
        denke ich, wenn moglich, wenn es geht, fur mich
        """
    ),
    joiners=frozenset(words("und aber auch also dann sowie weil")),
    droppable=frozenset(words("der die das den dem des ein eine einen einem einer")),
    common=frozenset(_COMMON),
    titles={
        "herr": "Herr",
        "herrn": "Herrn",
        "frau": "Frau",
        "dr": "Dr.",
        "doktor": "Dr.",
        "prof": "Prof.",
        "professor": "Prof.",
        "professorin": "Prof.",
    },
    particles=frozenset(words("von van der den de zu zur vom am und la le di da")),
    yes=("ja", "jawohl", "genau", "richtig", "stimmt", "klar", "natürlich", "sicher", "gerne", "jep"),
    no=("nein", "nee", "ne", "falsch", "stimmt nicht", "auf keinen fall"),
    months={name: n for n, name in enumerate(_FOLDED_MONTHS, 1)}
    | {name[:3]: n for n, name in enumerate(_FOLDED_MONTHS, 1)}
    | {"janner": 1, "feber": 2, "maerz": 3, "juno": 6, "julei": 7, "sept": 9},
    weekdays={name.lower(): n for n, name in enumerate(_DAYS.split())} | {"sonnabend": 5},
    month_names=tuple(_MONTHS.split()),
    weekday_names=tuple(_DAYS.split()),
    relative_days={
        ("heute",): 0,
        ("heute", "abend"): 0,
        ("morgen",): 1,
        ("ubermorgen",): 2,
        ("uebermorgen",): 2,
        ("gestern",): -1,
        ("vorgestern",): -2,
    },
    units={
        "ms": 1,
        "millisekunde": 1,
        "millisekunden": 1,
        "s": 1000,
        "sek": 1000,
        "sekunde": 1000,
        "sekunden": 1000,
        "min": 60_000,
        "minute": 60_000,
        "minuten": 60_000,
        "h": 3_600_000,
        "std": 3_600_000,
        "stunde": 3_600_000,
        "stunden": 3_600_000,
        "tag": 86_400_000,
        "tage": 86_400_000,
        "tagen": 86_400_000,
        "woche": 604_800_000,
        "wochen": 604_800_000,
    },
    and_word=" und ",
)
