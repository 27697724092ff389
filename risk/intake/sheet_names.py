"""Months and projects that the name or the titles of a sheet give where no column does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from risk.contract import Field, FieldType, Table
from risk.intake.cells import Cell, normalise
from risk.intake.units import plain_brackets

_CHINESE = {name: number for number, name in enumerate("一二三四五六七八九", 1)}
_CHINESE |= {"十": 10, "十一": 11, "十二": 12}
_YEAR_MONTH = re.compile(
    r"(?<!\d)((?:19|20)\d{2})\s*[年./-]?\s*(1[0-2]|0?[1-9])(?!\d)\s*(?:月|$|\D)"
)
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s*月")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_PROJECT = re.compile(r"(?:项目|工程)(?:名称|编码)?:\s*(.+?)(?:\s{2,}|[,;]|$)")

FindProject = Callable[[str], str | None]
"""Code of the project with a code or a name, or None if there is no such project or several."""


def supplied_cells(
    table: Table,
    found: Iterable[str],
    sheet: str,
    titles: Sequence[Cell],
    file: str,
    find_project: FindProject,
) -> Mapping[str, str]:
    """Cells by field for fields without a column: the month of the sheet, and its project.

    Args:
        table: table of the sheet.
        found: names of the fields with a column.
        sheet: name of the sheet.
        titles: cells above the header.
        file: file name without suffix; gives the year of a month without one.
        find_project: looks up a project.
    """
    absent = [field for field in table.fields if field.name not in set(found)]
    texts = [sheet, *(cell for cell in titles if isinstance(cell, str))]
    supplied = {}
    for field in absent:
        cell = _month(field, [*texts, file]) or _project(table, field, texts, find_project)
        if cell is not None:
            supplied[field.name] = cell
    return supplied


def month_in(text: str, *, year: str | None = None) -> str | None:
    """The one month that ``text`` names, as ``2025-09``; ``year`` is that of a month alone.

    >>> month_in("2025年9月"), month_in("十月", year="2025"), month_in("1-3月")
    ('2025-09', '2025-10', None)
    """
    plain = normalise(text)
    if "季" in plain or re.search(r"\d\s*[-~至]\s*\d+\s*月", plain):
        return None
    if found := _YEAR_MONTH.search(plain):
        return f"{found[1]}-{int(found[2]):02}"
    months = _MONTH.findall(plain)
    if len(months) != 1 or year is None:
        return None
    return f"{year}-{_CHINESE.get(months[0]) or int(months[0]):02}"


def _month(field: Field, texts: Sequence[str]) -> str | None:
    if field.type is not FieldType.MONTH:
        return None
    years = (_YEAR.search(normalise(text)) for text in texts)
    year = next((found[1] for found in years if found), None)
    return next((month for text in texts if (month := month_in(text, year=year))), None)


def _project(
    table: Table, field: Field, texts: Sequence[str], find_project: FindProject
) -> str | None:
    if field.name != "project_id" or table.name == "projects":
        return None
    sheet, *titles = texts
    named = [found[1] for title in titles if (found := _PROJECT.search(plain_brackets(title)))]
    codes = (find_project(text.strip()) for text in (sheet, *named) if text.strip())
    return next((code for code in codes if code), None)
