"""The screen's own words. What the receptionist says comes from the dialogue, never from here."""

from __future__ import annotations

from typing import NamedTuple


class Texts(NamedTuple):
    """The screen's words in one language."""

    attract: str
    type_here: str
    too_long: str
    trouble: str
    failed: str
    messages: str
    no_messages: str
    inner: str
    rules: str


_TEXTS: dict[str, Texts] = {
    "en": Texts(
        attract="Touch the screen or type to begin",
        type_here="Type here …",
        too_long="That text was too long and has been cut.",
        trouble="That did not work. Please try again.",
        failed="Sorry, I cannot help you at the moment.\nPlease ring the bell or ask a member of staff.",
        messages="Messages sent",
        no_messages="none yet",
        inner="Inner speech",
        rules="Rules in force",
    ),
    "de": Texts(
        attract="Berühren Sie den Bildschirm oder tippen Sie los",
        type_here="Hier schreiben …",
        too_long="Der Text war zu lang und wurde gekürzt.",
        trouble="Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
        failed="Leider kann ich gerade nicht helfen.\nBitte klingeln Sie oder fragen Sie jemanden vom Haus.",
        messages="Gesendete Nachrichten",
        no_messages="noch keine",
        inner="Innere Sprache",
        rules="Regeln in Kraft",
    ),
    "zh": Texts(
        attract="触摸屏幕或输入文字开始",
        type_here="请在此输入……",
        too_long="文字过长，已被截断。",
        trouble="操作没有成功，请再试一次。",
        failed="抱歉，我现在无法为您服务。\n请按铃或询问工作人员。",
        messages="已发送的消息",
        no_messages="暂无",
        inner="内心语言",
        rules="生效的规则",
    ),
}


def texts(locale: str) -> Texts:
    """Return the words for a locale such as "de" or "de-AT"; English where there are none."""
    return _TEXTS.get(locale, _TEXTS.get(locale.replace("_", "-").split("-")[0].lower(), _TEXTS["en"]))
