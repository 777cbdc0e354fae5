"""The page a host sees: plain HTML that works without scripts. Whatever people wrote is escaped."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from receptionist.directory.records import Reply
from receptionist.notify.message import Message

LOCALES = ("en", "de", "zh")
_CHOICES = (Reply.COMING, Reply.LATER, Reply.REFUSED)
_TEXTS = {
    "en": {
        "title": "Front desk",
        "coming": "I am coming",
        "later": "Five minutes, please",
        "refused": "I cannot see them",
        "words": "Tell the visitor (optional)",
        "send": "Only send these words",
        "thanks": "Thank you. The visitor will be told.",
        "gone": "This link is not valid, or not valid any more.",
        "gone_more": "If somebody is waiting for you, please call the front desk.",
        "later_again": "The answer could not be written down. Please try again in a moment.",
        "bad": "This request cannot be answered.",
    },
    "de": {
        "title": "Empfang",
        "coming": "Ich komme",
        "later": "In fünf Minuten",
        "refused": "Ich kann nicht empfangen",
        "words": "Nachricht an den Besuch (freiwillig)",
        "send": "Nur diese Nachricht senden",
        "thanks": "Danke. Dem Besuch wird es ausgerichtet.",
        "gone": "Dieser Link gilt nicht oder nicht mehr.",
        "gone_more": "Wenn jemand auf Sie wartet, rufen Sie bitte am Empfang an.",
        "later_again": "Die Antwort konnte nicht notiert werden. Bitte versuchen Sie es gleich noch einmal.",
        "bad": "Diese Anfrage kann nicht beantwortet werden.",
    },
    "zh": {
        "title": "前台",
        "coming": "我马上来",
        "later": "请等五分钟",
        "refused": "我无法接待",
        "words": "给访客的留言（可选）",
        "send": "只发送留言",
        "thanks": "谢谢，我们会转告访客。",
        "gone": "此链接无效或已失效。",
        "gone_more": "如果有人在等您，请致电前台。",
        "later_again": "暂时无法记录您的回复，请稍后再试。",
        "bad": "无法处理此请求。",
    },
}
_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}"
    "main{max-width:30rem;margin:8vh auto;padding:1.5rem;background:#fff;border-radius:.8rem}"
    "h1{font-size:1rem;margin:0;color:#4a5568}p{overflow-wrap:anywhere}"
    "button,input{font:inherit;width:100%;box-sizing:border-box;padding:.8rem;margin:.3rem 0;"
    "border:1px solid #94a3b8;border-radius:.5rem;background:#fff;color:inherit}"
    "form{display:flex;flex-direction:column-reverse}fieldset{border:0;padding:0;margin:1rem 0 0}"
    "button{cursor:pointer;text-align:left}div button:first-child{background:#1f5fae;color:#fff}"
    "button:focus-visible,input:focus-visible{outline:3px solid #e08a00}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # not "no-referrer": browsers would then hide the origin of the form
    "Cache-Control": "no-store",
    "Content-Type": "text/html; charset=utf-8",
}
"""What goes along with every page: nothing is loaded, run, framed or kept."""


def locale_for(accepted: str) -> str:
    """The page's language for an `Accept-Language` header; English if none of ours is named."""
    for part in accepted.split(","):
        locale = known_locale(part.split(";")[0].strip())
        if locale is not None:
            return locale
    return "en"


def known_locale(locale: str | None) -> str | None:
    """Our name of a language such as `de-AT`; None if the page does not speak it."""
    code = (locale or "").replace("_", "-").split("-")[0].lower()
    return code if code in LOCALES else None


def question(message: Message, locale: str) -> str:
    """The page that asks for an answer."""
    texts = _TEXTS[locale]
    buttons = "".join(
        f'<button name="reply" value="{reply.value}">{escape(texts[reply.value])}</button>'
        for reply in _CHOICES
    )
    # Enter in the text field means the first button of the form, so that one sends the words and no more.
    form = (
        '<form method="post"><fieldset>'
        f'<label>{escape(texts["words"])}<input name="words" maxlength="200" autocomplete="off"></label>'
        f'<button name="reply" value="words">{escape(texts["send"])}</button>'
        f"</fieldset><div>{buttons}</div></form>"
    )
    return _page(locale, f"<p>{escape(message.text)}</p>{form}")


def note(locale: str, *keys: str) -> str:
    """A page with one or more of our sentences: `thanks`, `gone`, `gone_more`, `later_again`, `bad`."""
    return _page(locale, "".join(f"<p>{escape(_TEXTS[locale][key])}</p>" for key in keys))


def _page(locale: str, body: str) -> str:
    title = escape(_TEXTS[locale]["title"])
    return (
        f'<!doctype html><html lang="{locale}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
