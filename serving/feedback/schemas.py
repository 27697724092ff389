"""Schemas of feedback."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from features.feature_sets import ALL_FAMILIES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import RequestSchema, example

Family = Annotated[str, LiteralOf(family.name for family in ALL_FAMILIES)]


class FeedbackIn(RequestSchema):
    """Feedback on the score of a project, or on the reason of one ``family``."""

    model_config = example(
        project_id="P-00001", as_of="2025-06-01", family="payments", verdict="already_known"
    )

    project_id: Annotated[str, Field(min_length=1, max_length=200)]
    as_of: Annotated[IsoDate, Field(examples=["2025-06-01"])]
    family: Family | None = None
    verdict: Literal["useful", "wrong", "already_known"]
    comment: Annotated[str, Field(max_length=2000)] | None = None


class Feedback(FeedbackIn):
    """Feedback with its author and time."""

    model_config = ConfigDict(json_schema_extra=None)

    given_by: str
    given_at: dt.datetime
