"""Records as they are sent, and what intake says of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from risk.contract import TABLES
from serving.http.parameters import LiteralOf
from serving.http.schemas import Schema, Words, example

TableName = Annotated[str, LiteralOf(TABLES)]
Cell = Annotated[str, Field(max_length=4000)] | bool | int | float | None
Rows = Annotated[
    list[dict[Annotated[str, Field(max_length=60)], Cell]], Field(min_length=1, max_length=1000)
]


class RecordsIn(Schema):
    """Rows by field name, as in the record contract; what is null or left out is unknown."""

    model_config = example(rows=[{"org_id": "91110000000000000X", "org_name": "模拟建设公司"}])

    rows: Rows


class ComplaintsIn(Schema):
    """Complaints by field name, as in the record contract."""

    model_config = example(
        rows=[{"complaint_id": "T-1", "received_on": "2025-06-02", "channel": "hotline_12345"}]
    )

    rows: Rows


class RowProblem(Schema):
    """One thing wrong with a row; rows count from 1, an empty ``field`` means the whole row."""

    row: int
    field: str
    found: str
    text: Words


class Submission(Schema):
    """What was sent. Good rows wait for the record store; bad ones go to quarantine with it."""

    id: str
    table: str
    read: int
    good: int
    quarantined: int
    ignored_columns: list[str]
    problems: list[RowProblem]


class SubmissionState(Schema):
    """Whether the rows are in the record store, and what became of them there."""

    id: str
    state: Literal["waiting", "taken"]
    taken_at: dt.datetime | None
    accepted: int | None
    repeated: int | None
    quarantined: int | None
