"""Request and response schemas of matters; money in yuan, days in local time."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import OpenDict, RequestSchema, Schema, Words, example
from serving.matters.queries import STATES
from serving.matters.repository import KINDS, REASONS, RECHECKS, STEPS
from serving.matters.stages import LISTING_STAGES, TRANSFER_STAGES
from serving.matters.steps import DUTY_FOUND

Kind = Annotated[str, LiteralOf(KINDS)]
State = Annotated[str, LiteralOf(STATES)]
_Short = Annotated[str, Field(min_length=1, max_length=100)]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
Yuan = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class MatterIn(RequestSchema):
    """A matter to open manually, of a project (``project_id``) or organisation (``org_id``)."""

    model_config = example(
        name="模拟花园一期", region_code="990102", project_id="P/000", text="巡查发现工人聚集"
    )

    name: Annotated[str, Field(min_length=1, max_length=200)]
    region_code: Annotated[str, Field(pattern=r"^\d{6,12}$")]
    text: _Text
    project_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    org_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    workers: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    amount: Yuan | None = None
    due_on: IsoDate | None = None


class RecordEvidence(Schema):
    """A record of a table of the contract."""

    table: _Short
    record_id: Annotated[str, Field(min_length=1, max_length=200)]


class FileEvidence(Schema):
    """A file stored elsewhere, by name and SHA-256 of its content; it is not uploaded."""

    file: Annotated[str, Field(min_length=1, max_length=200)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class MatterStepIn(RequestSchema):
    """A step: ``given`` needs a person or unit, ``closed`` reason and text, and so on.

    To close a confirmed case, every duty must be checked (``duty`` steps) or ``unchecked`` must
    give the reason. ``rechecked`` with ``not_paid`` reopens the matter, and so does a ``transfer``
    that the police ``returned``. ``transfer`` and ``listing`` need a ``stage`` and the day it took
    effect (``on``).
    """

    model_config = example(step="given", person="张三", unit="劳动保障监察大队")

    step: Annotated[str, LiteralOf(kind for kind in STEPS if kind != "escalated")]
    person: _Short | None = None
    unit: _Short | None = None
    due_on: IsoDate | None = None
    text: _Text | None = None
    reason: Annotated[str, LiteralOf(REASONS)] | None = None
    unchecked: _Text | None = None
    outcome: Annotated[str, LiteralOf(RECHECKS)] | None = None
    duty: _Short | None = None
    found: Annotated[str, LiteralOf(DUTY_FOUND)] | None = None
    evidence: RecordEvidence | FileEvidence | None = None
    stage: Annotated[str, LiteralOf((*TRANSFER_STAGES, *LISTING_STAGES))] | None = None
    on: IsoDate | None = None


class StepData(OpenDict, total=False):
    """What a step adds, by its kind; ``level`` and ``due_on`` are those of an escalation."""

    reason: str
    unchecked: str
    outcome: str
    duty: str
    found: str
    stage: str
    on: str
    evidence: dict[str, str]
    level: int
    due_on: str


class Step(Schema):
    """A step by a person or (``escalated``) by rule."""

    step: str
    person: str | None
    unit: str | None
    due_on: dt.date | None
    text: str | None
    data: StepData | None
    taken_by: str
    taken_at: dt.datetime


class Deadline(Schema):
    """Deadline; ``planned`` false: the holiday plan of a year was not known."""

    day: dt.date
    basis: Literal["given", "assigned", "records", "term"]
    working_days_left: int
    planned: bool


class Clock(Schema):
    """Statutory time limit of a case, in working days."""

    article: str
    instrument: str
    started_on: dt.date
    ends_on: dt.date
    working_days: int
    days_left: int
    extended: bool
    planned: bool


class StageDeadline(Schema):
    """Term that a stage started: what law, how many days, who owes the next act, until when."""

    term: str
    article: str
    instrument: str
    owed_by: Literal["police", "office", "unit"]
    certainty: str
    days: int
    in_working_days: bool
    ends_on: dt.date
    days_left: int
    planned: bool


class Stage(Schema):
    """Last stage of a transfer to the police or of a listing."""

    stage: str
    on: dt.date
    deadline: StageDeadline | None


class Duty(Schema):
    """A duty to check: what the records show and what was found on site."""

    code: str
    article: str
    state: Literal["met", "breached", "unknown"]
    finding: Words | None
    found: str | None
    text: str | None


class SecondLook(Schema):
    """Second look at a closed matter."""

    day: dt.date
    outcome: str | None
    overdue: bool
    planned: bool


class Matter(Schema):
    """A matter in its state of today; ``backlog``: overdue when its county began, not assigned."""

    key: str
    kind: Kind
    project_id: str | None
    org_id: str | None
    region_code: str
    name: str | None
    record: str | None
    status: str | None
    opened_on: dt.date | None
    as_of: dt.date
    workers: int | None
    group: Literal[10, 50] | None
    amount: float | None
    closed: bool
    closed_on: dt.date | None
    reason: str | None
    person: str | None
    unit: str | None
    due: Deadline | None
    overdue: bool
    backlog: bool
    level: int
    clock: Clock | None
    second_look: SecondLook | None
    duties_left: int
    transfer: Stage | None
    listing: Stage | None


class UnlistedCase(Schema):
    """A case transferred to the police whose unit is not on the sanction list."""

    key: str
    project_id: str | None
    project_name: str | None
    org_id: str | None
    org_name: str | None
    region_code: str | None
    record: str
    status: str
    opened_on: dt.date
    transferred_on: dt.date | None
    workers: int | None
    amount_owed: Yuan | None
    amount_recovered: Yuan | None


class MatterWithSteps(Matter):
    """A matter with duty checks and all steps."""

    text: str | None
    duties: list[Duty]
    steps: list[Step]
