"""Months and projects that the name or the titles of a sheet give where no column does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from risk.contract import Field, FieldType, Table
from risk.intake.cells import Cell
from risk.intake.named_periods import stated_month
from risk.intake.stated_years import block_period
from risk.intake.team_sheets import CONTRACT, TABLES, team_of_sheet
from risk.intake.units import plain_brackets

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
    """Cells by field for fields without a column: the month of the sheet, its project and team.

    The cell of a contract is the name of the team, see :mod:`risk.intake.team_sheets`.

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
        cell = (
            _month(field, [*texts, file])
            or _project(table, field, texts, find_project)
            or _team(table, field, sheet)
        )
        if cell is not None:
            supplied[field.name] = cell
    return supplied


def month_of_block(titles: Sequence[Cell], month: str) -> str | None:
    """Month of the rows below ``titles``; ``month`` is that of the sheet, for a block without one.

    >>> month_of_block(["2025年11月工资表"], "2025-10"), month_of_block(["11-12月"], "2025-10")
    ('2025-11', None)
    """
    period = next(filter(None, (block_period([title]) for title in titles)), None)
    if period is None:
        return month
    first = period.one_month(year=int(month[:4]))
    return f"{first:%Y-%m}" if first else None


def _month(field: Field, texts: Sequence[str]) -> str | None:
    if field.type is not FieldType.MONTH:
        return None
    month = stated_month(texts)
    return f"{month:%Y-%m}" if month else None


def _team(table: Table, field: Field, sheet: str) -> str | None:
    of_team = field.name == CONTRACT and table.name in TABLES
    return (team_of_sheet(sheet) or None) if of_team else None


def _project(
    table: Table, field: Field, texts: Sequence[str], find_project: FindProject
) -> str | None:
    if field.name != "project_id" or table.name == "projects":
        return None
    sheet, *titles = texts
    named = [found[1] for title in titles if (found := _PROJECT.search(plain_brackets(title)))]
    codes = (find_project(text.strip()) for text in (sheet, *named) if text.strip())
    return next((code for code in codes if code), None)
