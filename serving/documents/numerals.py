"""Heading numbers as in Chinese official documents: 一、 on level 1, （一） on level 2."""

from __future__ import annotations

from risk.locale import Language
from serving.documents.model import Heading

_DIGITS = "零一二三四五六七八九"


def chinese_numeral(number: int) -> str:
    """Return a number from 1 to 99 in Chinese numerals.

    >>> chinese_numeral(7), chinese_numeral(10), chinese_numeral(21)
    ('七', '十', '二十一')
    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def numbered_heading(heading: Heading, language: Language) -> str:
    """Return the text of a heading with its number in front.

    >>> numbered_heading(Heading(1, 2, "预警情况"), "zh")
    '二、预警情况'
    >>> numbered_heading(Heading(2, 1, "重点项目"), "zh")
    '（一）重点项目'
    """
    if language == "zh":
        numeral = chinese_numeral(heading.number)
        prefix = f"{numeral}、" if heading.level == 1 else f"（{numeral}）"
        return prefix + heading.text
    return f"{heading.number}. {heading.text}" if heading.level == 1 else heading.text
