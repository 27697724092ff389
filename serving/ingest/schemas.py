"""Schemas of submitted records and of their validation."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from risk.contract import TABLES
from serving.http.parameters import LiteralOf
from serving.http.schemas import RequestSchema, Schema, Words, example

TableName = Annotated[str, LiteralOf(TABLES)]
Cell = Annotated[str, Field(max_length=4000)] | bool | int | float | None
Rows = Annotated[
    list[dict[Annotated[str, Field(max_length=60)], Cell]], Field(min_length=1, max_length=1000)
]


class RecordsIn(RequestSchema):
    """Rows by field name, as in the record contract; null or missing values are unknown."""

    model_config = example(rows=[{"org_id": "91110000000000000X", "org_name": "模拟建设公司"}])

    rows: Rows


class ComplaintsIn(RequestSchema):
    """Complaints by field name, as in the record contract."""

    model_config = example(
        rows=[{"complaint_id": "T-1", "received_on": "2025-06-02", "channel": "hotline_12345"}]
    )

    rows: Rows


class RowProblem(Schema):
    """An error of a row; rows count from 1, an empty ``field`` means the whole row."""

    row: int
    field: str
    found: str
    text: Words


class Submission(Schema):
    """A submission. Valid rows wait for the import; invalid ones will be quarantined.

    ``masked`` counts cells in which personal numbers were masked before they were stored.
    """

    id: str
    table: str
    read: int
    good: int
    quarantined: int
    ignored_columns: list[str]
    problems: list[RowProblem]
    masked: int


class SubmissionState(Schema):
    """Whether the rows were imported, with row counts."""

    id: str
    state: Literal["waiting", "taken"]
    taken_at: dt.datetime | None
    accepted: int | None
    repeated: int | None
    quarantined: int | None
