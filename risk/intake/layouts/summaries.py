"""Summaries: sheets with a row per place or department and its numbers of projects and people.

They are no records, and no layout makes them any: the message names the ledgers that their numbers
were counted from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from risk.intake.cells import as_text, match_key
from risk.intake.file_errors import IntakeFailure
from risk.intake.headings import own_part
from risk.intake.layouts.heads import Head, one_line, possible_heads
from risk.intake.layouts.regions import section_county
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.readers.sheet import Sheet, first_rows
from risk.intake.units import plain_brackets

_NUMBER = re.compile(
    r".*(?:数|数量|率|占比|比重|比例|总额|金额|余额|合计|同比|环比)"
    r"|(?:本|上|当)(?:日|周|旬|月|季|季度|年).*|(?:.*/)?(?:累计|其中|同比|环比).*"
)
_UNIT = re.compile(
    r"\((?:个|件|户|家|人|人次|名|起|宗|项|份|次|万人|[千万亿]?元|%)(?:[,、/].*)?\)$"
)
_BRACKETS = re.compile(r"\([^()]*\)")
_SERIAL = frozenset(("序号", "编号", "no", "no.", "备注", "说明"))
_OFFICE = re.compile(
    r".{1,14}(?:局|委|委员会|办|办公室|大队|支队|政府|管委会|街道|街道办|街道办事处|镇|乡)"
    r"|.{1,8}(?:县|市|旗|州|(?<![小园校厂社景库居住])区)|.{0,4}(?:本级|直属)|.{2,6}(?:领域|行业|系统)"
)
_TOTAL = re.compile(r"(?:合|总|小|共)计|累计|全[市县区省]")
_ROWS, _LEAST, _OTHERS = 40, 3, 2
_SHOWN = 4


class OnlySummaries(IntakeFailure):
    """All sheets are summaries. Carries ``columns``, the headings of the first one."""

    code = "only_summaries"


def refuse_summaries(sheets: Sequence[Sheet], file: str) -> None:
    """Refuse a file with nothing but summaries.

    Raises:
        OnlySummaries: it has summaries, and its other sheets are hidden or blank.
    """
    filled = [one for one in sheets if not one.hidden and next(_texts(one), None)]
    heads = [summary_head(one) for one in filled]
    found = [head for head in heads if head is not None]
    # The sheets of a text file are its rows, parted in several ways.
    text = any(isinstance(one, CsvSheet) for one in filled)
    if found and (text or len(found) == len(filled)):
        shown = [own_part(one) for one in _numbers(found[0])[:_SHOWN]]
        raise OnlySummaries(file=file, columns="、".join(shown))


def summary_head(sheet: Sheet) -> Head | None:
    """Head of a sheet that is a summary; None of any other sheet.

    All columns but two are numbers of something, and the rows are places or departments.
    """
    for head in possible_heads(sheet):
        numbers = _numbers(head)
        others = [one for one in _headings(head) if one not in numbers]
        if len(numbers) < _LEAST or not 0 < len(others) <= _OTHERS:
            continue
        if _names_offices(sheet, head, head.headings.index(others[0])):
            return head
    return None


def _headings(head: Head) -> list[str]:
    return [one for one in head.headings if one and match_key(one) not in _SERIAL]


def _numbers(head: Head) -> list[str]:
    """Headings of a head that name a number of something."""
    return [one for one in _headings(head) if _is_number(one)]


def _is_number(heading: str) -> bool:
    plain = match_key(plain_brackets(heading))
    return bool(_UNIT.search(plain) or _NUMBER.fullmatch(_BRACKETS.sub("", plain)))


def _names_offices(sheet: Sheet, head: Head, column: int) -> bool:
    """Whether most rows below a head have a place or a department in a column."""
    cells = [
        text
        for number, row in first_rows(sheet, head.row + _ROWS)
        if number > head.row and column < len(row)
        if (text := match_key(one_line(as_text(row[column])))) and not _TOTAL.fullmatch(text)
    ]
    offices = sum(bool(_OFFICE.fullmatch(one)) or section_county(one) is not None for one in cells)
    return bool(cells) and offices * 3 >= len(cells) * 2


def _texts(sheet: Sheet) -> Iterator[str]:
    for _, row in first_rows(sheet, _ROWS):
        yield from filter(None, (one_line(as_text(cell)) for cell in row))
