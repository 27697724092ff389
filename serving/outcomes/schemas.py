"""Schemas of outcomes. Money in yuan."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from risk.contract import TABLES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import RequestSchema, example

Kind = Annotated[str, LiteralOf(TABLES["inspections"].field("kind").values)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Yuan = Annotated[float, Field(ge=0, le=1e13, allow_inf_nan=False)]


OBSTACLES = ("stopped", "nobody", "refused")
MEASURES = ("ordered", "filed", "transferred")
ROLES = ("labour_officer", "contractor", "subcontractor", "foreman", "workers", "owner")

Obstacle = Annotated[str, LiteralOf(OBSTACLES)]
Measure = Annotated[str, LiteralOf(MEASURES)]
Met = Annotated[str, LiteralOf(ROLES)]


class Found(RequestSchema):
    """Findings of a visit. Missing values are unknown, not zero.

    ``workers_covered`` counts the workers of the site or employer visited, ``contracts_seen`` the
    labour contracts looked at. Where an ``obstacle`` (work stopped, nobody there, entry refused)
    kept the visit from looking, ``arrears_found`` is null and no inspections record is made.
    ``paid_on_spot`` is the money paid to workers during the visit, in yuan: if it covers
    ``amount_owed``, the arrears count as rectified on that day. ``measures``: ordered to correct
    (until ``rectify_by``), case filed, transferred. ``met``: role of whom the inspector met; names
    of persons are not recorded.
    """

    inspected_on: IsoDate
    kind: Kind = "watchlist"
    arrears_found: bool | None = None
    obstacle: Obstacle | None = None
    paid_on_spot: Yuan | None = None
    measures: Annotated[list[Measure], Field(max_length=len(MEASURES))] = Field(
        default_factory=list
    )
    met: Met | None = None
    workers_owed: Count | None = None
    amount_owed: Yuan | None = None
    findings: Annotated[str, Field(max_length=2000)] | None = None
    rectify_by: IsoDate | None = None
    rectified_on: IsoDate | None = None
    workers_covered: Count | None = None
    contracts_seen: Count | None = None


class FoundIn(Found):
    """Findings as sent. ``photo``: a JPEG file in base64, at most 500,000 bytes; its metadata,
    such as the place, is not stored.
    """

    photo: Annotated[str, Field(max_length=700_000)] | None = None


class OutcomeIn(FoundIn):
    """Outcome of a visit to a project."""

    model_config = example(
        project_id="P-00001",
        inspected_on="2025-06-12",
        arrears_found=True,
        workers_owed=12,
        amount_owed=345600.0,
        findings="no_account;cash_pay",
        rectify_by="2025-06-30",
        workers_covered=86,
        contracts_seen=60,
    )

    project_id: Annotated[str, Field(min_length=1, max_length=200)]


class CorrectionIn(FoundIn):
    """The corrected outcome; ``version`` is the version it replaces."""

    model_config = example(
        version=1,
        reason="金额误填",
        inspected_on="2025-06-12",
        arrears_found=True,
        amount_owed=34560.0,
    )

    version: Annotated[int, Field(ge=1, le=10_000)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class Outcome(Found):
    """One version of an outcome; ``as_of`` is the list that led to the visit."""

    id: str
    version: int
    project_id: str
    region_code: str
    as_of: dt.date | None
    reason: str | None
    entered_by: str
    entered_at: dt.datetime
