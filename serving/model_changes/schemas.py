"""Schemas of model versions and of changes of the model in use."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, model_validator

from serving.http.schemas import OpenDict, RequestSchema, Schema, example
from serving.models.schemas import ModelFacts

Action = Literal["promote", "rollback", "comment"]
Step = Literal["asked", "approved", "rejected", "done", "failed"]
Unit = Literal["project", "employer"]

Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Version = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.:-]+$")]


class ModelChangeIn(RequestSchema):
    """A change of the model in use: ``promote`` a version, ``rollback`` to the one before, or
    only a ``comment``. A promotion and a comment name the ``version``.
    """

    model_config = example(action="promote", version="7", text="新的工资发放数据自五月起接入")

    action: Action
    unit: Unit = "project"
    version: Version | None = None
    text: Reason

    @model_validator(mode="after")
    def _names_version(self) -> ModelChangeIn:
        if (self.version is None) != (self.action == "rollback"):
            raise ValueError(self.action)
        return self


class DecisionIn(RequestSchema):
    """The decision of a second person on a change."""

    model_config = example(approve=True, text="已核对评审表")

    approve: bool
    text: Reason


class ModelChange(Schema):
    """A step of a change: ``asked``, ``approved`` or ``rejected``, then ``done`` or ``failed``.

    ``version`` is the one to be in use, or the one commented on.
    """

    change_id: str
    step: Step
    action: Action
    unit: Unit
    version: str
    text: str
    by: str
    at: dt.datetime


class ChampionChange(OpenDict, total=False):
    """``version`` became the champion instead of ``before``, which is null for the first."""

    action: str
    version: str
    before: str | None
    who: str
    why: str
    at: str


class ModelVersion(Schema):
    """A version of the registry: its ``aliases`` and ``changes`` as of ``seen_at``.

    ``about`` holds the facts of its training and the report of the gate.
    """

    version: str
    unit: Unit
    kind: Literal["lightgbm", "logistic", "scorecard"]
    trained_at: dt.date
    aliases: list[str]
    about: ModelFacts
    changes: list[ChampionChange]
    seen_at: dt.datetime
