"""Deposit advice, expiring deposits and deposits to be returned as rows of a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from typing import IO, Any

from risk.locale import Language, text
from serving.deposits.repository import Part
from serving.documents.csv import Cell
from serving.documents.xlsx import Sheet, to_xlsx

Row = Mapping[str, Any]


def headings(part: str, language: Language) -> list[str]:
    """Return the column headers of ``advice``, ``ending`` or ``returns``."""
    return text(f"deposits.columns.{part}", language).split("|")


def advice_cells(row: Row, language: Language) -> list[Cell]:
    """Return the cells of a contractor in a county."""
    return [
        row["contractor_name"] or row["contractor_id"],
        row["contractor_id"],
        row["region_code"],
        text(f"deposits.steps.{row['step'] or 'no_table'}", language),
        share_text(row),
        row["record_years"],
        history_text(row, language),
        row["running"],
        row["instrument"],
    ]


def share_text(row: Row) -> str | None:
    """Return the rate as text, a range where the rule gives one; None without a rate."""
    if row["share"] is None:
        return None
    low, high = f"{row['share']:.2%}", row.get("share_to")
    return low if high is None or high == row["share"] else f"{low}–{high:.2%}"


def days_left_text(row: Row, language: Language) -> str | None:
    """Return the days until a deposit expires, or since it has; None without a day."""
    days = row["days_left"]
    if days is None or days >= 0:
        return None if days is None else str(days)
    return text("pages.deposits.over", language, n=-days)


def history_text(row: Row, language: Language) -> str:
    """Describe the history behind the advice, including records that are too short."""
    kinds = [event["kind"] for event in row["events"]]
    parts = [
        text(f"deposits.history.{kind}", language, n=kinds.count(kind))
        for kind in ("arrears", "drawn", "listed")
        if kind in kinds
    ]
    if not parts:
        parts.append(text("deposits.history.none", language, years=row["record_years"]))
    if row["short_of_years"]:
        parts.append(
            text(
                "deposits.history.short",
                language,
                years=row["record_years"],
                needed=row["short_of_years"],
            )
        )
    if row["several"]:
        parts.append(text("deposits.history.several", language, n=row["running"]))
    if row["small_projects"]:
        shown = ", ".join(row["small_projects"][:5])
        count = len(row["small_projects"])
        parts.append(text("deposits.history.small", language, n=count, projects=shown))
    if row.get("short_projects"):
        shown = ", ".join(row["short_projects"][:5])
        count = len(row["short_projects"])
        parts.append(text("deposits.history.short_works", language, n=count, projects=shown))
    if row.get("cap"):
        parts.append(text("deposits.history.cap", language, amount=f"{row['cap'] / 100:,.0f}"))
    if row["step"] == "exempt":
        parts.append(text("deposits.history.systems", language))
    return text("deposits.history.join", language).join(parts)


def ending_cells(row: Row, language: Language) -> list[Cell]:
    """Return the cells of a deposit; amounts in yuan."""
    kind = row["kind"]
    return [
        *_project_cells(row),
        text(f"deposits.states.{row['state']}", language),
        text(f"deposits.kinds.{kind}", language) if kind else None,
        None if row["amount"] is None else row["amount"] / 100,
        row["valid_to"],
        row["days_left"],
    ]


def return_cells(row: Row, language: Language) -> list[Cell]:
    """Return the cells of a deposit to be returned; amounts in yuan."""
    kind = row["kind"]
    return [
        *_project_cells(row),
        text(f"deposits.kinds.{kind}", language) if kind else None,
        None if row["amount"] is None else row["amount"] / 100,
        *(row[name] for name in ("completed_on", "notice_until", "check_by", "return_by")),
    ]


def _project_cells(row: Row) -> list[Cell]:
    return [
        row["project_name"],
        row["project_id"],
        row["region_code"],
        row["contractor_name"] or row["contractor_id"],
    ]


def deposits_xlsx(
    rows_of: Mapping[Part, Iterable[Row]], language: Language, day: dt.date
) -> IO[bytes]:
    """Return the rows of each part as a sheet; they are read while they are written."""
    cells: Mapping[Part, Callable[[Row, Language], list[Cell]]] = {
        "advice": advice_cells,
        "ending": ending_cells,
        "returns": return_cells,
    }
    sheets = [
        Sheet(
            text(f"deposits.sheets.{part}", language),
            headings(part, language),
            map(made, rows_of[part], repeat(language)),
        )
        for part, made in cells.items()
    ]
    return to_xlsx(sheets, day)
