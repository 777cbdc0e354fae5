"""What a message says. The parts visitors gave are inserted once, as plain text."""

from __future__ import annotations

import re

REASONS = ("arrived", "delivery", "message", "human")
"""Why somebody is notified: a visitor, a parcel, a message left, a person needed at the desk."""

_TEXTS = {
    "en": {
        "arrived": "{who} is at the front desk for you.",
        "arrived/deputy": "{who} is at the front desk for {host}, and you stand in for {host}.",
        "arrived/team": "{who} is at the front desk for {host}, who does not answer. Can one of you come?",
        "delivery": "{who} has brought a delivery for you to the front desk.",
        "delivery/deputy": "{who} is at the front desk with a delivery for {host}, for whom you stand in.",
        "delivery/team": "{who} has brought a delivery for {host}, who does not answer. Can one of you come?",
        "message": "{who} came to see you and could not wait. {text}",
        "message/deputy": "{who} came to see {host}, for whom you stand in, and could not wait. {text}",
        "human": "Please come to the front desk: {who} needs a person. {text}",
        "both": "{visitor} ({company})",
        "company": "A visitor from {company}",
        "nobody": "A visitor",
        "title": "Front desk",
        "answer": "Your answer, in one click: {link}",
    },
    "de": {
        "arrived": "{who} ist für Sie am Empfang.",
        "arrived/deputy": "{who} ist am Empfang und möchte zu {host}. Sie vertreten {host}.",
        "arrived/team": "{who} ist am Empfang für {host}, nicht erreichbar. Kann jemand von Ihnen kommen?",
        "delivery": "{who} hat am Empfang eine Lieferung für Sie.",
        "delivery/deputy": "{who} hat am Empfang eine Lieferung für {host}. Sie vertreten {host}.",
        "delivery/team": "{who} bringt etwas für {host}, nicht erreichbar. Kann jemand von Ihnen kommen?",
        "message": "{who} wollte zu Ihnen und konnte nicht warten. {text}",
        "message/deputy": "{who} wollte zu {host} (in Ihrer Vertretung) und konnte nicht warten. {text}",
        "human": "Bitte kommen Sie zum Empfang: {who} braucht einen Menschen. {text}",
        "both": "{visitor} ({company})",
        "company": "Jemand von {company}",
        "nobody": "Jemand",
        "title": "Empfang",
        "answer": "Ihre Antwort, mit einem Klick: {link}",
    },
    "zh": {
        "arrived": "{who}在前台等您。",
        "arrived/deputy": "{who}在前台，要找{host}，请您代为接待。",
        "arrived/team": "{who}在前台，要找{host}，但联系不上。你们哪位能来一下？",
        "delivery": "{who}送来了您的快递，在前台。",
        "delivery/deputy": "{who}送来了{host}的快递，在前台，请您代收。",
        "delivery/team": "{who}送来了{host}的快递，但联系不上{host}。你们哪位能来一下？",
        "message": "{who}来找过您，没能等到您。{text}",
        "message/deputy": "{who}来找过{host}（由您代理），没能等到。{text}",
        "human": "请到前台来：{who}需要人工帮助。{text}",
        "both": "{visitor}（{company}）",
        "company": "{company}的一位访客",
        "nobody": "一位访客",
        "title": "前台",
        "answer": "请点此回复：{link}",
    },
}


def compose(
    reason: str,
    locale: str,
    *,
    visitor: str | None,
    company: str | None,
    text: str | None,
    host: str | None = None,
    role: str | None = None,
) -> str:
    """The sentence sent to the host, or to whoever is asked instead.

    Args:
        reason: One of `REASONS`.
        locale: Language, such as `en` or `de-AT`; unknown ones fall back to English.
        visitor: Who is there, if they said so.
        company: Where they come from, if they said so.
        text: What they want to leave, if anything.
        host: Whom the visitor came for, if that is not the one who is told.
        role: Why somebody else is told: `deputy`, or `team`.
    """
    texts = _of(locale)
    if visitor and company:
        who = _insert(texts["both"], visitor=visitor, company=company)
    else:
        who = visitor or (_insert(texts["company"], company=company) if company else texts["nobody"])
    sentence = texts.get(f"{reason}/{role}", texts[reason]) if host else texts[reason]
    return _insert(sentence, who=who, text=text or "", host=host or "").strip()


def title(locale: str | None) -> str:
    """The subject line of a message."""
    return _of(locale)["title"]


def invitation_to_answer(locale: str | None, link: str) -> str:
    """The line that says where to answer."""
    return _insert(_of(locale)["answer"], link=link)


def _of(locale: str | None) -> dict[str, str]:
    return _TEXTS.get((locale or "en").split("-")[0].split("_")[0], _TEXTS["en"])


def _insert(template: str, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: values[slot[1]], template)
