"""Complaints that wait to be linked: who sees them, who decides, and what a decision becomes."""

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
from serving.complaint_links.repository import Decision, Verdict, keep_decision, standing_decisions
from serving.db.database import Database
from serving.errors import ApiError
from serving.ingest.repository import keep_submission
from serving.ingest.submissions import local_day, submission_of

Document = Mapping[str, Any]


class ComplaintNotWaiting(ApiError):
    """No complaint of this number without a project is known, or it concerns other regions."""

    code = "complaint_not_waiting"
    status = HTTPStatus.NOT_FOUND


class LinkUnclear(ApiError):
    """A link names neither project nor organisation, or a refusal names one."""

    code = "link_unclear"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class LinkNotYours(ApiError):
    """Only some candidates lie in the region: the others are not this person's to refuse."""

    code = "link_not_yours"
    status = HTTPStatus.FORBIDDEN


class OrganisationUnknown(ApiError):
    """The organisation is no candidate of the complaint in the region."""

    code = "organisation_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Choice:
    """What somebody wants to decide."""

    complaint_id: str
    decision: Verdict
    project_id: str | None = None
    org_id: str | None = None


def waiting(register: Document, who: Principal) -> Sequence[Document]:
    """The complaints of a register whom the reader may see, each with its place in the list.

    A complaint without a place is seen by whoever may see the region of one of its candidates, and
    only these candidates. ``whole`` tells whether these are all. Whoever sees all regions sees all.
    """
    found = []
    for number, one in enumerate(register.get("unlinked", ()), start=1):
        own = [each for each in one["candidates"] if covers(who, each["region_code"] or "")]
        if own or not who.region:
            whole = len(own) == len(one["candidates"])
            found.append({**one, "candidates": own, "whole": whole, "number": number})
    return found


def shown(rows: Sequence[Document], database: Database, who: Principal) -> list[Document]:
    """``rows`` with the decision that stands, made on the service or known to the records.

    What lies outside the reader's region is not named.
    """
    standing = standing_decisions(database.engine)
    return [{**row, "decision": _standing(row, standing, who)} for row in rows]


def decide(
    connection: Connection,
    database: Database,
    who: Principal,
    choice: Choice,
    rows: Sequence[Document],
    at: dt.datetime,
) -> Decision:
    """Keep a decision on one of ``rows``, and send it on its way to the record store.

    Raises:
        ComplaintNotWaiting: the complaint is none of them.
        LinkUnclear: it is linked to nothing, or refused and linked at once.
        LinkNotYours: a refusal where other regions have candidates too.
        ProjectUnknown, OrganisationUnknown: the target is not known, or in another region.
    """
    row = next((one for one in rows if one["complaint_id"] == choice.complaint_id), None)
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
        region_code=_place(connection, database, who, choice, row),
        probability=_probability(row, choice),
        decided_on=local_day(at),
        decided_by=who.name,
        decided_at=at,
    )
    send(connection, who, decision)
    return decision


def send(connection: Connection, who: Principal, decision: Decision) -> None:
    """Keep the decision, and its record for the record store."""
    keep_decision(connection, decision)
    submission = submission_of(OWN_TABLES["links"], [decision.record()], who, decision.decided_at)
    keep_submission(connection, submission)


def _place(
    connection: Connection,
    database: Database,
    who: Principal,
    choice: Choice,
    row: Document,
) -> str:
    place = ""
    if choice.project_id is not None:
        # A candidate may be over, and so not among the projects that were scored.
        candidate = _candidate(row, "project", choice.project_id)
        place = str(candidate["region_code"] or "") if candidate else ""
        place = place or region_of(connection, choice.project_id, who)
    if choice.org_id is not None:
        found = _candidate(row, "organisation", choice.org_id)
        if found is None:
            raise OrganisationUnknown(org_id=choice.org_id)
        place = place or str(found["region_code"] or "")
    return place


def _candidate(row: Document, kind: str, number: str | None) -> Document | None:
    return next(
        (one for one in row["candidates"] if one["kind"] == kind and one["id"] == number), None
    )


def _probability(row: Document, choice: Choice) -> float | None:
    found = _candidate(row, "project", choice.project_id)
    found = found or _candidate(row, "organisation", choice.org_id)
    return None if found is None else float(found["probability"])


def _standing(row: Document, standing: Mapping[str, Decision], who: Principal) -> Document | None:
    made = standing.get(row["complaint_id"])
    known = row["decided"]
    if made is None and known is None:
        return None
    if made is None:
        hidden = {name: _own(row, known[name], who) for name in ("project_id", "org_id")}
        return {**known, **hidden, "decided_by": None, "decided_at": None}
    inside = covers(who, made.region_code)
    return {
        "decision": made.decision,
        "project_id": made.project_id if inside else None,
        "org_id": made.org_id if inside else None,
        "decided_on": made.decided_on.isoformat(),
        "decided_by": made.decided_by,
        "decided_at": made.decided_at,
    }


def _own(row: Document, number: str | None, who: Principal) -> str | None:
    """A target known only from the records, where it is among what the reader sees."""
    seen = {one["id"] for one in row["candidates"]}
    return number if number in seen or not who.region else None
