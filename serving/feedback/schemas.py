"""Feedback as it is sent and kept."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from features.feature_sets import ALL_FAMILIES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import Schema, example

Family = Annotated[str, LiteralOf(family.name for family in ALL_FAMILIES)]


class FeedbackIn(Schema):
    """What one thinks of a project's score, or of the reason of one ``family``."""

    model_config = example(
        project_id="P-00001", as_of="2025-06-01", family="payments", verdict="already_known"
    )

    project_id: Annotated[str, Field(min_length=1, max_length=200)]
    as_of: Annotated[IsoDate, Field(examples=["2025-06-01"])]
    family: Family | None = None
    verdict: Literal["useful", "wrong", "already_known"]
    comment: Annotated[str, Field(max_length=2000)] | None = None


class Feedback(FeedbackIn):
    """A piece of feedback, who gave it and when."""

    model_config = ConfigDict(json_schema_extra=None)

    given_by: str
    given_at: dt.datetime
