"""The services a dialogue may call: names, parameters and results, as its `services:` section declares them.

Types are those of the dialogue language; a parameter with `?` may be left out. A `visit` is
`{visitor: person, company: company, host: person, at: time}`, absent parts being null, `at` as "HH:MM".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Signature:
    """What a service takes and gives.

    Attributes:
        about: What it does, in one sentence.
        takes: Parameter to type.
        gives: Result to type.
        timeout_s: Longest time until it answers.
        outward: Whether something leaves the house, at most once per visit and same parameters.
    """

    about: str
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 5.0
    outward: bool = False


SIGNATURES: Mapping[str, Signature] = {
    "find_visits": Signature(
        "Today's visits that meet what is known; `sure` is no when a name only resembles it.",
        takes={
            "name": "person?",
            "first": "text?",
            "last": "text?",
            "company": "company?",
            "host": "person?",
        },
        gives={"found": "list of visit", "sure": "flag"},
    ),
    "find_hosts": Signature(
        "The hosts that a name may mean, best first; `sure` is yes when the first need not be confirmed.",
        takes={"name": "person"},
        gives={"hosts": "list of person", "sure": "flag"},
    ),
    "find_code": Signature(
        "Today's visit with this invitation code; none when there is no such code.",
        takes={"code": "text"},
        gives={"found": "list of visit"},
    ),
    "whole_name": Signature(
        "A first and a last name as one name; either may be the whole name already, or bring a title.",
        takes={"first": "person", "last": "person"},
        gives={"name": "person"},
    ),
    "notify_host": Signature(
        "Tells a host who is here and waits for the answer; `unsure` is yes when the message may not have"
        " gone out, `repeated` when the host had been told before, `words` what the host wants the visitor to"
        " hear. With `instead_of`, the host is told for whom they stand in.",
        takes={
            "host": "person",
            "visitor": "person?",
            "company": "company?",
            "reason": "text?",
            "instead_of": "person?",
        },
        gives={
            "reply": "coming | later | no_answer | refused",
            "words": "text",
            "unsure": "flag",
            "repeated": "flag",
        },
        timeout_s=30.0,
        outward=True,
    ),
    "notify_team": Signature(
        "Tells all colleagues of a host but the deputy who is here, and waits for the first who can come:"
        " `host`. Fails with `not_found` when there are none.",
        takes={"host": "person", "visitor": "person?", "company": "company?", "reason": "text?"},
        gives={
            "reply": "coming | later | no_answer | refused",
            "host": "person",
            "words": "text",
            "unsure": "flag",
        },
        timeout_s=40.0,
        outward=True,
    ),
    "host_reply": Signature(
        "What a host last answered about a visitor, without asking again; no answer yet is no_answer.",
        takes={"host": "person", "visitor": "person?"},
        gives={"reply": "coming | later | no_answer | refused", "words": "text"},
    ),
    "deputy_of": Signature(
        "Who stands in for a host; fails with `not_found` when nobody does.",
        takes={"host": "person"},
        gives={"deputy": "person"},
    ),
    "leave_message": Signature(
        "Leaves a host the message that somebody was here, without waiting for an answer.",
        takes={
            "host": "person",
            "visitor": "person?",
            "company": "company?",
            "text": "text?",
            "reason": "text?",
            "instead_of": "person?",
        },
        gives={"unsure": "flag"},
        timeout_s=10.0,
        outward=True,
    ),
    "call_human": Signature(
        "Tells the front desk that a visitor needs a person.",
        takes={"visitor": "person?", "company": "company?", "text": "text?"},
        gives={"unsure": "flag"},
        timeout_s=10.0,
        outward=True,
    ),
    "check_in": Signature(
        "Writes down that a visitor has arrived; `expected` is yes when the visit was in today's list.",
        takes={"visitor": "person", "host": "person?", "company": "company?"},
        gives={"expected": "flag"},
    ),
    "check_out": Signature(
        "Writes down that a visitor leaves; `found` is no unless exactly one person inside is meant.",
        takes={"visitor": "person", "company": "company?"},
        gives={"found": "flag", "host": "person"},
    ),
    "who_is_in": Signature(
        "Everyone in the building, by arrival (`at`). For the front desk, never for visitors.",
        gives={"people": "list of visit", "count": "number"},
    ),
    "remember_visitor": Signature(
        "Writes down whether a visitor agreed to be remembered.",
        takes={"visitor": "person", "agreed": "flag"},
    ),
    "print_badge": Signature(
        "Makes a badge and prints it; `printed` is no where no printer is set up.",
        takes={"visitor": "person", "host": "person?", "company": "company?", "locale": "text?"},
        gives={"printed": "flag"},
        timeout_s=25.0,
    ),
    "ask_way": Signature(
        "How to get to a place, in the language asked for; fails with `not_found` for an unknown place.",
        takes={"place": "text", "locale": "text?"},
        gives={"directions": "text", "known_as": "text"},
    ),
    "ask_faq": Signature(
        "What the organisation answers to a question (`[faq]` of the settings), in the language asked for;"
        " fails with `not_found` when nothing is written down.",
        takes={"question": "text", "locale": "text?"},
        gives={"answer": "text", "known_as": "text"},
    ),
}
"""Every service of the receptionist by name."""
