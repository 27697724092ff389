"""Rows of a sheet that are no records: totals, signatures, notes, page titles, numbers of columns.

Rows that are struck out are of a kind of their own, see :mod:`risk.intake.sheet_records`.

Words alone do not decide: a firm may be called 小计建材 and a project 合计大厦. A row is set
aside if its first cell is such a word and the row is no complete record or has the word as key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import lru_cache

from risk.intake.cells import Cell, match_key
from risk.intake.stated_years import block_period
from risk.intake.units import plain_brackets, unit_alone


class NonRecord(StrEnum):
    """Kind of a row that is set aside."""

    TOTAL = "total"
    FOOTER = "footer"
    TITLE = "title"
    HEADING = "heading"
    STRUCK = "struck"
    UNPAID = "unpaid"


_TOTAL = re.compile(
    r".{0,8}?(?:合计|小计|总计|累计|共计)(?:数|金额|\([^()]*\))?[:,]?(?:[\d,.]*|\d[\d,.]*[人名个万元项家笔份件天户]{1,2})"
    r"|.{9,40}(?:合计|小计|总计)"
)
_TOTAL_ALONE = re.compile(r"(?:合|小|总|共)计:?|累计:?")
_FOOTER = re.compile(
    r"(?:\w{0,4}单位)?(?:制表|填表|制单|审核|复核|审批|填报|上报|经办|负责|主管|联系|统计|签字|盖章|班组长"
    r"|劳资专管员|项目经理)(?:人|员|者|单位|部门|日期|时间|电话|领导|签字|签章|盖章|负责人)*"
    r"(?:\([^()]*\))?(?::.*|$)"
    r"|(?:制表|填表|审核|复核|填报|经办|负责|单位负责|主管|联系)人\W*\w{0,6}"
    r"|\w{0,6}(?:签字|签名|签章|盖章|批示)\w{0,2}:.*"
    r"|(?:填表|填报|附|备)?(?:说明|注)(?:\d*|[一二三四五六七八九十]*)(?::.*|$)|备注:.*"
    r"|(?:本页|以下)?(?:无正文|空白)|\(?(?:本页无正文|以下空白|以下无正文)\)?"
    r"|续|续[上前]页|[续承转接][上前下]页|未完待续|第\d+/\d+页?|\d+/\d+页|第\d+页.*|共计?\d+.{1,6}"
)
_PAGE = re.compile(r"\d+/\d+")  # or a day: a record has more cells
_NOTE = re.compile(
    r"[★☆※*▲●◆■].{2,}|\d{1,2}[.、](?!\d).{2,}|\(\d{1,2}\).{2,}|.+\((?:盖章|签章|签字|公章|章)\)"
    r"|(?:以上|截至|截止|数据来源|资料来源|统计口径|本表|此表|上表|表中).{2,}|.{4,}[,;。].*"
)
_DATE = re.compile(r"\d{4}[年./-]\d{1,2}(?:[月./-]\d{1,2}日?|月)?")
_CONTINUED = re.compile(r"\(?续(?:表)?[一二三四五六七八九十\d]*\)?$")
_SECTION = re.compile(r"(?:[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十]+\)).+")
_PLACE = re.compile(
    r"[^\d,;:]{1,6}(?:镇|乡|街道|街道办事处|办事处|开发区|高新区|园区|县|旗|本级|直属"
    r"|(?<![小园校厂社景库居住])区|(?<![城超])市)(?:\(.*\))?:?"
)
_NUMBER = re.compile(r"[\d.]+")
_LETTERS = ("", "甲", "甲乙", "甲乙丙", "甲乙丙丁")
"""Letters with which a row of numbers of columns may begin."""


def non_record(
    cells: Sequence[Cell], key: Sequence[Cell], *, complete: bool, titles: Collection[str]
) -> NonRecord | None:
    """Kind of a non-blank row if it is no record, else None.

    Args:
        cells: all cells of the row.
        key: cells of the key columns.
        complete: whether all required cells are filled.
        titles: texts above the header, as :func:`plain_title` writes them.
    """
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    if numbers_columns(filled):
        return NonRecord.HEADING
    first = next((text for cell in filled if not _NUMBER.fullmatch(text := plain(cell))), None)
    if first is None:
        return None
    if complete and first not in map(plain, key):
        return None
    if _TOTAL.fullmatch(first):
        return NonRecord.TOTAL
    alone = len(filled) == 1
    lone_note = alone and (_PAGE.fullmatch(first) or _is_note(filled[0], cells, key))
    if _FOOTER.fullmatch(first) or lone_note:
        return NonRecord.FOOTER
    title = alone and _is_title(filled[0], cells, key, titles)
    return NonRecord.TITLE if title else None


def is_total(cells: Sequence[Cell]) -> bool:
    """Whether the first text of a row is a word for a total and nothing else."""
    texts = (text for cell in cells if (text := plain(cell)) and not _NUMBER.fullmatch(text))
    return _TOTAL_ALONE.fullmatch(next(texts, "")) is not None


def plain(cell: Cell) -> str:
    """Text of a cell for comparison: half-width, without spaces, with ``()`` as brackets."""
    return _plain_text("" if cell is None else str(cell)[:200])


@lru_cache(maxsize=4096)
def _plain_text(text: str) -> str:
    return match_key(plain_brackets(text))


def plain_title(cell: Cell) -> str:
    """Text of a title without the mark of a continued table."""
    return _CONTINUED.sub("", plain(cell))


def _is_note(cell: Cell, cells: Sequence[Cell], key: Sequence[Cell]) -> bool:
    """Whether the only filled cell of a row leads it and is a sentence or a seal."""
    return _leads(cell, cells, key) and bool(_NOTE.fullmatch(plain(cell)))


def _is_title(
    cell: Cell, cells: Sequence[Cell], key: Sequence[Cell], titles: Collection[str]
) -> bool:
    """Whether the only filled cell of a row is a title; a lone name is a record to complete."""
    text = plain(cell)
    if plain_title(cell) in titles or _DATE.fullmatch(text) or unit_alone(cell):
        return True
    if not _leads(cell, cells, key):
        return False
    if block_period([cell]) is not None:
        return True
    return bool(_CONTINUED.search(text) or _SECTION.fullmatch(text) or _PLACE.fullmatch(text))


def _leads(cell: Cell, cells: Sequence[Cell], key: Sequence[Cell]) -> bool:
    """Whether ``cell`` is in the first column or a key column: a sheet may begin further right."""
    return cells[0] is cell or any(one is cell for one in key)


def numbers_columns(filled: Sequence[Cell]) -> bool:
    """Whether a row numbers the columns: 1, 2, 3 or 甲, 乙, 1, 2; also (1), ①, 3=1+2."""
    texts = [plain(cell).partition("=")[0].strip("()") for cell in filled]
    return len(texts) >= 3 and any(
        texts == [*letters, *map(str, range(1, len(texts) - len(letters) + 1))]
        for letters in _LETTERS
    )
