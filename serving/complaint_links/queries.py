"""Complaints without a project as API responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from serving.auth.principal import Principal
from serving.complaint_links.schemas import UnlinkedComplaint
from serving.complaint_links.service import Document, visible_complaints, with_decisions
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.http.schemas import Page
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register

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
    amount = None if row["amount"] is None else row["amount"] / 100
    return UnlinkedComplaint.model_validate({**fields, "amount": amount})


def newest_rows(database: Database, principal: Principal) -> Sequence[Document]:
    """The complaints of the newest list the principal may read, or none if there is no list."""
    newest = closest_list(WatchlistRepository(database).summaries(principal), principal)
    if newest is None:
        return ()
    stored = load_register(database.engine, newest.as_of, newest.region, principal)
    return visible_complaints(stored.document, principal) if stored else ()
