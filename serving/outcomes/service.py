"""Stores outcomes, and submits them as inspections records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection

from risk.contract import TABLES
from risk.intake.checks import check_days
from risk.locale import LANGUAGES
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.clock import now, office_date
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.errors import ApiError, ReasonedError
from serving.http.schemas import Page
from serving.ingest.repository import Submission, add_submission
from serving.ingest.submissions import build_submission, check_submission
from serving.outcomes import repository
from serving.outcomes.photos import read_photo
from serving.outcomes.schemas import CorrectionIn, Found, FoundIn, Outcome, OutcomeIn


class OutcomeInvalid(ReasonedError):
    """The outcome would be quarantined as an inspections record, or has days that cannot be."""

    code = "outcome_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class OutcomeContradictory(ApiError):
    """Result and obstacle contradict each other, or a result on record would be withdrawn."""

    code = "outcome_contradictory"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def create(
    connection: Connection,
    database: Database,
    principal: Principal,
    found: OutcomeIn,
    *,
    with_place: bool = False,
) -> Outcome:
    """Store a new outcome.

    Raises:
        ProjectUnknown: the project is not known, or in another region.
        OutcomeContradictory: neither a result nor an obstacle is given, or both.
        PhotoInvalid: the photo is no JPEG file, or too large.
        OutcomeInvalid: the record would be quarantined, or has days that cannot be.
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
    return _add(connection, outcome, principal, _photo(found.photo, with_place))


def correct(
    connection: Connection,
    principal: Principal,
    outcome_id: str,
    found: CorrectionIn,
    *,
    with_place: bool = False,
) -> Outcome:
    """Store a new version of an outcome.

    Raises:
        OutcomeUnknown: there is none in the region.
        VersionOutdated: the version corrected is not the newest.
        OutcomeContradictory: as for a new one, or a result on record would be withdrawn.
        PhotoInvalid: the photo is no JPEG file, or too large.
        OutcomeInvalid: the record would be quarantined, or has days that cannot be.
    """
    last = repository.latest_outcome(connection, outcome_id, principal)
    if last.version != found.version:
        raise repository.VersionOutdated(found=found.version, newest=last.version)
    if last.arrears_found is not None and found.arrears_found is None:
        # Its inspections record has been sent and can be changed, but not taken back.
        raise OutcomeContradictory(found="arrears_found: null", allowed="true, false")
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
    return _add(connection, outcome, principal, _photo(found.photo, with_place))


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
        obstacle=outcome.obstacle,
        paid_on_spot=None if outcome.paid_on_spot is None else outcome.paid_on_spot / 100,
        measures=list(outcome.measures),
        met=outcome.met,
        reason=outcome.reason,
        entered_by=outcome.entered_by,
        entered_at=outcome.entered_at,
    )


def _found(found: FoundIn) -> dict[str, Any]:
    """Return the stored values of findings, money in fen.

    Raises:
        OutcomeContradictory: neither a result nor an obstacle is given, or both.
    """
    if (found.arrears_found is None) == (found.obstacle is None):
        raise OutcomeContradictory(
            found=f"arrears_found: {found.arrears_found}, obstacle: {found.obstacle}",
            allowed="arrears_found | obstacle",
        )
    values = {name: getattr(found, name) for name in Found.model_fields}
    owed, paid = _fen(found.amount_owed), _fen(found.paid_on_spot)
    settled = owed is not None and paid is not None and paid >= owed
    return {
        **values,
        "amount_owed": owed,
        "paid_on_spot": paid,
        "measures": tuple(dict.fromkeys(found.measures)),
        "rectified_on": found.rectified_on or (found.inspected_on if settled else None),
    }


def _fen(yuan: float | None) -> int | None:
    return None if yuan is None else round(yuan * 100)


def _add(
    connection: Connection,
    outcome: repository.Outcome,
    principal: Principal,
    photo: bytes | None,
) -> Outcome:
    submission = _submission(outcome, principal)
    if outcome.arrears_found is not None:
        add_submission(connection, submission)
    repository.add_outcome(connection, outcome)
    if photo:
        repository.add_photo(connection, outcome, photo)
    return to_schema(outcome)


def _photo(text: str | None, with_place: bool) -> bytes | None:
    return read_photo(text, with_place=with_place) if text else None


def _submission(outcome: repository.Outcome, principal: Principal) -> Submission:
    """Return the outcome as an inspections record; that of an obstacle is only checked.

    Raises:
        OutcomeInvalid: the record would be quarantined, or has days that cannot be.
    """
    table = TABLES["inspections"]
    whole = replace(outcome, arrears_found=bool(outcome.arrears_found))
    submission = build_submission(table, [whole.record()], principal, outcome.entered_at)
    problems = [one for row in check_submission(table, submission) for one in row.problems]
    problems += check_days(table, asdict(outcome), office_date(outcome.entered_at))
    if problems:
        raise OutcomeInvalid(
            **{
                f"reasons_{language}": " ".join(one.message(table, language) for one in problems)
                for language in LANGUAGES
            }
        )
    return submission
