"""Filters and order of the entries of a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, false, func, or_

from risk.flags.grades import is_counted
from risk.unit_kinds import Kind
from serving.db.text_match import by_code_point, holds
from serving.http.parameters import IsoDate
from serving.outcomes.repository import Visit
from serving.watchlists.list_part import ENTRIES, Condition, ListPart

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


def conditions(part: ListPart, wanted: ListQuery, visited: Collection[str]) -> list[Condition]:
    """Return what an entry of ``part`` must meet; ``visited`` are the projects visited."""
    found: list[Condition] = []
    if words := wanted.q.strip().casefold():
        found.append(holds(part.engine, ENTRIES.search, words))
    if wanted.tier:
        found.append(ENTRIES.tier == wanted.tier)
    if wanted.flag == "any":
        found.append(has_any(part, filter(is_counted, part.flag_titles())))
    elif wanted.flag:
        found.append(flagged(part, wanted.flag))
    if wanted.change:
        found.append(ENTRIES.change == wanted.change)
    if wanted.place:
        found.append(ENTRIES.region_code.startswith(wanted.place, autoescape=True))
    if wanted.visited:
        done = ENTRIES.project_id.in_(sorted(visited))
        found.append(done if wanted.visited == "yes" else ~done)
    return found


def flagged(part: ListPart, flag: str) -> Condition:
    """Return the condition that an entry has the red flag of that code."""
    return has_any(part, [code for code in part.flag_titles() if code == flag])


def has_any(part: ListPart, codes: Iterable[str]) -> Condition:
    """Return the condition that an entry has one of the red flags."""
    return or_(false(), *(holds(part.engine, ENTRIES.red_flags, f" {code} ") for code in codes))


def order(part: ListPart, wanted: ListQuery) -> list[ColumnElement[Any]]:
    """Return the requested order; what is unknown comes last."""
    by: Mapping[str, list[ColumnElement[Any]]] = {
        "rank": [],
        "probability": [ENTRIES.probability.desc()],
        "workers": [func.coalesce(ENTRIES.workers, 0).desc()],
        "amount": [func.coalesce(ENTRIES.amount_at_stake, 0).desc()],
        "name": [by_code_point(part.engine, ENTRIES.project_name)],
    }
    return [*by[wanted.sort], ENTRIES.rank]


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
    "workers": lambda e: (-(e["workers"] or 0), e["rank"]),
    "amount": lambda e: (-(e["amount_at_stake"] or 0), e["rank"]),
    "name": lambda e: (e["project_name"], e["rank"]),
}


def is_done(entry: Document, visits: Mapping[str, Visit]) -> bool:
    """Return whether a visit to the entry had a result."""
    visit = visits.get(entry["project_id"])
    return visit is not None and visit.has_result
