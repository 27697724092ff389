"""Request and response schemas of notices."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from risk.departments import CODES
from serving.http.parameters import IsoDate, LiteralOf
from serving.http.schemas import (
    EvidenceRef,
    OpenDict,
    RequestSchema,
    Schema,
    Words,
    example,
)

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


class NoticeFinding(OpenDict, total=False):
    """A duty that the records show unmet, with the records."""

    code: str
    article: str
    article_label: Words
    title: Words
    finding: Words
    evidence: list[EvidenceRef]


class NoticePackage(OpenDict, total=False):
    """The sealed content: facts of the project, findings, elements and what is asked for.

    Departments get further parts, such as contracts, transfers or cases.
    """

    number: int
    sender: str
    department: str
    articles: list[str]
    as_of: str
    list_digest: str
    sent_on: str
    answer_by: str
    answer_working_days: int
    answer_planned: bool
    project: dict[str, str | float | int | None]
    findings: list[NoticeFinding]
    asked: Words
    limits: Words
    missing_feeds: list[str]


class WholeNotice(Notice):
    """A notice with its content; money in yuan."""

    package: NoticePackage
