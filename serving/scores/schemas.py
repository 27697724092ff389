"""Schemas of scores and what-if requests."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from risk.contract import TABLES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import RequestSchema, Schema, example

ProjectId = Annotated[str, Field(min_length=1, max_length=200)]
TableName = Annotated[str, LiteralOf(TABLES)]
Cell = str | bool | int | float | None


class ScoresIn(RequestSchema):
    """Projects and publication; the newest of each project if ``as_of`` is null."""

    model_config = example(project_ids=["P-00001", "P-00002"])

    project_ids: Annotated[list[ProjectId], Field(min_length=1, max_length=500)]
    as_of: IsoDate | None = None


class Score(Schema):
    """A project's sealed score."""

    project_id: str
    as_of: dt.date
    model_version: str
    tier: Literal["red", "orange", "yellow", "blue"]
    probability: float


class Scores(Schema):
    """The scores found; ``not_scored`` names the projects without one (or in another region)."""

    items: list[Score]
    not_scored: list[str]


class WhatIfIn(RequestSchema):
    """The same project with some records changed; nothing is stored.

    ``records`` holds rows by table as they would be imported; a row with the key of an existing
    one replaces it. Rows must be known before ``as_of``, the date of a publication.
    """

    model_config = example(
        project_id="P-00001",
        as_of="2025-06-01",
        records={
            "complaints": [
                {"complaint_id": "W-1", "received_on": "2025-05-20", "project_id": "P-00001"}
            ]
        },
    )

    project_id: ProjectId
    as_of: IsoDate
    records: Annotated[
        dict[TableName, Annotated[list[dict[str, Cell]], Field(max_length=200)]],
        Field(
            min_length=1,
            max_length=15,
        ),
    ]
