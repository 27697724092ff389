"""Complaints without a project as API responses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from serving.auth.principal import Principal
from serving.complaint_links.current import load_candidates
from serving.complaint_links.schemas import UnlinkedComplaint
from serving.complaint_links.service import Document, visible_complaints, with_decisions
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.http.schemas import Page
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register_part


@dataclass(frozen=True)
class ComplaintRegister:
    """Complaints without a project under ``unlinked``, as known before ``as_of``."""

    as_of: dt.date
    document: Document


State = Literal["waiting", "decided", "all"]


def list_complaints(
    database: Database, principal: Principal, wanted: PageRequest, state: State
) -> Page[UnlinkedComplaint]:
    """Return a page of the complaints of the newest list that the principal may read."""
    rows = [
        row
        for row in with_decisions(newest_rows(database, principal), database, principal)
        if state == "all" or (row["decision"] is None) == (state == "waiting")
    ]
    rest = [row for row in rows if wanted.cursor is None or row["number"] > wanted.cursor]
    part = rest[: wanted.limit]
    after = str(part[-1]["number"]) if len(rest) > len(part) else None
    return Page(items=[to_schema(row) for row in part], next=after)


def to_schema(row: Document) -> UnlinkedComplaint:
    """Return the response schema of a complaint."""
    fields = {name: row[name] for name in UnlinkedComplaint.model_fields if name != "amount"}
    fields["amount"] = None if row["amount"] is None else row["amount"] / 100
    # Candidates computed by earlier releases do not compare whole names.
    fields["candidates"] = [{"likeness": None, "unique": False, **one} for one in row["candidates"]]
    if fields["decision"] is not None:
        fields["decision"] = {"rule": None, **fields["decision"]}
    return UnlinkedComplaint.model_validate(fields)


def newest_rows(database: Database, principal: Principal) -> Sequence[Document]:
    """The complaints the principal may see: the current ones, or those of the newest list."""
    found = newest_register(database, principal)
    return () if found is None else visible_complaints(found.document, principal)


def newest_register(database: Database, principal: Principal) -> ComplaintRegister | None:
    """The current candidates or, if it is newer, the register of the newest list; None without."""
    current = load_candidates(database.engine)
    newest = closest_list(WatchlistRepository(database).summaries(principal), principal)
    if current is not None and (newest is None or current.as_of >= newest.as_of):
        return ComplaintRegister(current.as_of, {"unlinked": current.rows})
    if newest is None:
        return None
    rows = load_register_part(database.engine, newest, principal, "unlinked")
    return ComplaintRegister(newest.as_of, {"unlinked": rows})
