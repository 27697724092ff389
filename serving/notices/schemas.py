"""Request and response schemas of notices."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from risk.departments import CODES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import RequestSchema, Schema, example

DepartmentCode = Annotated[str, LiteralOf(CODES)]


class NoticeIn(RequestSchema):
    """A notice to create; for the newest list without ``as_of``."""

    model_config = example(project_id="P-00001", department="housing")

    project_id: Annotated[str, Field(min_length=1, max_length=200)]
    department: DepartmentCode
    as_of: IsoDate | None = None


class NoticeStep(Schema):
    """A step of a notice."""

    step: Literal["answered", "noted"]
    text: str | None
    taken_by: str
    taken_at: dt.datetime


class NoticeStepIn(RequestSchema):
    """A step of a notice; ``text`` is the answer or note."""

    model_config = example(step="answered", text="已责令建设单位限期拨付")

    step: Literal["answered", "noted"]
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Notice(Schema):
    """A notice and its steps; the content is under ``/v1/notices/ID``."""

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
    """A notice with its content; money in yuan."""

    package: dict[str, Any]
