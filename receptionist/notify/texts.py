"""What a message says. The parts visitors gave are inserted once, as plain text."""

from __future__ import annotations

import re

REASONS = ("arrived", "delivery", "message", "human")
"""Why somebody is notified: a visitor, a parcel, a message left, a person needed at the desk."""

_TEXTS = {
    "en": {
        "arrived": "{who} is at the front desk for you.",
        "delivery": "{who} has brought a delivery for you to the front desk.",
        "message": "{who} came to see you and could not wait. {text}",
        "human": "Please come to the front desk: {who} needs a person. {text}",
        "both": "{visitor} ({company})",
        "company": "A visitor from {company}",
        "nobody": "A visitor",
    },
    "de": {
        "arrived": "{who} ist für Sie am Empfang.",
        "delivery": "{who} hat am Empfang eine Lieferung für Sie.",
        "message": "{who} wollte zu Ihnen und konnte nicht warten. {text}",
        "human": "Bitte kommen Sie zum Empfang: {who} braucht einen Menschen. {text}",
        "both": "{visitor} ({company})",
        "company": "Jemand von {company}",
        "nobody": "Jemand",
    },
    "zh": {
        "arrived": "{who}在前台等您。",
        "delivery": "{who}送来了您的快递，在前台。",
        "message": "{who}来找过您，没能等到您。{text}",
        "human": "请到前台来：{who}需要人工帮助。{text}",
        "both": "{visitor}（{company}）",
        "company": "{company}的一位访客",
        "nobody": "一位访客",
    },
}


def compose(reason: str, locale: str, *, visitor: str | None, company: str | None, text: str | None) -> str:
    """The sentence sent to the host.

    Args:
        reason: One of `REASONS`.
        locale: Language, such as `en` or `de-AT`; unknown ones fall back to English.
        visitor: Who is there, if they said so.
        company: Where they come from, if they said so.
        text: What they want to leave, if anything.
    """
    texts = _TEXTS.get(locale.split("-")[0].split("_")[0], _TEXTS["en"])
    if visitor and company:
        who = _insert(texts["both"], visitor=visitor, company=company)
    else:
        who = visitor or (_insert(texts["company"], company=company) if company else texts["nobody"])
    return _insert(texts[reason], who=who, text=text or "").strip()


def _insert(template: str, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: values[slot[1]], template)
