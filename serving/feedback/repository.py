"""Feedback on scores and reasons in the service database. Rows are only added."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, Engine, insert, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import FEEDBACK


@dataclass(frozen=True)
class FeedbackRow:
    """An opinion on a project's score at ``as_of``, or on the reason of one ``family``."""

    project_id: str
    region_code: str
    as_of: dt.date
    family: str
    verdict: str
    comment: str | None
    given_by: str
    given_at: dt.datetime


def add_feedback(connection: Connection, feedback: FeedbackRow) -> None:
    """Insert a piece of feedback."""
    connection.execute(insert(FEEDBACK).values(asdict(feedback)))


def list_feedback(
    engine: Engine, principal: Principal, request: PageRequest, project_id: str | None
) -> Page[FeedbackRow]:
    """A page of the feedback on projects of the principal's region, oldest first."""
    query = select(FEEDBACK).where(within(FEEDBACK.c.region_code, principal))
    if project_id is not None:
        query = query.where(FEEDBACK.c.project_id == project_id)
    with engine.connect() as connection:
        rows, after = page(connection, query, FEEDBACK.c.id, request)
    names = [field.name for field in fields(FeedbackRow)]
    found = [{name: row._mapping[name] for name in names} for row in rows]
    return Page([FeedbackRow(**{**one, "given_at": utc(one["given_at"])}) for one in found], after)
