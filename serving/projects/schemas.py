"""Schemas of projects."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from risk.unit_kinds import Kind
from serving.http.schemas import (
    Assessment,
    EvidenceRef,
    Listing,
    Model,
    RedFlag,
    RequestSchema,
    Schema,
    View,
    Words,
    example,
)


class TimelineItem(Schema):
    """An event of the project, known at the as_of."""

    date: dt.date
    kind: str
    text: Words
    evidence: EvidenceRef


class ProjectRisk(Assessment):
    """The sealed risk of a project; ``listing`` is null if it is not on the list.

    ``case_file_as_of``: a newer list, of this date, no longer scores the project because a case was
    confirmed or it ended; its matters are in the case file. Only in answers without ``as_of``.
    """

    seal_version: int = 1
    as_of: dt.date
    region: str
    kind: Kind = "project"
    horizon_days: int
    model: Model
    missing_feeds: list[str]
    records_digest: str
    listing: Listing | None
    timeline: list[TimelineItem]
    view: View | None = None
    case_file_as_of: dt.date | None = None


class CalibrationOfModel(Schema):
    """Platt scaling: probability = 1 / (1 + exp(-(slope * raw + intercept)))."""

    slope: float
    intercept: float


class FeatureContribution(Schema):
    """The SHAP value of one feature, in log-odds before calibration; ``value`` null is unknown.

    Rounded to six decimals, so that 150 of them add up to the score within 1e-4.
    """

    name: str
    family: str
    value: float | None
    contribution: float


class Contributions(Schema):
    """The contributions of all features to a score, stored when the list was published.

    ``base`` plus all contributions is ``raw``; the calibration maps it to ``probability``. The
    contribution of a reason is the sum over its family.
    """

    project_id: str
    as_of: dt.date
    model_version: str
    probability: float
    raw: float
    base: float
    calibration: CalibrationOfModel
    features: list[FeatureContribution]


class ScoredThen(Schema):
    """Score in one publication; ``rank`` is null if the project was not listed."""

    as_of: dt.date
    region: str
    model_version: str
    tier: Literal["red", "orange", "yellow", "blue"]
    probability: float
    rank: int | None


class ReasonMoved(Schema):
    """Change of the contribution of a feature family, in log-odds."""

    family: str
    contribution_before: float | None
    contribution_now: float | None


class WhatChanged(Schema):
    """The newest publication compared with the one before; ``before`` is null for the first."""

    project_id: str
    now: ScoredThen
    before: ScoredThen | None
    reasons: list[ReasonMoved]
    new_red_flags: list[str]
    cleared_red_flags: list[str]


class Note(Schema):
    """A note on the project."""

    project_id: str
    text: str
    written_by: str
    written_at: dt.datetime


class NoteIn(RequestSchema):
    """A note to store."""

    model_config = example(text="已约谈项目经理，承诺月底前付清")

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class CaseOfProject(Schema):
    """A case of the project as recorded; money in yuan."""

    case_id: str
    org_id: str | None
    status: str
    opened_on: dt.date
    confirmed_on: dt.date | None
    transferred_on: dt.date | None
    closed_on: dt.date | None
    workers: int | None
    amount_owed: float | None
    amount_recovered: float | None


class InspectionOfProject(Schema):
    """An inspection of the project as recorded; money in yuan."""

    inspection_id: str
    inspected_on: dt.date
    kind: str | None
    arrears_found: bool
    workers_owed: int | None
    amount_owed: float | None
    rectify_by: dt.date | None
    rectified_on: dt.date | None


class CaseFile(Schema):
    """Cases and orders of a project at ``as_of``.

    ``scored`` is false for projects that lists leave out: with a confirmed case that is open, or
    completed long ago.
    """

    project_id: str
    project_name: str
    contractor_name: str | None
    region_code: str
    as_of: dt.date
    scored: bool
    open_matter: bool
    cases: list[CaseOfProject]
    inspections: list[InspectionOfProject]
    red_flags: list[RedFlag]


class Element(Schema):
    """A legal element: ``shown``, ``otherwise`` or ``unknown``, never a verdict.

    Money among ``fields`` is in yuan.
    """

    code: str
    standing: Literal["shown", "otherwise", "unknown"]
    title: Words
    said: Words
    obtain: Words
    fields: dict[str, int | float | str]
    evidence: list[dict[str, str]]


class Elements(Schema):
    """The legal elements of one kind, compared with the records at ``as_of``."""

    project_id: str
    as_of: dt.date
    kind: Literal["crime", "listing"]
    caution: Words
    open_matter: bool
    elements: list[Element]
