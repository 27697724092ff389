"""Response schemas common to several resources; they match the stored documents exactly."""

from __future__ import annotations

import datetime as dt
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import TypedDict

from serving.http.storable_text import require_storable

T = TypeVar("T")


class Schema(BaseModel):
    """Base of all schemas: no undeclared fields."""

    model_config = ConfigDict(extra="forbid")


class RequestSchema(Schema):
    """Base of the bodies of requests: all texts in them can be stored."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        return require_storable(value)


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a request schema with an example; a test sends every example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class OpenDict(TypedDict, total=False):
    """Base of objects whose known keys are described; further keys pass through unchanged."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]


class Words(Schema):
    """A text in Chinese and English."""

    zh: str
    en: str


class EvidenceRef(Schema):
    """A record that supports a statement, and the day the authority learnt of it."""

    table: str
    record_id: str
    known_at: dt.date


class Reason(Schema):
    """A reason for the risk. ``contribution`` is the sum over the whole ``family``, in log-odds,
    positive values raise the risk; that of ``feature`` alone is in ``/contributions``.

    ``basis`` says what ``text`` rests on: a ``fact`` with evidence, ``not_reported`` data, or
    several features ``combined``. It is null in lists sealed before reasons had one.
    """

    family: str
    basis: Literal["fact", "not_reported", "combined"] | None = None
    contribution: float
    feature: str
    value: float | None
    typical: float | None
    article: str | None
    text: Words
    evidence: list[EvidenceRef]


class RedFlag(Schema):
    """A legal duty that the records show unmet, and what to check on site.

    ``grade`` is null in lists sealed before flags had one.
    """

    code: str
    grade: Literal["people", "money", "payment", "funding", "papers"] | None = None
    article: str
    article_label: Words
    title: Words
    finding: Words
    check: Words
    evidence: list[EvidenceRef]


class LostTable(Schema):
    """A table without new rows; ``newest`` is the day of the last ones, null without rows."""

    table: str
    newest: dt.date | None


class RejectedModel(Schema):
    """A model that failed checks, so that a simpler kind was trained."""

    kind: Literal["lightgbm", "logistic", "scorecard"]
    failed: list[str]


class ModelRemarks(Schema):
    """Remarks on the model of a list.

    ``instead_of`` is the champion that it replaces where inputs are gone; ``lost_features`` counts
    the features it does without. ``stale_since``: no table has rows after that day.
    ``failed_checks`` of the model itself; ``redefined`` are the families defined otherwise at its
    training, null if that is not known.
    """

    instead_of: str | None
    lost_tables: list[LostTable]
    lost_features: int
    stale_since: dt.date | None
    rejected: list[RejectedModel]
    failed_checks: list[str]
    redefined: list[str] | None


class Model(Schema):
    """The model of the scores; ``note`` says in words what the ``remarks`` hold, and whether it is
    the scorecard. Lists sealed before version 5 have no remarks.
    """

    name: str
    version: str
    kind: Literal["lightgbm", "logistic", "scorecard"]
    note: Words | None
    remarks: ModelRemarks | None = None


class Unlike(Schema):
    """The kind of a project or employer of which none was ever inspected or had a decided case.

    ``inspected`` counts those it was compared with. Projects have ``sector``, ``funding`` and
    ``size``, null where unknown, employers ``township``; the others are null.
    """

    inspected: int
    sector: str | None
    funding: str | None
    size: Literal["up_to_10m", "10m_to_100m", "over_100m"] | None
    township: str | None


class Assessment(Schema):
    """One project: calibrated probability within the horizon, tier, reasons; money in yuan.

    ``unlike_inspected`` is true if none of its kind (``unlike``) was ever inspected, so that the
    probability is an extrapolation; null if too few inspections are known to decide.
    ``amount_owed`` are wages due and unpaid on the books, however old, apart from the risk.
    """

    project_id: str
    project_name: str
    contractor_name: str | None
    region_code: str
    tier: Literal["red", "orange", "yellow", "blue"]
    probability: float
    workers: int | None
    amount_at_stake: float | None
    amount_owed: float | None = None
    reasons: list[Reason]
    red_flags: list[RedFlag]
    unlike_inspected: bool | None
    unlike: Unlike | None = None


class Listing(Schema):
    """The position on the list; ``draw_probability`` is the probability of a random visit.

    ``selection`` is null for readers who must not know which entries were drawn at random.
    """

    rank: int
    selection: Literal["risk", "random", "must"] | None
    draw_probability: float | None


class View(Schema):
    """Present if the document is the redacted view of the sealed document ``of``."""

    of: str
    region: str
    draws_hidden: bool


class Page(Schema, Generic[T]):
    """A page of items; ``next`` is the cursor of the next page, null on the last."""

    items: list[T]
    next: str | None


class FieldProblem(Schema):
    """A wrong parameter."""

    field: str
    found: str
    allowed: str


class Problem(Schema):
    """An error as RFC 9457 problem document, with a stable ``code``."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    texts: Words
    errors: list[FieldProblem]
    request_id: str
