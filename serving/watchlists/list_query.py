"""Filters and order of the entries of a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from risk.flags.grades import is_counted
from risk.unit_kinds import Kind
from serving.http.parameters import IsoDate
from serving.outcomes.repository import Visit

Document = Mapping[str, Any]


class ListQuery(BaseModel):
    """Filters of a list; all are optional, an empty field means any."""

    model_config = ConfigDict(extra="ignore")

    as_of: IsoDate | Literal[""] | None = None
    region: str | None = None
    kind: Kind = "project"
    q: str = ""
    tier: str = ""
    flag: str = ""
    change: str = ""
    place: str = ""
    visited: Literal["", "yes", "no"] = ""
    sort: Literal["rank", "probability", "workers", "amount", "name"] = "rank"
    page: int = 1

    def day(self) -> dt.date | None:
        """Return the requested date."""
        return self.as_of if isinstance(self.as_of, dt.date) else None


def filter_entries(
    entries: Sequence[Document], wanted: ListQuery, visits: Mapping[str, Visit]
) -> list[Document]:
    """Return the matching entries in the requested order."""
    found = [entry for entry in entries if _fits(entry, wanted, visits)]
    return sorted(found, key=_ORDERS[wanted.sort])


def _fits(entry: Document, wanted: ListQuery, visits: Mapping[str, Visit]) -> bool:
    names = f"{entry['project_id']}\n{entry['project_name']}\n{entry['contractor_name'] or ''}"
    flags = {flag["code"] for flag in entry["red_flags"]}
    return (
        wanted.q.strip().casefold() in names.casefold()
        and wanted.tier in ("", entry["tier"])
        and (
            not wanted.flag
            or wanted.flag in flags
            or (wanted.flag == "any" and any(map(is_counted, flags)))
        )
        and wanted.change in ("", entry["change"]["kind"])
        and entry["region_code"].startswith(wanted.place)
        and (not wanted.visited or (wanted.visited == "yes") == is_done(entry, visits))
    )


_ORDERS: Mapping[str, Any] = {
    "rank": lambda e: e["rank"],
    "probability": lambda e: (-e["probability"], e["rank"]),
    "workers": lambda e: (-(e["workers"] or -1), e["rank"]),
    "amount": lambda e: (-(e["amount_at_stake"] or -1), e["rank"]),
    "name": lambda e: (e["project_name"], e["rank"]),
}


def is_done(entry: Document, visits: Mapping[str, Visit]) -> bool:
    """Return whether a visit to the entry had a result."""
    visit = visits.get(entry["project_id"])
    return visit is not None and visit.has_result
