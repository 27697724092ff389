"""Complaints without a project as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from risk.locale import Language, text

if TYPE_CHECKING:
    from models.linkage.named_projects import NamedComplaint

_COLUMNS = (
    *("complaint", "received", "said_site", "said_firm", "kind", "candidate", "name"),
    *("probability", "words"),
)
_NAMED_COLUMNS = (
    *("complaint", "received", "said_site", "candidate", "name", "contractor", "region"),
    *("likeness", "under_way"),
)


def render_candidates(rows: Sequence[dict[str, Any]], shape: str, language: Language) -> bytes:
    """Return complaints with their candidates in the form ``shape``; amounts in yuan."""
    if shape == "json":
        # Amounts are stored in fen and shown in yuan.
        yuan = [
            {**row, "amount": None if row["amount"] is None else row["amount"] / 100}
            for row in rows
        ]
        return (json.dumps(yuan, ensure_ascii=False, indent=2) + "\n").encode()
    headings = [text(f"links.{name}", language) for name in _COLUMNS]
    cells = [cells for row in rows for cells in _cells(row, language)]
    return _table(headings, cells, shape, text("links.none", language), (7,))


def render_named(named: Sequence[NamedComplaint], shape: str, language: Language) -> bytes:
    """Return complaints and the project each names, in the form ``shape``."""
    if shape == "json":
        rows = [asdict(one) for one in named]
        return (json.dumps(rows, ensure_ascii=False, indent=2, default=str) + "\n").encode()
    headings = [text(f"links.{name}", language) for name in _NAMED_COLUMNS]
    cells = [_named_cells(one, language) for one in named]
    return _table(headings, cells, shape, text("links.none_named", language))


def _table(
    headings: list[str],
    cells: list[list[str]],
    shape: str,
    empty: str,
    right: tuple[int, ...] = (),
) -> bytes:
    if shape == "csv":
        file = io.StringIO(newline="")
        from serving.documents.sanitize import xml_safe

        csv.writer(file).writerows([headings, *([xml_safe(cell) for cell in row] for row in cells)])
        return file.getvalue().encode("utf-8-sig")
    if not cells:
        return f"{empty}\n".encode()
    from serving.documents.text_table import format_table

    return format_table(headings, cells, right).encode()


def _named_cells(one: NamedComplaint, language: Language) -> list[str]:
    under_way = {True: "yes", False: "no", None: "unknown"}[one.under_way]
    return [
        *(one.complaint_id, one.received_on.isoformat(), one.site, one.project_id),
        *(one.project_name, one.contractor or "", one.region_code or ""),
        text(f"links.likenesses.{one.likeness}", language),
        text(f"links.{under_way}", language),
    ]


def _cells(row: dict[str, Any], language: Language) -> list[list[str]]:
    said = [row["complaint_id"], row["received_on"], row["project_text"], row["employer_text"]]
    if not row["candidates"]:
        return [[*said, "", "", "", "", ""]]
    return [
        [
            *said,
            text(f"links.{candidate['kind']}", language),
            candidate["id"],
            candidate["name"] or candidate["firm"],
            f"{min(candidate['probability'], 0.99):.2f}",
            " ".join([*candidate["site_words"], *candidate["firm_words"]]),
        ]
        for candidate in row["candidates"]
    ]
