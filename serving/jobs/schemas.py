"""Schemas of jobs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from serving.http.parameters import IsoDate
from serving.http.schemas import RequestSchema, Schema, Words, example


class JobIn(RequestSchema):
    """A job to start: ``publish`` a list, ``train`` a model, or ``check`` feeds, drift and past
    lists. ``capacity`` and ``region`` are for ``publish``.
    """

    model_config = example(kind="publish", as_of="2025-07-01", capacity=20)

    kind: Literal["publish", "train", "check"]
    as_of: IsoDate
    capacity: Annotated[int, Field(ge=1, le=100_000)] | None = None
    region: Annotated[str, Field(pattern=r"^(\d{1,12})?$")] = ""


class JobProblem(Schema):
    """Error of a failed job."""

    code: str
    texts: Words


class Job(Schema):
    """A job. ``result`` is set once it is done, ``problem`` once it failed."""

    id: str
    kind: Literal[
        "publish",
        "train",
        "check",
        "what_if",
        "monthly",
        "preview_month",
        "briefing",
        "propose_layouts",
        "try_import",
        "import_files",
        "answer_cells",
        "merge_project",
        "model_change",
        "models",
    ]
    parameters: dict[str, Any]
    region: str
    state: Literal["queued", "running", "done", "failed"]
    step: str
    progress: float
    result: dict[str, Any] | None
    problem: JobProblem | None
    asked_by: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
