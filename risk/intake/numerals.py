"""Numbers written in Chinese: 十五, 叁万伍仟, 3万5千, and digits one by one, 二〇二五."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_OTHER_FORMS = str.maketrans(
    "〇○壹贰貳叁參肆伍陆陸柒捌玖两兩拾佰仟萬億廿", "零零一二二三三四五六六七八九二二十百千万亿廿"
)
_TENS = str.maketrans({"廿": "二十"})
_PLACES = {"千": 1000, "百": 100, "十": 10}

_FIRST_MONTH = re.compile(
    r"(?:(?P<year>(?<=20\d\d))|(?<![单万千百亿十美港欧日\d]))元月(?=份|[\d\W_]|$|工资|工人|农民工|人员|人工费|考勤|出勤"
    r"|实名|花名册|发放|支付|代发|拨付|台账|明细|报表|[上中下]旬|[初中底末一二三四五六七八九十廿])"
)
"""January, but not in 单元月度 or 5000元月薪."""

_DIGIT = "[零一二三四五六七八九]"
_NUMBER = rf"(?:\d+(?:\.\d+)?|{_DIGIT})"
_SECTION = re.compile(
    rf"(?:(?P<千>{_NUMBER})千)?零?(?:(?P<百>{_NUMBER})百)?零?(?:(?P<十>{_NUMBER})?(?P<ten>十))?"
    rf"(?P<zero>零?)(?P<ones>{_NUMBER})?"
)
_LARGE = re.compile(r"(?:(?P<亿>[^亿万]*)亿)?(?:(?P<万>[^亿万]*)万)?(?P<rest>[^亿万]*)")
_SHORT_FORM = re.compile(rf"(?P<head>.*(?P<place>[亿万千百]))(?P<last>[1-9]|{_DIGIT})")
_SHORT_PLACES = {"亿": 10**7, "万": 1000, "千": 100, "百": 10}


def parse_numeral(text: str) -> Decimal | None:
    """Number written with Chinese digits or place words; None if ``text`` is no such number.

    A last digit may lack its place word, as in speech: 三万五 is 35,000.

    >>> [int(parse_numeral(text)) for text in ("十五", "叁万伍仟", "3万5", "二百零五")]
    [15, 35000, 35000, 205]
    """
    text = text.translate(_OTHER_FORMS).translate(_TENS)
    if short := _SHORT_FORM.fullmatch(text):
        head = _large(short["head"])
        last = _value(short["last"])
        if head is None or last is None:
            return None
        return head + last * _SHORT_PLACES[short["place"]]
    return _large(text)


def is_short_form(text: str) -> bool:
    """Whether the last digit lacks its place word: 三万五, 3万5."""
    return _SHORT_FORM.fullmatch(text.translate(_OTHER_FORMS)) is not None


def first_month(text: str) -> str:
    """``text`` with 元月, as January is called, as 1月.

    >>> first_month("2026年元月份工资表"), first_month("三单元月度考勤")
    ('2026年1月份工资表', '三单元月度考勤')
    """
    return _FIRST_MONTH.sub(lambda found: "1月" if found["year"] is None else "年1月", text)


def chinese_digits(text: str) -> str:
    """``text`` with Chinese numbers replaced by Arabic ones: digits one by one, or below 100.

    >>> chinese_digits("二〇二五年十二月二十八日"), chinese_digits("二〇二六年元月五日")
    ('2025年12月28日', '2026年1月5日')
    """
    plain = first_month(text).translate(_OTHER_FORMS).translate(_TENS)
    return re.sub(rf"(?:{_DIGIT}|十)+", _arabic, plain)


def _arabic(found: re.Match[str]) -> str:
    text = found[0]
    if "十" not in text:
        return "".join(str(_DIGITS[digit]) for digit in text)
    value = _section(text)
    return text if value is None else str(value)


def _large(text: str) -> Decimal | None:
    """Number with 亿 and 万; ``text`` has the ordinary forms of the digits."""
    found = _LARGE.fullmatch(text)
    if found is None or not text:
        return None
    total, filled = Decimal(0), False
    for place, factor in (("亿", 10**8), ("万", 10**4), ("rest", 1)):
        part = found[place]
        if part is None or (place == "rest" and not part):
            continue
        value = _section(part)
        if value is None:
            return None
        total, filled = total + value * factor, True
    return total if filled else None


def _section(text: str) -> Decimal | None:
    """Number below 万, or a plain number in Arabic digits."""
    found = _SECTION.fullmatch(text)
    if found is None or not text:
        return None
    total = Decimal(0)
    for place, factor in _PLACES.items():
        if found[place]:
            value = _value(found[place])
            if value is None:
                return None
            total += value * factor
    if found["ten"] and not found["十"]:
        total += 10
    if found["ones"]:
        total += _value(found["ones"]) or 0
    return total


def _value(text: str) -> Decimal | None:
    if text in _DIGITS:
        return Decimal(_DIGITS[text])
    return Decimal(text) if text.isascii() else None
