"""Notices as they are asked for and sent."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from risk.departments import CODES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import Schema, example

DepartmentCode = Annotated[str, LiteralOf(CODES)]


class NoticeIn(Schema):
    """A notice to make; of the newest list where ``as_of`` is left out."""

    model_config = example(project_id="P-00001", department="housing")

    project_id: Annotated[str, Field(min_length=1, max_length=200)]
    department: DepartmentCode
    as_of: IsoDate | None = None


class NoticeStep(Schema):
    """What became of a notice."""

    step: Literal["answered", "noted"]
    text: str | None
    taken_by: str
    taken_at: dt.datetime


class StepIn(Schema):
    """What became of a notice; an answer says what was answered."""

    model_config = example(step="answered", text="已责令建设单位限期拨付")

    step: Literal["answered", "noted"]
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Notice(Schema):
    """A notice and what became of it; its content stands under ``/v1/notices/ID``."""

    id: int
    department: str
    project_id: str
    region_code: str
    as_of: dt.date
    list_digest: str
    answer_by: dt.date
    state: Literal["sent", "overdue", "answered"]
    digest: str
    made_by: str
    made_at: dt.datetime
    steps: list[NoticeStep]


class WholeNotice(Notice):
    """A notice with the package that was sent; money in yuan."""

    package: dict[str, Any]
