"""Stores outcomes, and submits them as inspections records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection

from risk.contract import TABLES
from risk.locale import LANGUAGES
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.clock import now
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.errors import ReasonedError
from serving.http.schemas import Page
from serving.ingest.repository import add_submission
from serving.ingest.submissions import build_submission, check_submission
from serving.outcomes import repository
from serving.outcomes.schemas import CorrectionIn, Found, Outcome, OutcomeIn


class OutcomeInvalid(ReasonedError):
    """The outcome would be quarantined as an inspections record."""

    code = "outcome_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def create(
    connection: Connection, database: Database, principal: Principal, found: OutcomeIn
) -> Outcome:
    """Store a new outcome.

    Raises:
        ProjectUnknown: the project is not known, or in another region.
        OutcomeInvalid: the record would be quarantined.
    """
    region = region_of(connection, found.project_id, principal)
    listed = repository.listed_for(connection, found.project_id, found.inspected_on)
    outcome = repository.Outcome(
        outcome_id=f"O-{uuid.uuid4()}",
        version=1,
        project_id=found.project_id,
        region_code=region,
        as_of=listed[0] if listed else None,
        drawn=bool(listed and listed[1]),
        reason=None,
        entered_by=principal.name,
        entered_at=now(),
        **_found(found),
    )
    return _add(connection, outcome, principal)


def correct(
    connection: Connection, principal: Principal, outcome_id: str, found: CorrectionIn
) -> Outcome:
    """Store a new version of an outcome.

    Raises:
        OutcomeUnknown: there is none in the region.
        VersionOutdated: the version corrected is not the newest.
        OutcomeInvalid: the record would be quarantined.
    """
    last = repository.latest_outcome(connection, outcome_id, principal)
    if last.version != found.version:
        raise repository.VersionOutdated(found=found.version, newest=last.version)
    outcome = repository.Outcome(
        outcome_id=outcome_id,
        version=last.version + 1,
        project_id=last.project_id,
        region_code=last.region_code,
        as_of=last.as_of,
        drawn=last.drawn,
        reason=found.reason,
        entered_by=principal.name,
        entered_at=now(),
        **_found(found),
    )
    return _add(connection, outcome, principal)


def list_(
    database: Database, principal: Principal, request: PageRequest, filters: Mapping[str, object]
) -> Page[Outcome]:
    """Return a page of the newest outcomes of the region that match ``filters`` (None: any)."""
    chosen = {name: value for name, value in filters.items() if value is not None}
    found = repository.list_outcomes(database.engine, principal, request, chosen)
    after = None if found.next is None else str(found.next)
    return Page(items=[to_schema(one) for one in found.items], next=after)


def list_versions(database: Database, principal: Principal, outcome_id: str) -> Page[Outcome]:
    """Return all versions of an outcome of the region."""
    found = repository.outcome_versions(database.engine, outcome_id, principal)
    return Page(items=[to_schema(one) for one in found], next=None)


def to_schema(outcome: repository.Outcome) -> Outcome:
    """Return the schema of an outcome, without the random selection."""
    return Outcome(
        id=outcome.outcome_id,
        version=outcome.version,
        project_id=outcome.project_id,
        region_code=outcome.region_code,
        as_of=outcome.as_of,
        inspected_on=outcome.inspected_on,
        kind=outcome.kind,
        arrears_found=outcome.arrears_found,
        workers_owed=outcome.workers_owed,
        amount_owed=None if outcome.amount_owed is None else outcome.amount_owed / 100,
        findings=outcome.findings,
        rectify_by=outcome.rectify_by,
        rectified_on=outcome.rectified_on,
        workers_covered=outcome.workers_covered,
        contracts_seen=outcome.contracts_seen,
        reason=outcome.reason,
        entered_by=outcome.entered_by,
        entered_at=outcome.entered_at,
    )


def _found(found: Found) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in Found.model_fields}
    amount = found.amount_owed
    return {**values, "amount_owed": None if amount is None else round(amount * 100)}


def _add(connection: Connection, outcome: repository.Outcome, principal: Principal) -> Outcome:
    table = TABLES["inspections"]
    submission = build_submission(table, [outcome.record()], principal, outcome.entered_at)
    problems = check_submission(table, submission)
    if problems:
        raise OutcomeInvalid(
            **{
                f"reasons_{language}": " ".join(
                    one.message(table, language) for row in problems for one in row.problems
                )
                for language in LANGUAGES
            }
        )
    repository.add_outcome(connection, outcome)
    add_submission(connection, submission)
    return to_schema(outcome)
