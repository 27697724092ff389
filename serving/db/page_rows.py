"""Rows that pages read, derived from the documents of a list.

Publishing writes them with a list, and migrations 0026 and 0028 write them for the lists that were
there. A later change of the columns keeps these functions as they are for those migrations.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Row = dict[str, Any]

PARTS = ("matters", "unlisted", "months", "unlinked")
"""Parts of a register that are stored alone too."""

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
)


def _scored_project(row: Document) -> Row:
    owed = row.get("owed")
    names = ("project_id", "project_name", "contractor_name", "owner_name")
    return {
        **{name: row.get(name) for name in _COPIED},
        # Money owed is unknown in registers of earlier versions, which have no such field.
        "amount_owed": (owed["amount"] if owed else 0) if "owed" in row else None,
        "owed": owed,
        "search": "\n".join(row.get(name) or "" for name in names).casefold(),
    }


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
