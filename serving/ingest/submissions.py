"""Builds submissions from rows of the API and validates them like an imported file."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.cell_parsers import CellRefused, parse_id
from risk.intake.headers import read_header
from risk.intake.personal_numbers import FIRM_CODES, is_identity_number, mask_personal_numbers
from risk.intake.row_parser import BadRow, BatchParser
from serving.auth.principal import Principal
from serving.clock import office_date
from serving.ingest.repository import Submission

_WORDS = re.compile(r"[^\d.,+-]")

Cell = str | bool | int | float | None


def build_submission(
    table: Table,
    rows: Sequence[Mapping[str, object]],
    principal: Principal,
    at: dt.datetime,
    namespace: str | None = None,
) -> Submission:
    """Return ``rows`` as a submission with the columns of the contract, in its order.

    Identifiers have the form in which the import stores them: the right to write a record is
    checked by its identifier, however that is spelled. Personal numbers are masked, see
    :func:`without_personal_numbers`.
    """
    present = columns_of(rows) | {field.name for field in table.fields if field.required}
    fields = [field for field in (*table.fields, KNOWN_AT) if field.name in present]
    return Submission(
        submission_id=str(uuid.uuid4()),
        table_name=table.name,
        header=[field.name for field in fields],
        rows=[
            [without_personal_numbers(_cell(row, field), field) for field in fields] for row in rows
        ],
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


def masked_cells(table: Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Return the number of cells of ``rows`` in which personal numbers are masked."""
    cells = ((_cell(row, field), field) for row in rows for field in table.fields)
    return sum(without_personal_numbers(text, field) != text for text, field in cells)


def without_personal_numbers(text: str, field: Field) -> str:
    """Return a cell to be stored: numbers of persons are masked, those in place of a code removed.

    A bare number in a column of amounts or counts stays: it is no telephone number.
    """
    if field.type is FieldType.ID:
        return "" if field.name in FIRM_CODES and is_identity_number(text) else text
    if field.type is not FieldType.TEXT and not _WORDS.search(text):
        return text
    return mask_personal_numbers(text)


def _cell(row: Mapping[str, object], field: Field) -> str:
    text = _text(row.get(field.name))
    return stored_form(text) if field.type is FieldType.ID else text


def stored_form(identifier: str) -> str:
    """Return an identifier as the import stores it; unchanged if it is refused or means none.

    >>> stored_form(" ＸＭ—００１ "), stored_form("无")
    ('XM-001', '无')
    """
    # What is left may be quoted again, and is read once more when it is imported.
    while (form := _read_once(identifier)) != identifier:
        identifier = form
    return identifier


def _read_once(identifier: str) -> str:
    try:
        return parse_id(identifier) or identifier
    except CellRefused:
        return identifier


def _text(value: object) -> str:
    """Return a JSON value as cell text; null is an empty cell, which means unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
