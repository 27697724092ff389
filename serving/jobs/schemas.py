"""Long runs, asked for and told of."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from serving.http.parameters import IsoDate
from serving.http.schemas import Schema, Words, example


class JobIn(Schema):
    """A run to start. ``publish`` seals a list, ``train`` trains a model, ``check`` looks at feeds,
    drift and past lists; ``capacity`` and ``region`` are for ``publish``.
    """

    model_config = example(kind="publish", as_of="2025-07-01", capacity=20)

    kind: Literal["publish", "train", "check"]
    as_of: IsoDate
    capacity: Annotated[int, Field(ge=1, le=100_000)] | None = None
    region: Annotated[str, Field(pattern=r"^(\d{1,12})?$")] = ""


class JobProblem(Schema):
    """Why a run failed."""

    code: str
    texts: Words


class Job(Schema):
    """A run. ``result`` is set once it is done, ``problem`` once it failed."""

    id: str
    kind: Literal["publish", "train", "check", "what_if"]
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
