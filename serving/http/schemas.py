"""Answer types that several resources share. They describe the stored documents exactly."""

from __future__ import annotations

import datetime as dt
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Schema(BaseModel):
    """Base of all answers: nothing unsaid, nothing left out."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:
    """For a request's schema: an example that is shown in the description and run in a test."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class Words(Schema):
    """One wording in Chinese and English."""

    zh: str
    en: str


class EvidenceRef(Schema):
    """A record behind a statement, and the day the authority learnt of it."""

    table: str
    record_id: str
    known_at: dt.date


class Reason(Schema):
    """What moved the risk; ``contribution`` in log-odds, positive raises it."""

    family: str
    contribution: float
    feature: str
    value: float | None
    typical: float | None
    article: str | None
    text: Words
    evidence: list[EvidenceRef]


class RedFlag(Schema):
    """A legal duty seen unmet in the records, and what to check on site."""

    code: str
    article: str
    article_label: Words
    title: Words
    finding: Words
    check: Words
    evidence: list[EvidenceRef]


class Model(Schema):
    """The model behind the figures; ``note`` is set when the scorecard had to score."""

    name: str
    version: str
    kind: Literal["lightgbm", "logistic", "scorecard"]
    note: Words | None


class Assessment(Schema):
    """One project: calibrated probability within the horizon, tier, reasons; money in yuan.

    ``unlike_inspected`` is true where nothing like it was ever inspected, so the probability is a
    guess; null where too little was inspected to say.
    """

    project_id: str
    project_name: str
    contractor_name: str | None
    region_code: str
    tier: Literal["red", "orange", "yellow", "blue"]
    probability: float
    workers: int | None
    amount_at_stake: float | None
    reasons: list[Reason]
    red_flags: list[RedFlag]
    unlike_inspected: bool | None


class Listing(Schema):
    """The place on the list; ``draw_probability`` is the chance a random visit had.

    ``selection`` is null for readers who may not know which entries were drawn at random.
    """

    rank: int
    selection: Literal["risk", "random", "must"] | None
    draw_probability: float | None


class View(Schema):
    """Present where this is not the sealed document ``of`` itself but what the reader may see."""

    of: str
    region: str
    draws_hidden: bool


class Page(Schema, Generic[T]):
    """Some items; ``next`` is the cursor of the next page, null where this is the last."""

    items: list[T]
    next: str | None


class FieldProblem(Schema):
    """One parameter at fault."""

    field: str
    found: str
    allowed: str


class Problem(Schema):
    """Every failure, as RFC 9457 has it, with a stable ``code``."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    texts: Words
    errors: list[FieldProblem]
    request_id: str
