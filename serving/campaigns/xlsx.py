"""Workbook of a campaign: unchecked projects, listed projects in scope, zero targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from risk.locale import Language, text
from serving.campaigns.status import CampaignStatus
from serving.campaigns.texts import zero_target_label
from serving.documents.xlsx import Cell, Sheet, to_xlsx
from serving.formatting import code_label
from serving.matters.xlsx import deadline_note

_PROJECT = (
    *("project_id", "project_name", "place", "contractor", "sector", "funding", "tier"),
    *("probability", "workers", "rank"),
)
_AGAINST = ("target", "key", "name", "workers", "unit", "due", "due_note")


def campaign_xlsx(progress: CampaignStatus, language: Language) -> IO[bytes]:
    """Return the workbook; an empty cell is unknown."""
    listed = sorted((r for r in progress.projects if r["rank"]), key=lambda row: row["rank"])
    heads = [text(f"campaigns.columns.{name}", language) for name in _PROJECT]
    against = [text(f"campaigns.columns.{name}", language) for name in _AGAINST]
    rows: list[list[Cell]] = [
        [
            zero_target_label(zero.name, language),
            state.matter.key,
            state.matter.facts.name,
            state.matter.facts.workers,
            state.unit,
            state.due.day if state.due else None,
            deadline_note(state, language) or None,
        ]
        for zero in progress.zeros
        for state in zero.against
    ]
    left = [_project(row, language) for row in progress.left]
    names = {
        name: text(f"campaigns.sheets.{name}", language) for name in ("left", "listed", "zero")
    }
    sheets = [
        Sheet(names["left"], heads, left),
        Sheet(names["listed"], heads, [_project(row, language) for row in listed]),
        Sheet(names["zero"], against, rows),
    ]
    return to_xlsx(sheets, progress.until)


def _project(row: Mapping[str, Any], language: Language) -> list[Cell]:
    return [
        row["project_id"],
        row["project_name"],
        row["region_code"],
        row["contractor_name"],
        code_label("projects.sector", row["sector"], language),
        code_label("projects.funding", row["funding"], language),
        code_label("tier", row["tier"], language),
        round(row["probability"], 4),
        row["workers"],
        row["rank"],
    ]
