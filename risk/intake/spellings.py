"""Spellings of amounts, counts and dates by hand, read when the plain ones do not match.

A reader returns None for a text it does not know. Vague texts (若干, 几十万) and ranges are not
read: they hold no single number.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal

from risk.calendar.dates import month_end
from risk.intake.numerals import chinese_digits, is_short_form, parse_numeral
from risk.intake.units import MONEY_UNITS

UNKNOWN_WORDS = frozenset(
    (
        *(
            "不详",
            "暂无",
            "待定",
            "未知",
            "不清楚",
            "不明",
            "不知",
            "待核实",
            "待核",
        ),
        *(
            "待查",
            "未填",
            "待补",
            "未统计",
            "待统计",
            "暂不清楚",
            "暂未统计",
            "无法统计",
            "空白",
        ),
        *(
            "无",
            "没有",
            "未提供",
        ),
        *(
            "未拨",
            "待拨",
            "待拨付",
            "未付",
            "待付",
            "待支付",
            "待发放",
            "未到账",
            "未退还",
            "未拨付",
            "未支付",
            "未到位",
        ),
    )
)
"""Words for an unknown number, date or term."""

UNKNOWN_DATES = frozenset(
    (
        *(
            "未开工",
            "未竣工",
            "未完工",
            "未结案",
            "在建",
            "施工中",
            "未发放",
            "未支付",
            "未拨付",
        ),
        *(
            "未办理",
            "未到期",
            "未约定",
            "办理中",
            "未销户",
            "未终止",
            "至今",
            "长期",
            "未退票",
            "无退票",
            "未退汇",
            "未退回",
            "未注销",
            "使用中",
            "正常使用",
            "在用",
            "长期有效",
        ),
        *(
            "停工",
            "已停工",
            "烂尾",
            "缓建",
            "停建",
            "未动工",
            "待开工",
            "诉讼中",
            "审理中",
        ),
        *(
            "处理中",
            "调处中",
            "协调中",
            "化解中",
            "未化解",
            "未解决",
            "整改中",
            "正在整改",
            "未整改",
            "未移出",
        ),
    )
)
"""Words in a column of dates that say that there is no date yet."""

_ABOUT = r"(?:大约|大概|约|近|将近|估计|估算|暂估|预估|超过|超|逾|不足|不到|至少|最多)"
_SUM = r"(?:共计|总计|合计|累计|共|计|总)"
_MORE = r"(?:左右|上下|以上|以下|以内|不等|许|有余)"
_BRACKET = re.compile(r"(.+?)\s*\(([^()]*)\)")
_APPROXIMATE = re.compile(rf"{_SUM}?({_ABOUT})?{_SUM}?:?\s*(.+?)({_MORE})?")
_AMOUNT = re.compile(
    r"(?P<number>.+?)(?P<about>[余多来]?)(?P<unit>百万元?|千元|[万wW亿萬億]元?|元|圆)?(?P<after>[余多]?)(?:(?<=[余多])元)?整?"
)
_JIAO = re.compile(r"(?P<yuan>.+?)[元圆](?:(?P<jiao>\d|\w)角)?(?:零?(?P<fen>\d|\w)分)?整?")
_PLAIN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?")
_ONE_BRACKET_WORD = re.compile(r"(?:暂估|估|预估|暂定|约|大约|左右|概算|预计)\D{0,4}")
_FOREIGN = re.compile(r"美|港|澳|欧|英|日元|韩|卢布|[$£€]|usd|hkd|eur|jpy|gbp", re.IGNORECASE)
_PEOPLE = re.compile(
    r"(?P<number>.+?)(?P<about>[余多来]?)(?:个)?"
    r"(?:人次|人员|人|名|位|户|工日|工天|工|天|日|次|件|起|份|条|农民工|工人)?(?P<after>[余多]?)"
    r"(?:农民工|工人|民工)?"
)

_AND_OTHERS = re.compile(r"^\D{0,20}等(?=[\d一二两三四五六七八九十百])")
"""Names in front of a number of people: 张某等12人."""
_OWED = re.compile(
    r"^(?:[共被]?(?:拖欠|欠付|欠)|涉及|涉案)(?:农民工|工人)?(?:工资|薪资|薪|劳动报酬|劳务费|款)?"
    r"(?:金额|总额)?:?(?=[\d约近共合总一二三四五六七八九十壹贰叁肆伍陆柒捌玖])"
)
"""What an amount is, in front of it: 拖欠工资共计12.5万元."""

_DATE_NOTE = re.compile(r"[\(\[【](?:[^()\[\]【】0-9]{1,12})[\)\]】]")
_LUNAR = re.compile(r"农历|阴历|旧历|[正腊冬]月|初[一二三四五六七八九十]|廿|除夕")
_LUNAR_NOTE = re.compile(r"[(\[【](?:按|为|系)?(?:农历|阴历|旧历)(?:日期)?[)\]】]")
"""A day so marked is lunar; 2025年3月5日（正月十七） has its lunar day in addition."""

_VOID = re.compile(r"作废|废止|冲销|冲红|红冲|冲回|冲正|冲账|红字|撤销|撤回|取消")
_NOT_DONE = re.compile(
    r"[未没](?:有)?(?:实际)?(?:到账|到位|入账|成功|发|付|拨|支|兑|打款)|尚未|应[发付拨]|退票|退汇|退回|退款|失败|[暂缓]{1,2}(?:发|付|拨)|待(?:发|付|拨|支)"
)
_LAST_BRACKET = re.compile(r"[\(\[【][^()\[\]【】]*[\)\]】]$")
_PLANNED = re.compile(r"计划|预计|拟|预|暂定|约|估")
_WEEKDAY = re.compile(r"(?:星期|周|礼拜)[一二三四五六日天]")
_TIME = re.compile(
    r"[T \s]*(?:上午|下午|晚上?|凌晨|早上?)?\s*(?:[01]?\d|2[0-3])(?:[:时点](?:[0-5]?\d)?){1,2}"
    r"(?:[0-5]?\d秒?)?(?:分|秒|\.\d+)?"
)
_HALF_DAY = re.compile(r"(?<=[\d日号])\s*(?:上午|下午|晚上?|凌晨|早上?|中午|傍晚)$")
_DAY_WORD = re.compile(r"(?<=[\d月日号])\s*(?:起|为?止|到期|届满|到账|已?(?:销户|注销))$")
_FULL = re.compile(
    r"(\d{4})(?:([-/.、,]{1,2})(\d{1,2})\2(\d{1,2})[日号.]?|年(\d{1,2})月(\d{1,2})[日号]?)"
)
_SHORT_YEAR = re.compile(r"(\d{2})(?:(\.|、)(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?)")
_SHORT_YEAR_SLASH = re.compile(r"(\d{2})([-/])(\d{1,2})\2(\d)")
_MONTH = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})|年(\d{1,2})月份?)")
_SHORT_MONTH = re.compile(r"(\d{2})年(\d{1,2})月份?")
_PART_OF_MONTH = re.compile(r"(?<=月)份?(?:[上中下]旬|初|底|末|中)$")
_MONTH_DIGITS = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])")
_LAST_SHORT_YEAR = 39


@dataclass(frozen=True)
class Amount:
    """Number as written, its unit if the cell names one, and whether it is approximate."""

    number: Decimal
    unit: str | None
    approximate: bool


MAX_SPELLING = 60
"""Longer texts are no amounts, counts or dates."""


def is_lunar(text: str) -> bool:
    """Whether a day is one of the lunar calendar: 农历十二月廿六, 2025-12-20（农历）."""
    return _LUNAR.search(text) is not None


def is_void(text: str) -> bool:
    """Whether a remark in brackets says that the value does not hold: 50000（作废）."""
    return _VOID.search(_remark(text)) is not None


def is_not_done(text: str) -> bool:
    """Whether a remark in brackets says that nothing was paid: 50000（退票）."""
    return _NOT_DONE.search(_remark(text)) is not None


def _remark(text: str) -> str:
    found = _LAST_BRACKET.search(text)
    return found[0] if found else ""


def read_amount(text: str) -> Amount | None:
    """Amount of money in a spelling by hand: 约50万元, 50余万, 3万5, 叁万伍仟元整, 3.5w.

    >>> read_amount("约50万元")
    Amount(number=Decimal('50'), unit='万元', approximate=True)
    """
    text, bracket, approximate = _without_bracket(_OWED.sub("", text, count=1))
    if bracket is not None and _FOREIGN.search(bracket):
        return None
    unit_in_bracket = bracket if bracket in MONEY_UNITS else None
    text, about = _without_approximation(text)
    approximate = approximate or about
    for read in (_plain_amount, _jiao_amount, _mixed_amount):
        found = read(text)
        if found is not None:
            if unit_in_bracket and found.unit:
                return None
            unit = found.unit or unit_in_bracket
            return Amount(found.number, unit, approximate or found.approximate)
    return None


def read_count(text: str) -> Amount | None:
    """Whole number of people or days in a spelling by hand: 15人, 约15, 十五名, 15余人.

    >>> read_count("15人(含女工3人)")
    Amount(number=Decimal('15'), unit=None, approximate=False)
    """
    text, _, approximate = _without_bracket(_AND_OTHERS.sub("", text, count=1))
    text, about = _without_approximation(text)
    found = _PEOPLE.fullmatch(text)
    if found is None:
        return None
    number = _number(found["number"])
    if number is None:
        return None
    vague = bool(found["about"] or found["after"])
    return Amount(number, None, approximate or about or vague)


def read_day(text: str) -> dt.date | None:
    """Day in a spelling by hand: 25.3.5, 二〇二五年三月五日, 2025年3月5日（周三）, with a time.

    Raises:
        ValueError: the text has the form of a day that is not in the calendar.
    """
    text = _bare_date(text)
    found = _FULL.fullmatch(text)
    if found is not None:
        year, month, day = (int(part) for part in found.group(1, 3, 4, 5, 6) if part)
        return dt.date(year, month, day)
    found = _SHORT_YEAR.fullmatch(text) or _SHORT_YEAR_SLASH.fullmatch(text)
    if found is None:
        return None
    parts = [part for part in found.groups() if part and part.isdigit()]
    year, month, day = map(int, parts)
    return None if year > _LAST_SHORT_YEAR else dt.date(2000 + year, month, day)


def read_month(text: str) -> dt.date | None:
    """First day of a month written alone: 2025年3月, 2025.3, 二〇二五年三月, 2025年3月上旬, 202503.

    Raises:
        ValueError: there is no such month.
    """
    text = _PART_OF_MONTH.sub("", _bare_date(text))
    found = _MONTH.fullmatch(text) or _MONTH_DIGITS.fullmatch(text)
    if found is not None:
        year, month = (int(part) for part in found.groups() if part and part.isdigit())
        return dt.date(year, month, 1)
    found = _SHORT_MONTH.fullmatch(text)
    if found is None or int(found[1]) > _LAST_SHORT_YEAR:
        return None
    return dt.date(2000 + int(found[1]), int(found[2]), 1)


def last_day(month: dt.date, today: dt.date | None = None, since: dt.date | None = None) -> dt.date:
    """Last day of ``month``; ``today`` if the month is not over and it or ``since`` has begun."""
    end = month_end(month)
    if today is not None and (since or month) <= today < end:
        return today
    return end


def _without_bracket(text: str) -> tuple[str, str | None, bool]:
    """Text, a bracket at its end, and whether the bracket says that the number is approximate."""
    found = _BRACKET.fullmatch(text)
    if found is None:
        return text, None, False
    bracket = found[2].strip()
    return found[1], bracket, _ONE_BRACKET_WORD.fullmatch(bracket) is not None


def _without_approximation(text: str) -> tuple[str, bool]:
    found = _APPROXIMATE.fullmatch(text)
    if found is None:  # a line break, or nothing
        return text, False
    return found[2].strip(), bool(found[1] or found[3])


def _plain_amount(text: str) -> Amount | None:
    """Arabic number with a unit: 50余万, 3.5w, 12.3萬元."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    body = found["number"].strip()
    if not _PLAIN.fullmatch(body):
        return None
    unit = found["unit"]
    if unit is not None:
        unit = unit.lower().translate(str.maketrans("w萬億", "万万亿"))
    about = bool(found["about"] or found["after"])
    if unit is not None and unit not in MONEY_UNITS:
        return None
    return Amount(Decimal(body.replace(",", "")), unit, about)


