"""Chinese (Mandarin, simplified and common traditional characters); every character is a word to the
matcher."""

from __future__ import annotations

from miron.locales import Locale, groups


def _chars(*phrases: str) -> str:
    return ", ".join(" ".join(phrase) for phrase in phrases)


_WEEKDAYS = {
    f"{prefix}{day}": n for prefix in ("星期", "周", "礼拜", "週") for n, day in enumerate("一二三四五六日")
} | {"星期天": 6, "周天": 6, "礼拜天": 6}

LOCALE = Locale(
    name="zh",
    fillers=frozenset("呃嗯啊呀吧呢哦噢嘛请請"),
    openers=groups(
        _chars(
            "你好",
            "您好",
            "喂",
            "早上好",
            "下午好",
            "晚上好",
            "大家好",
            "请问",
            "不好意思",
            "对不起",
            "麻烦你",
            "麻烦您",
        )
        + ", "
        + _chars("好的", "那个", "那么", "嗨", "早", "谢谢")
    ),
    carriers=groups(_chars("是", "那是", "这是", "就是", "应该是", "我是", "我说")),
    closers=groups(_chars("谢谢", "谢谢你", "谢谢您", "多谢", "了", "的", "好吗", "可以吗", "行吗")),
    joiners=frozenset("和还也然后，"),
    droppable=frozenset("的个了"),
    common=frozenset(
        "我你您他她它们的是在有不了这那哪什么谁怎吗呢吧请问要想来去看见到和与跟也都就很给对好再还没可以能会得说叫"
        "几点半分钟今天明昨早上午下晚现里外前后左右一二三四五六七八九十两"
    ),
    titles={
        "先生": "先生",
        "女士": "女士",
        "小姐": "小姐",
        "太太": "太太",
        "博士": "博士",
        "教授": "教授",
        "医生": "医生",
    },
    yes=("是", "是的", "对", "好", "好的", "可以", "要", "需要", "没错", "当然", "行", "嗯"),
    no=("不", "不是", "不要", "不用", "不对", "不需要", "没有", "不行", "不可以", "错"),
    weekdays=_WEEKDAYS,
    month_names=tuple(f"{month}月" for month in range(1, 13)),
    weekday_names=tuple(f"星期{day}" for day in "一二三四五六日"),
    relative_days={
        tuple("今天"): 0,
        tuple("今日"): 0,
        tuple("明天"): 1,
        tuple("后天"): 2,
        tuple("大后天"): 3,
        tuple("昨天"): -1,
        tuple("前天"): -2,
    },
    units={
        "毫秒": 1,
        "秒": 1000,
        "秒钟": 1000,
        "分": 60_000,
        "分钟": 60_000,
        "小时": 3_600_000,
        "个小时": 3_600_000,
        "钟头": 3_600_000,
        "个钟头": 3_600_000,
        "天": 86_400_000,
        "周": 604_800_000,
        "星期": 604_800_000,
        "个星期": 604_800_000,
    },
    and_word="和",
    comma="、",
    spaced=False,
)
