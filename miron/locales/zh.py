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
        "我你您他她它们們的是了吗嗎呢吧请請问問要想来來去给給跟就很得说說叫不没這这那哪什么么麼谁誰怎"
    ),
    surnames=frozenset(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
        "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易"
        "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭蔣葉蘇魏呂盧鍾譚陸範賈韋鄒閆龍賀顧龔萬錢嚴湯溫齊欧歐司上官诸諸皇尉公慕令夏"
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
