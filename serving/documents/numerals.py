"""Numbers of headings as official papers write them: 一、 then （一）."""

from __future__ import annotations

from risk.locale import Language
from serving.documents.model import Heading

_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """A number from 1 to 99 in Chinese.

    >>> chinese(7), chinese(10), chinese(21)
    ('七', '十', '二十一')
    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def numbered(heading: Heading, language: Language) -> str:
    """A heading with its number before it.

    >>> numbered(Heading(1, 2, "预警情况"), "zh"), numbered(Heading(2, 1, "重点项目"), "zh")
    ('二、预警情况', '（一）重点项目')
    """
    if language == "zh":
        shown = chinese(heading.number)
        return f"{shown}、{heading.text}" if heading.level == 1 else f"（{shown}）{heading.text}"
    return f"{heading.number}. {heading.text}" if heading.level == 1 else heading.text
