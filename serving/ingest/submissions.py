"""Builds submissions from rows of the API and validates them like an imported file."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from risk.contract import KNOWN_AT, Table
from risk.intake.headers import read_header
from risk.intake.row_parser import BadRow, BatchParser
from serving.auth.principal import Principal
from serving.clock import office_date
from serving.ingest.repository import Submission

Cell = str | bool | int | float | None


def build_submission(
    table: Table,
    rows: Sequence[Mapping[str, object]],
    principal: Principal,
    at: dt.datetime,
    namespace: str | None = None,
) -> Submission:
    """Return ``rows`` as a submission with the columns of the contract, in its order."""
    names = [field.name for field in (*table.fields, KNOWN_AT)]
    present = columns_of(rows) | {field.name for field in table.fields if field.required}
    header = [name for name in names if name in present]
    return Submission(
        submission_id=str(uuid.uuid4()),
        table_name=table.name,
        header=header,
        rows=[[_text(row.get(name)) for name in header] for row in rows],
        received_on=office_date(at),
        received_at=at,
        sent_by=principal.key,
        region=principal.region,
        namespace=namespace,
    )


def check_submission(table: Table, submission: Submission) -> list[BadRow]:
    """Return the rows that the import will quarantine, numbered from 1."""
    header = read_header(table, 0, list(submission.header), file=submission.submission_id)
    parser = BatchParser(table, header, strict_width=False, today=submission.received_on)
    numbered = [(number, list(row)) for number, row in enumerate(submission.rows, start=1)]
    return [bad for batch in parser.batches(numbered) for bad in batch.bad]


def columns_of(rows: Iterable[Mapping[str, object]]) -> set[str]:
    """Return all field names of the rows."""
    return {name for row in rows for name in row}


def _text(value: object) -> str:
    """Return a JSON value as cell text; null is an empty cell, which means unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
