"""Lists complaints without a project, and keeps what is decided of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.clock import now
from serving.complaint_links.schemas import Link, LinkIn, UnlinkedComplaint
from serving.complaint_links.service import Choice, Document, decide, shown, waiting
from serving.db.pagination import Wanted
from serving.http.schemas import Page
from serving.watchlists.repository import ServiceDatabase, closest
from serving.watchlists.snapshot_repository import register

State = Literal["waiting", "decided", "all"]


def every(
    database: ServiceDatabase, who: Principal, wanted: Wanted, state: State
) -> Page[UnlinkedComplaint]:
    """The complaints of the newest list that the reader may see, the first first."""
    rows = [
        row
        for row in shown(_rows(database, who), database, who)
        if state == "all" or (row["decision"] is None) == (state == "waiting")
    ]
    rest = [row for row in rows if wanted.cursor is None or row["number"] > wanted.cursor]
    part = rest[: wanted.limit]
    after = str(part[-1]["number"]) if len(rest) > len(part) else None
    return Page(items=[told(row) for row in part], next=after)


def keep(connection: Connection, database: ServiceDatabase, who: Principal, link: LinkIn) -> Link:
    """Keep a decision.

    Raises:
        ComplaintNotWaiting, LinkUnclear, LinkNotYours, ProjectUnknown, OrganisationUnknown:
            see :func:`serving.complaint_links.service.decide`.
    """
    choice = Choice(link.complaint_id, link.decision, link.project_id, link.org_id)
    kept = decide(connection, database, who, choice, _rows(database, who), now())
    return Link.model_validate({name: getattr(kept, name) for name in Link.model_fields})


def told(row: Document) -> UnlinkedComplaint:
    """A complaint as it is sent."""
    fields = {name: row[name] for name in UnlinkedComplaint.model_fields if name != "amount"}
    amount = None if row["amount"] is None else row["amount"] / 100
    return UnlinkedComplaint.model_validate({**fields, "amount": amount})


def _rows(database: ServiceDatabase, who: Principal) -> Sequence[Document]:
    """Of the newest list the reader sees: that of his own region, else the widest."""
    newest = closest(database.summaries(who), who)
    if newest is None:
        return ()
    stored = register(database.engine, newest.as_of, newest.region, who)
    return waiting(stored.document, who) if stored else ()
