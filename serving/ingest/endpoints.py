"""/v1/records and /v1/complaints: rows of the record contract as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.parameters import IdempotencyKey, NamePath
from serving.http.problems import RESPONSES
from serving.ingest import service
from serving.ingest.schemas import ComplaintsIn, RecordsIn, Submission, SubmissionState, TableName

router = APIRouter(prefix="/v1", tags=["records"], responses=RESPONSES)

Writer = Annotated[Principal, require(Permission.WRITE_RECORDS)]


@router.post("/records/{table}", status_code=202, response_model=Submission)
def add_records(
    request: Request,
    database: DatabaseDep,
    principal: Writer,
    table: TableName,
    sent: RecordsIn,
    key: IdempotencyKey,
) -> Response:
    """Send rows of a table; they are validated like an imported file."""

    def keep(connection: Connection) -> Submission:
        return service.create(connection, principal, table, sent.rows, _shared_ids(request))

    return write_once(WriteRequest(request, database, principal, sent, key), keep, 202)


@router.post("/complaints", status_code=202, response_model=Submission)
def add_complaints(
    request: Request,
    database: DatabaseDep,
    principal: Writer,
    sent: ComplaintsIn,
    key: IdempotencyKey,
) -> Response:
    """Send complaints."""

    def keep(connection: Connection) -> Submission:
        return service.create(connection, principal, "complaints", sent.rows, _shared_ids(request))

    return write_once(WriteRequest(request, database, principal, sent, key), keep, 202)


@router.get("/submissions/{submission_id}")
def get_submission(
    database: DatabaseDep, principal: Writer, submission_id: NamePath
) -> SubmissionState:
    """State of rows you sent."""
    return service.get_state(database, principal, submission_id)


def _shared_ids(request: Request) -> Sequence[str]:
    """Return the regions whose senders use the numbering of the office."""
    return settings_of(request).ingest.shared_ids