def _jiao_amount(text: str) -> Amount | None:
    """Amount in Chinese or mixed digits in yuan, with 角 and 分: 叁佰元伍角整."""
    found = _JIAO.fullmatch(text)
    if found is None:
        return None
    if is_short_form(found["yuan"]):  # 3万5元 is 35,000 or 30,005 yuan
        return None
    yuan = parse_numeral(found["yuan"])
    jiao = parse_numeral(found["jiao"] or "零")
    fen = parse_numeral(found["fen"] or "零")
    if yuan is None or jiao is None or fen is None:
        return None
    return Amount(yuan + jiao / 10 + fen / 100, "元", False)


def _mixed_amount(text: str) -> Amount | None:
    """Amount with place words and without 元: 3万5, 三十余万, 1亿2千万."""
    vague = re.fullmatch(r"(.+?)[余多来]([万亿千百]?)", text)
    plain = vague[1] + vague[2] if vague else text
    if not re.search("[十百千万亿拾佰仟萬億]", plain):
        return None  # 五 alone: units are lacking
    number = parse_numeral(plain)
    if number is None:
        return None
    # 五十 counts in the unit of the column; with 万 or 3千 the cell has its own.
    absolute = re.search(r"[万亿萬億\d]", plain) is not None
    return Amount(number, "元" if absolute else None, vague is not None)


def _number(text: str) -> Decimal | None:
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return None if is_short_form(text) else parse_numeral(text)  # 三百五人: 305 or 350


def _bare_date(text: str) -> str:
    """``text`` without a note in brackets, weekday and time, with Arabic digits."""
    note = _DATE_NOTE.search(text)
    if note is not None and not (_PLANNED.search(note[0]) or _LUNAR_NOTE.search(note[0])):
        text = text[: note.start()] + text[note.end() :]
    text = re.sub(r"\s*([年月日号])\s*", r"\1", chinese_digits(_WEEKDAY.sub("", text).strip()))
    text = _DAY_WORD.sub("", _HALF_DAY.sub("", text))
    day = re.match(r"(.*?(?:日|号|\d))" + _TIME.pattern + r"$", text)
    if day is not None and (day[1].endswith(("日", "号")) or re.search(r"\d[T\s]", text)):
        text = day[1]
    return text.strip()
