"""Validates and stores submissions of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from sqlalchemy import Connection

from risk.contract import KNOWN_AT, TABLES, Table
from risk.intake.file_errors import IntakeFailure
from risk.intake.row_parser import BadRow
from risk.locale import LANGUAGES
from serving.auth.jurisdiction import covers
from serving.auth.principal import OutsideRegion, Principal
from serving.auth.project_regions import regions_of, save_regions
from serving.clock import now
from serving.db.database import Database
from serving.errors import ApiError, ReasonedError
from serving.http.schemas import Words
from serving.ingest.repository import Submission as Kept
from serving.ingest.repository import add_submission, submission_state
from serving.ingest.schemas import RowProblem, Submission, SubmissionState
from serving.ingest.submissions import (
    build_submission,
    check_submission,
    columns_of,
    masked_cells,
)

Row = Mapping[str, object]


class RowsUnreadable(ReasonedError):
    """The rows cannot be read at all."""

    code = "rows_unreadable"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class SubmissionUnknown(ApiError):
    """The principal sent no submission with this id."""

    code = "submission_unknown"
    status = HTTPStatus.NOT_FOUND


_MAY_HAVE_NO_PLACE = frozenset({"complaints", "cases", "payments"})
"""Tables whose rows may name no project: the place of a payment is that of its payroll, which the
import looks up."""


def create(
    connection: Connection,
    principal: Principal,
    name: str,
    rows: Sequence[Row],
    shared_ids: Sequence[str] = (),
) -> Submission:
    """Store rows of the table ``name`` as a submission.

    Ids of a principal limited to a region are stored in its namespace, unless the region is one of
    ``shared_ids``; rows of other regions are quarantined when they are imported.

    Raises:
        OutsideRegion: a row is outside the region, or its region is unknown.
        RowsUnreadable: the rows cannot be read at all.
    """
    table = TABLES[name]
    shared = any(principal.region.startswith(region) for region in shared_ids)
    namespace = "" if shared else principal.region
    submission = build_submission(table, rows, principal, now(), namespace)
    stored = [dict(zip(submission.header, row, strict=True)) for row in submission.rows]
    _require_inside(connection, principal, table, stored)
    try:
        bad = check_submission(table, submission)
    except IntakeFailure as failure:
        reasons = {f"reasons_{language}": failure.message(language) for language in LANGUAGES}
        raise RowsUnreadable(**reasons) from None
    add_submission(connection, submission)
    if name == "projects":
        _save_regions(connection, stored, {one.number for one in bad})
    return _to_schema(table, submission, rows, bad)


def get_state(database: Database, principal: Principal, submission_id: str) -> SubmissionState:
    """Return the state of a submission of the principal.

    Raises:
        SubmissionUnknown: the principal sent no submission with this id.
    """
    taken = submission_state(database.engine, submission_id, principal.key)
    if isinstance(taken, bool):
        raise SubmissionUnknown(submission_id=submission_id)
    return SubmissionState(
        id=submission_id,
        state="waiting" if taken is None else "taken",
        taken_at=taken.taken_at if taken else None,
        accepted=taken.accepted if taken else None,
        repeated=taken.repeated if taken else None,
        quarantined=taken.quarantined if taken else None,
    )


def _require_inside(
    connection: Connection, principal: Principal, table: Table, rows: Sequence[Row]
) -> None:
    """Check that every row is in the region; a principal without region may send any row."""
    if not principal.region:
        return
    names = {field.name for field in table.fields}
    projects = {str(row["project_id"]) for row in rows if row.get("project_id")}
    places = regions_of(connection, projects)
    for row in rows:
        if table.name in _MAY_HAVE_NO_PLACE and not row.get("project_id"):
            continue
        codes = list(_places(row, names, places, table))
        if not codes or not all(covers(principal, code) for code in codes):
            shown = str(row.get("project_id") or row.get("org_id") or "?")
            raise OutsideRegion(region=f"{table.name}: {shown}", allowed=principal.region)


def _places(row: Row, names: set[str], places: Mapping[str, str], table: Table) -> Iterator[str]:
    """Yield the regions of a row: that of its project and the one it names itself."""
    known = places.get(str(row.get("project_id")))
    if known is not None:
        yield known
    if "region_code" in names and (table.name == "projects" or "project_id" not in names):
        yield str(row.get("region_code") or "")


def _save_regions(connection: Connection, rows: Sequence[Row], bad: set[int]) -> None:
    good = [row for number, row in enumerate(rows, start=1) if number not in bad]
    found = {str(row["project_id"]): str(row["region_code"]) for row in good}
    save_regions(connection, {key: code for key, code in found.items() if len(code) <= 12})


def _to_schema(
    table: Table, submission: Kept, rows: Sequence[Row], bad: Sequence[BadRow]
) -> Submission:
    known = {field.name for field in (*table.fields, KNOWN_AT)}
    return Submission(
        id=submission.submission_id,
        table=table.name,
        read=len(rows),
        good=len(rows) - len(bad),
        quarantined=len(bad),
        ignored_columns=sorted(columns_of(rows) - known),
        problems=[
            RowProblem(
                row=row.number,
                field=one.column,
                found=one.found,
                text=Words(zh=one.message(table, "zh"), en=one.message(table, "en")),
            )
            for row in bad
            for one in row.problems
        ],
        masked=masked_cells(table, rows),
    )
