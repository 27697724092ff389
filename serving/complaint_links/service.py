"""Complaints without a project: visibility, decisions, and their records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection

from risk.contract import OWN_TABLES
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.clock import office_date
from serving.complaint_links.repository import (
    Decision,
    Verdict,
    current_decisions,
    insert_decisions,
)
from serving.db.database import Database
from serving.errors import ApiError
from serving.ingest.repository import add_submission
from serving.ingest.submissions import build_submission

Document = Mapping[str, Any]


class ComplaintNotWaiting(ApiError):
    """No complaint of this number lacks a project, or it concerns other regions."""

    code = "complaint_not_waiting"
    status = HTTPStatus.NOT_FOUND


class LinkUnclear(ApiError):
    """A link has no target, or a refusal has one."""

    code = "link_unclear"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class LinkNotYours(ApiError):
    """Candidates in other regions exist, so the principal cannot refuse them all."""

    code = "link_not_yours"
    status = HTTPStatus.FORBIDDEN


class OrganisationUnknown(ApiError):
    """The organisation is not a candidate of the complaint in the region."""

    code = "organisation_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class LinkChoice:
    """A requested decision."""

    complaint_id: str
    decision: Verdict
    project_id: str | None = None
    org_id: str | None = None


def visible_complaints(register: Document, principal: Principal) -> Sequence[Document]:
    """Return the complaints of a register that the principal may read, numbered.

    A complaint is visible in the regions of its candidates, with only the candidates of the
    principal's region; ``whole`` is True if these are all. Without a region, all are visible.
    """
    found = []
    for number, complaint in enumerate(register.get("unlinked", ()), start=1):
        own = [
            each for each in complaint["candidates"] if covers(principal, each["region_code"] or "")
        ]
        if own or not principal.region:
            whole = len(own) == len(complaint["candidates"])
            found.append({**complaint, "candidates": own, "whole": whole, "number": number})
    return found


def with_decisions(
    rows: Sequence[Document], database: Database, principal: Principal
) -> list[Document]:
    """Add the current decision, from the service or the records, to ``rows``.

    Targets outside the region of the principal are None.
    """
    standing = current_decisions(database.engine)
    return [{**row, "decision": _current_decision(row, standing, principal)} for row in rows]


def decide(
    connection: Connection,
    database: Database,
    principal: Principal,
    choice: LinkChoice,
    rows: Sequence[Document],
    at: dt.datetime,
) -> Decision:
    """Store a decision on one of ``rows`` and submit it to the record store.

    Raises:
        ComplaintNotWaiting: the complaint is not in ``rows``.
        LinkUnclear: a link without target, or a refusal with one.
        LinkNotYours: a refusal although other regions have candidates.
        ProjectUnknown, OrganisationUnknown: the target is unknown or in another region.
    """
    row = next(
        (complaint for complaint in rows if complaint["complaint_id"] == choice.complaint_id), None
    )
    if row is None:
        raise ComplaintNotWaiting(complaint_id=choice.complaint_id)
    if (choice.decision == "linked") != bool(choice.project_id or choice.org_id):
        raise LinkUnclear(complaint_id=choice.complaint_id)
    if choice.decision == "refused" and not row["whole"]:
        raise LinkNotYours(complaint_id=choice.complaint_id)
    decision = Decision(
        complaint_id=choice.complaint_id,
        decision=choice.decision,
        project_id=choice.project_id,
        org_id=choice.org_id,
        region_code=_region_code(connection, database, principal, choice, row),
        probability=_probability(row, choice),
        decided_on=office_date(at),
        decided_by=principal.name,
        decided_at=at,
    )
    store_decisions(connection, principal, [decision])
    return decision


def store_decisions(
    connection: Connection, principal: Principal, decisions: Sequence[Decision]
) -> None:
    """Store decisions of one moment, and their records as a submission to the record store."""
    if not decisions:
        return
    insert_decisions(connection, decisions)
    records = [decision.record() for decision in decisions]
    at = decisions[0].decided_at
    add_submission(connection, build_submission(OWN_TABLES["links"], records, principal, at))


def _region_code(
    connection: Connection,
    database: Database,
    principal: Principal,
    choice: LinkChoice,
    row: Document,
) -> str:
    place = ""
    if choice.project_id is not None:
        # A candidate may have ended, so it is not among the scored projects.
        candidate = _candidate(row, "project", choice.project_id)
        place = str(candidate["region_code"] or "") if candidate else ""
        place = place or region_of(connection, choice.project_id, principal)
    if choice.org_id is not None:
        found = _candidate(row, "organisation", choice.org_id)
        if found is None:
            raise OrganisationUnknown(org_id=choice.org_id)
        place = place or str(found["region_code"] or "")
    return place


def _candidate(row: Document, kind: str, number: str | None) -> Document | None:
    return next(
        (
            candidate
            for candidate in row["candidates"]
            if candidate["kind"] == kind and candidate["id"] == number
        ),
        None,
    )


def _probability(row: Document, choice: LinkChoice) -> float | None:
    found = _candidate(row, "project", choice.project_id)
    found = found or _candidate(row, "organisation", choice.org_id)
    return None if found is None else float(found["probability"])


def _current_decision(
    row: Document, standing: Mapping[str, Decision], principal: Principal
) -> Document | None:
    made = standing.get(row["complaint_id"])
    known = row["decided"]
    if made is None and known is None:
        return None
    if made is None:
        hidden = {
            name: _visible_id(row, known[name], principal) for name in ("project_id", "org_id")
        }
        return {**known, **hidden, "decided_by": None, "decided_at": None, "rule": None}
    inside = covers(principal, made.region_code)
    return {
        "decision": made.decision,
        "project_id": made.project_id if inside else None,
        "org_id": made.org_id if inside else None,
        "decided_on": made.decided_on.isoformat(),
        "decided_by": made.decided_by,
        "decided_at": made.decided_at,
        "rule": made.rule,
    }


def _visible_id(row: Document, number: str | None, principal: Principal) -> str | None:
    """Return a target known from the records if it is a visible candidate."""
    seen = {candidate["id"] for candidate in row["candidates"]}
    return number if number in seen or not principal.region else None
