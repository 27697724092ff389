"""Schemas of the states of red flags."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from serving.http.parameters import IsoDate
from serving.http.schemas import RequestSchema, Schema, example

State = Literal["to_verify", "confirmed", "explained", "not_applicable"]
STATES: tuple[State, ...] = get_args(State)
_WITH_REASON = ("explained", "not_applicable")

Said = Annotated[str, Field(min_length=1, max_length=2000)]


class FlagStateIn(RequestSchema):
    """A state of a red flag.

    ``explained`` and ``not_applicable`` need a ``reason``; after ``until`` the flag is to be
    verified again. ``statement`` and ``objection`` are the contractor's own.
    """

    model_config = example(
        code="account_missing",
        state="not_applicable",
        reason="与同一业主的另一项目共用专用账户",
        until="2026-06-30",
    )

    code: Annotated[str, Field(min_length=1, max_length=60)]
    state: State
    reason: Said | None = None
    until: IsoDate | None = None
    statement: Said | None = None
    objection: Said | None = None

    @model_validator(mode="after")
    def _has_reason(self) -> FlagStateIn:
        if self.state in _WITH_REASON and not (self.reason or "").strip():
            raise ValueError(self.state)
        return self


class FlagState(Schema):
    """A state of a red flag with its author and time; ``lapsed`` if ``until`` has passed."""

    model_config = ConfigDict(json_schema_extra=None)

    project_id: str
    code: str
    state: State
    reason: str | None
    until: dt.date | None
    statement: str | None
    objection: str | None
    lapsed: bool
    set_by: str
    set_at: dt.datetime
