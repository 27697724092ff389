"""Request and response schemas of complaint links; money in yuan."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from serving.http.schemas import RequestSchema, Schema, example

Likeness = Literal["equal", "nearly"]
Rule = Literal["named_together", "equal_name"]
Number = Annotated[str, Field(min_length=1, max_length=200)]


class LinkCandidate(Schema):
    """A candidate; ``site_words`` and ``firm_words`` also occur in the complaint. ``likeness`` is
    set where the complaint gives its name, ``unique`` where it gives no other's.
    """

    kind: Literal["project", "organisation"]
    id: str
    region_code: str | None
    name: str
    firm: str
    probability: float
    site_words: list[str]
    firm_words: list[str]
    under_way: bool | None
    likeness: Likeness | None
    unique: bool


class CurrentLink(Schema):
    """The current decision; targets outside the reader's region are null. ``rule`` is set where
    nobody looked at this complaint alone.
    """

    decision: Literal["linked", "refused"]
    project_id: str | None
    org_id: str | None
    decided_on: dt.date
    decided_by: str | None
    decided_at: dt.datetime | None
    rule: Rule | None


class UnlinkedComplaint(Schema):
    """A complaint without a project; probabilities of one kind sum to at most 1."""

    complaint_id: str
    received_on: dt.date
    project_text: str
    employer_text: str
    text: str | None
    workers: int | None
    amount: float | None
    candidates: list[LinkCandidate]
    whole: bool
    decision: CurrentLink | None


class LinkIn(RequestSchema):
    """A decision: the target of a complaint, or a refusal of all candidates."""

    model_config = example(complaint_id="T-1", decision="linked", project_id="P-00001")

    complaint_id: Number
    decision: Literal["linked", "refused"]
    project_id: Number | None = None
    org_id: Number | None = None


class Link(Schema):
    """A stored decision."""

    complaint_id: str
    decision: Literal["linked", "refused"]
    project_id: str | None
    org_id: str | None
    probability: float | None
    decided_on: dt.date
    decided_by: str
    decided_at: dt.datetime
    rule: Rule | None
