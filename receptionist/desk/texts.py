"""The words of the front desk's view."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """All words, in one language."""

    title: str
    waiting: str
    inside: str
    visits: str
    messages: str
    since: str
    visitor: str
    company: str
    host: str
    state: str
    at: str
    to: str
    text: str
    nobody: str
    call: str
    end: str
    check_out: str
    done: str
    quit: str
    again: str
    evacuation: str
    people: str
    with_host: str
    no_kiosk: str
    idle: str
    busy: str
    sure: str
    states: dict[str, str]


_STATES = ("queued", "sending", "sent", "unsure", "failed", "coming", "later", "no_answer", "refused")
_VISITS = ("expected", "arrived", "left", "cancelled")


def _states(*words: str) -> dict[str, str]:
    return dict(zip((*_STATES, *_VISITS), words, strict=True))


TEXTS = {
    "en": Texts(
        title="Front desk",
        waiting="Waiting",
        inside="In the building",
        visits="Visits today",
        messages="Messages",
        since="Since",
        visitor="Visitor",
        company="Company",
        host="Host",
        state="State",
        at="At",
        to="To",
        text="Text",
        nobody="nobody",
        call="Call help",
        end="End visit",
        check_out="Check out",
        done="Done",
        quit="Quit",
        again="Resend",
        evacuation="Evacuation list",
        people="people",
        with_host="with",
        no_kiosk="No kiosk is running.",
        idle="idle",
        busy="visitor since",
        sure="Press again to confirm",
        states=_states(
            "queued",
            "sending",
            "told",
            "not sure",
            "failed",
            "is coming",
            "comes later",
            "no answer",
            "cannot come",
            "expected",
            "arrived",
            "left",
            "cancelled",
        ),
    ),
    "de": Texts(
        title="Empfang",
        waiting="Wartend",
        inside="Im Haus",
        visits="Besuche heute",
        messages="Nachrichten",
        since="Seit",
        visitor="Besuch",
        company="Firma",
        host="Bei",
        state="Stand",
        at="Um",
        to="An",
        text="Text",
        nobody="niemand",
        call="Hilfe rufen",
        end="Beenden",
        check_out="Austragen",
        done="Erledigt",
        quit="Ende",
        again="Nochmals",
        evacuation="Evakuierungsliste",
        people="Personen",
        with_host="bei",
        no_kiosk="Kein Kiosk läuft.",
        idle="frei",
        busy="Besuch seit",
        sure="Zum Bestätigen noch einmal",
        states=_states(
            "wartet",
            "wird gesendet",
            "gesagt",
            "unsicher",
            "gescheitert",
            "kommt",
            "kommt später",
            "keine Antwort",
            "kann nicht",
            "erwartet",
            "da",
            "gegangen",
            "abgesagt",
        ),
    ),
    "zh": Texts(
        title="前台",
        waiting="等候中",
        inside="楼内人员",
        visits="今日访问",
        messages="消息",
        since="自",
        visitor="访客",
        company="公司",
        host="接待人",
        state="状态",
        at="时间",
        to="收件人",
        text="内容",
        nobody="无人",
        call="呼叫人员",
        end="结束会话",
        check_out="签出",
        done="完成",
        quit="退出",
        again="重新发送",
        evacuation="疏散名单",
        people="人数",
        with_host="接待人",
        no_kiosk="没有运行中的终端。",
        idle="空闲",
        busy="访客自",
        sure="再按一次确认",
        states=_states(
            "排队中",
            "发送中",
            "已通知",
            "不确定",
            "失败",
            "马上来",
            "稍后来",
            "无回复",
            "不能来",
            "预约",
            "已到",
            "已离开",
            "已取消",
        ),
    ),
}


def texts_for(locale: str) -> Texts:
    """The words of a language such as `de-AT`; English for one we do not have."""
    return TEXTS.get(locale.replace("_", "-").split("-")[0].lower(), TEXTS["en"])
