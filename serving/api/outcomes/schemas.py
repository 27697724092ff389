"""Outcomes as they are sent and kept. Money in yuan."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from risk.contract import TABLES
from serving.api.parameters import IsoDate, OneOf
from serving.api.schemas import Schema

Kind = Annotated[str, OneOf(TABLES["inspections"].field("kind").values)]
Yuan = Annotated[float, Field(ge=0, le=1e13, allow_inf_nan=False)]


class Found(Schema):
    """What a visit found. What is left out is unknown, not zero."""

    inspected_on: Annotated[IsoDate, Field(examples=["2025-06-12"])]
    kind: Kind = "watchlist"
    arrears_found: bool
    workers_owed: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    amount_owed: Yuan | None = None
    findings: Annotated[str, Field(max_length=2000, examples=["no_account;cash_pay"])] | None = None
    rectify_by: IsoDate | None = None
    rectified_on: IsoDate | None = None


class OutcomeIn(Found):
    """What a visit to a project found."""

    project_id: Annotated[str, Field(min_length=1, max_length=200, examples=["P-001"])]


class CorrectionIn(Found):
    """The outcome as it should read; ``version`` is the one that is corrected."""

    version: Annotated[int, Field(ge=1, le=10_000, examples=[1])]
    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["金额误填"])]


class Outcome(Found):
    """One version of an outcome; ``as_of`` is the list the visit followed from."""

    id: str
    version: int
    project_id: str
    region_code: str
    as_of: dt.date | None
    reason: str | None
    entered_by: str
    entered_at: dt.datetime
