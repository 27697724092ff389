"""Rows that pages read, derived from the documents of a list.

Publishing writes them with a list, and migrations 0026, 0028 and 0029 write them for the lists that
were there. A later change of the columns keeps these functions as they are for those migrations.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Row = dict[str, Any]

PARTS = ("matters", "unlisted", "months", "unlinked")
"""Parts of a register that are stored alone too."""

OWED = ("teams", "workers", "largest", "since", "due_since")
"""What the summary of wages owed to teams of a project has besides the amount, in columns."""

_LEVEL = 6


def entry_row(entry: Document) -> Row:
    """Return the columns of an entry by which it is filtered and sorted."""
    stake = entry["amount_at_stake"]
    names = (entry["project_id"], entry["project_name"], entry["contractor_name"] or "")
    return {
        "project_name": entry["project_name"],
        "workers": entry["workers"],
        "amount_at_stake": None if stake is None else round(stake * 100),
        "change": entry["change"]["kind"],
        "from_rank": entry["change"]["from_rank"],
        "change_reason": entry["change"]["reason"],
        "red_flags": f" {' '.join(flag['code'] for flag in entry['red_flags'])} ",
        "search": "\n".join(names).casefold(),
    }


_SHOWN = (
    *("project_id", "project_name", "contractor_name", "region_code", "tier", "probability"),
    *("workers", "amount_at_stake", "amount_owed", "unlike_inspected", "unlike"),
)
_SHOWN_OF_FLAG = ("code", "grade", "title", "finding", "article_label")
_SHOWN_OF_REASON = ("basis", "contribution", "text")


def shown_entry(entry: Document) -> bytes:
    """Return what a page of the list shows of an entry, as JSON: no evidence and no checks.

    Of the reasons only those remain that state a fact and raise the score.
    """
    stated = (one for one in entry["reasons"] if one.get("basis") == "fact")
    reasons = [_part(one, _SHOWN_OF_REASON) for one in stated if one["contribution"] > 0]
    flags = [_part(one, _SHOWN_OF_FLAG) for one in entry["red_flags"]]
    return _json({**_part(entry, _SHOWN), "reasons": reasons, "red_flags": flags})


def _part(document: Document, names: Sequence[str]) -> Row:
    return {name: document[name] for name in names if name in document}


def list_head(document: Document) -> bytes:
    """Return a list without its entries, with the titles of their red flags by code, compressed."""
    flags = (flag for entry in document["entries"] for flag in entry["red_flags"])
    titles = {flag["code"]: flag["title"] for flag in flags}
    head = {name: value for name, value in document.items() if name != "entries"}
    return compressed({**head, "flag_titles": titles})


def scored_project_rows(projects: Sequence[Document]) -> Iterator[Row]:
    """Yield the rows of the projects of a register."""
    return map(_scored_project, projects)


_COPIED = (
    *("project_id", "region_code", "rank", "tier", "probability", "project_name", "latitude"),
    *("longitude", "workers", "amount_at_stake", "contractor_id", "contractor_name", "owner_id"),
    "owner_name",
)
SEARCHED = ("project_id", "project_name", "contractor_name", "owner_name")
"""Columns that a project is found by, with ``search``."""


def _scored_project(row: Document) -> Row:
    owed = row.get("owed")
    return {
        **{name: row.get(name) for name in _COPIED},
        # Money owed is unknown in registers of earlier versions, which have no such field.
        "amount_owed": (owed["amount"] if owed else 0) if "owed" in row else None,
        **owed_columns(owed),
        "search": other_case([row.get(name) for name in SEARCHED]),
    }


def other_case(names: Sequence[str | None]) -> str:
    """Return those of ``names`` that are not in one case, in one case."""
    written = [name for name in names if name]
    return "\n".join(one for name in written if (one := name.casefold()) != name)


def owed_columns(owed: Document | None) -> Row:
    """Return the columns of a summary of wages owed, None in all where there is none."""
    return {f"owed_{name}": (owed or {}).get(name) for name in OWED}


def owed_summary(row: Document) -> Row | None:
    """Return the summary that :func:`owed_columns` made columns of, with days as text."""
    if row["owed_teams"] is None:
        return None
    return {"amount": row["amount_owed"], **{name: _plain(row[f"owed_{name}"]) for name in OWED}}


def with_days(row: Document) -> Row:
    """Return the row of a scored project with the days as dates, for the database."""
    names = ("owed_since", "owed_due_since")
    return {**row, **{name: row[name] and dt.date.fromisoformat(row[name]) for name in names}}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def register_part_rows(register: Document) -> Iterator[Row]:
    """Yield the rows of the parts of a register."""
    for part in PARTS:
        if part in register:
            yield {"part": part, "body": compressed(register[part])}


def deposit_rows(register: Document) -> Iterator[Row]:
    """Yield the rows of a register about deposits, in its order."""
    for part, rows in register.get("deposits", {}).items():
        for position, row in enumerate(rows):
            yield {
                "part": part,
                "position": position,
                "region_code": row.get("region_code") or "",
                "code": row.get("step") if part == "advice" else row.get("state"),
                "days_left": row.get("days_left"),
                "search": _contractor(row),
                "body": _json(row),
            }


def _contractor(row: Document) -> str:
    return f"{row.get('contractor_name') or ''} {row.get('contractor_id')}".casefold()


def compressed(document: Any) -> bytes:
    """Return a document as compressed JSON."""
    return gzip.compress(_json(document), _LEVEL, mtime=0)


def _json(document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
