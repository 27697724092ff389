"""Schemas of jobs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from serving.http.parameters import IsoDate
from serving.http.schemas import OpenDict, RequestSchema, Schema, Words, example


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


class JobParameters(OpenDict, total=False):
    """What a job was started with; kinds that only pages start have further keys."""

    as_of: str | None
    capacity: int | None
    region: str


class JobResult(OpenDict, total=False):
    """What a job gave.

    ``publish``: the list with its ``digest``, ``new`` unless it was published before. ``train``:
    the version and the gate's decision. ``check``: the ``verdict`` with its ``reasons``.
    """

    as_of: str
    region: str
    digest: str
    new: bool
    entries: int
    cohort: int
    version: str
    kind: str
    promoted: bool
    grounds: str
    remark: str
    verdict: str
    reasons: list[str]


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
    parameters: JobParameters
    region: str
    state: Literal["queued", "running", "done", "failed"]
    step: str
    progress: float
    result: JobResult | None
    problem: JobProblem | None
    asked_by: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
