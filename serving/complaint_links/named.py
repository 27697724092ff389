"""Complaints that give the name of exactly one project: one confirmation, or the office's rule."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from risk.workspace import Workspace
from serving.auth.principal import OFFICE, Principal
from serving.clock import now, office_date
from serving.complaint_links.repository import Decision, Rule
from serving.complaint_links.service import Document, store_decisions
from serving.db.database import Database
from serving.db.engine import writing
from serving.errors import ApiError
from serving.ingest.open_complaints import day_after_today

if TYPE_CHECKING:
    from models.linkage.named_projects import NamedComplaint
    from serving.settings import Settings


class LinksChanged(ApiError):
    """The complaints that name a project are others than those that were shown."""

    code = "links_changed"
    status = HTTPStatus.CONFLICT


def named_decisions(
    named: Iterable[NamedComplaint],
    by: str,
    at: dt.datetime,
    *,
    rule: Rule = "named_together",
    since_known: bool = False,
) -> list[Decision]:
    """Return one link for each of ``named``.

    A link counts from the day of the decision; with ``since_known`` from the day the complaint and
    the name of the project were both known, for ledgers imported as history.
    """
    return [
        Decision(
            complaint_id=one.complaint_id,
            decision="linked",
            project_id=one.project_id,
            org_id=None,
            region_code=one.region_code or "",
            probability=None,
            decided_on=one.known_from if since_known else office_date(at),
            decided_by=by,
            decided_at=at,
            rule=rule,
        )
        for one in named
    ]


def named_pairs(rows: Iterable[Document]) -> list[tuple[Document, Document]]:
    """Return undecided complaints with the candidate whose name they give and no other's."""
    return [
        (row, candidate)
        for row in rows
        if row["decision"] is None
        for candidate in row["candidates"]
        if candidate["kind"] == "project" and candidate.get("unique")
    ]


def pairs_digest(pairs: Iterable[tuple[Document, Document]]) -> str:
    """Return a digest by which a confirmation names exactly the pairs that were shown."""
    found = sorted((row["complaint_id"], candidate["id"]) for row, candidate in pairs)
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def decide_named(
    connection: Connection,
    principal: Principal,
    pairs: Sequence[tuple[Document, Document]],
    shown: str,
    at: dt.datetime,
) -> None:
    """Link every complaint of ``pairs`` to its candidate.

    Raises:
        LinksChanged: these are not the pairs of the digest ``shown``.
    """
    if pairs_digest(pairs) != shown:
        raise LinksChanged(links=len(pairs))
    decisions = [
        Decision(
            complaint_id=row["complaint_id"],
            decision="linked",
            project_id=candidate["id"],
            org_id=None,
            region_code=str(candidate["region_code"] or ""),
            probability=None,
            decided_on=office_date(at),
            decided_by=principal.name,
            decided_at=at,
            rule="named_together",
        )
        for row, candidate in pairs
    ]
    store_decisions(connection, principal, decisions)


def link_equal_names(workspace: Workspace, settings: Settings, database: Database) -> int:
    """Link what the office's rule covers and return the number of links; 0 without the rule.

    Covered are complaints that give the plain name of exactly one project, letter by letter, which
    was under way or whose dates are unknown.
    """
    if settings.links.equal_names != "link" or not workspace.records.exists():
        return 0
    from serving.ingest.importer import import_waiting

    named = [
        one for one in _named(workspace) if one.likeness == "equal" and one.under_way is not False
    ]
    if not named:
        return 0
    moment = now()
    decisions = named_decisions(named, settings.links.confirmed_by, moment, rule="equal_name")
    with writing(database.engine).begin() as connection:
        store_decisions(connection, OFFICE, decisions)
    import_waiting(workspace, database)
    return len(decisions)


def _named(workspace: Workspace) -> Sequence[NamedComplaint]:
    from models.linkage.named_projects import open_complaints
    from risk.store.store import RecordStore

    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        return open_complaints(store, day_after_today()).named
