"""Append-only store of notices to other departments and their steps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    exists,
    func,
    insert,
    not_,
    select,
)

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import NOTICE_STEPS, NOTICES
from serving.errors import ApiError

StepKind = Literal["answered", "noted"]
STEPS: tuple[StepKind, ...] = ("answered", "noted")

NoticeState = Literal["sent", "overdue", "answered"]
STATES: tuple[NoticeState, ...] = ("sent", "overdue", "answered")


class NoticeUnknown(ApiError):
    """The region has no such notice."""

    code = "notice_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class NoticeStep:
    """A step of a notice: ``answered`` with the answer, or ``noted``."""

    notice_id: int
    region_code: str
    step: StepKind
    text: str | None
    taken_by: str
    taken_at: dt.datetime


@dataclass(frozen=True)
class Notice:
    """A notice; ``package`` is the payload sent, ``digest`` the SHA-256 of its bytes."""

    id: int
    department: str
    project_id: str
    region_code: str
    as_of: dt.date
    list_digest: str
    answer_by: dt.date
    digest: str
    body: bytes
    made_by: str
    made_at: dt.datetime
    steps: Sequence[NoticeStep] = ()

    @property
    def package(self) -> Mapping[str, Any]:
        """The payload sent."""
        document: Mapping[str, Any] = json.loads(self.body)
        return document

    @property
    def answered(self) -> bool:
        """Whether an answer was recorded."""
        return any(step.step == "answered" for step in self.steps)

    def state(self, today: dt.date) -> NoticeState:
        """Return ``answered``, ``overdue`` after the day to answer by, else ``sent``."""
        if self.answered:
            return "answered"
        return "overdue" if today > self.answer_by else "sent"


def lock_next_number(connection: Connection) -> int:
    """Lock the table and return the number of the next notice."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE notices IN EXCLUSIVE MODE")
    return (connection.execute(select(func.max(NOTICES.c.id))).scalar_one() or 0) + 1


def find_sent(
    connection: Connection, department: str, project_id: str, list_digest: str
) -> Notice | None:
    """Return the notice sent for this list before, or None."""
    query = select(NOTICES).where(
        NOTICES.c.department == department,
        NOTICES.c.project_id == project_id,
        NOTICES.c.list_digest == list_digest,
    )
    row = connection.execute(query).first()
    return _notice(row, _steps(connection, [row.id])) if row else None


def insert_notice(connection: Connection, notice: Notice) -> None:
    """Insert a notice."""
    values = {name: getattr(notice, name) for name in Notice.__dataclass_fields__}
    connection.execute(insert(NOTICES).values({n: v for n, v in values.items() if n != "steps"}))


def insert_step(connection: Connection, step: NoticeStep) -> None:
    """Insert a step."""
    connection.execute(insert(NOTICE_STEPS).values(asdict(step)))


def read_notice(connection: Connection, number: int, principal: Principal) -> Notice:
    """Return one notice.

    Raises:
        NoticeUnknown: the principal's region has no such notice.
    """
    query = select(NOTICES).where(NOTICES.c.id == number, within(NOTICES.c.region_code, principal))
    row = connection.execute(query).first()
    if row is None:
        raise NoticeUnknown(number=number)
    return _notice(row, _steps(connection, [number]))


@dataclass(frozen=True)
class NoticeFilter:
    """Conditions on notices: their project, and the state they are in on a day; None for any."""

    project_id: str | None = None
    state: tuple[NoticeState, dt.date] | None = None


def list_notices(
    engine: Engine,
    principal: Principal,
    wanted: PageRequest,
    having: NoticeFilter | None = None,
) -> Page[Notice]:
    """Return a page of the notices on projects of the region, newest first."""
    query = _chosen(principal, having or NoticeFilter())
    with engine.connect() as connection:
        rows, after = page(connection, query, NOTICES.c.id, wanted, newest_first=True)
        steps = _steps(connection, [row.id for row in rows])
    return Page([_notice(row, steps) for row in rows], after)


def overdue_notices(engine: Engine, principal: Principal, on: dt.date) -> list[Notice]:
    """Return all notices of the region that are overdue on a day, oldest first."""
    query = _chosen(principal, NoticeFilter(state=("overdue", on))).order_by(NOTICES.c.id)
    with engine.connect() as connection:
        return [_notice(row, ()) for row in connection.execute(query)]


def count_notices(engine: Engine, principal: Principal, on: dt.date) -> Mapping[str, int]:
    """Return how many notices of the region are in each state on a day."""
    counts = [func.count().filter(_in_state(state, on)).label(state) for state in STATES]
    query = select(*counts).select_from(NOTICES).where(within(NOTICES.c.region_code, principal))
    with engine.connect() as connection:
        return dict(connection.execute(query).mappings().one())


def _chosen(principal: Principal, having: NoticeFilter) -> Select[Any]:
    query = select(NOTICES).where(within(NOTICES.c.region_code, principal))
    if having.project_id is not None:
        query = query.where(NOTICES.c.project_id == having.project_id)
    return query if having.state is None else query.where(_in_state(*having.state))


def _in_state(state: NoticeState, on: dt.date) -> ColumnElement[bool]:
    """The condition that :meth:`Notice.state` gives ``state``."""
    step = NOTICE_STEPS.c
    answered = exists().where(step.notice_id == NOTICES.c.id, step.step == "answered")
    late = NOTICES.c.answer_by < on
    conditions: Mapping[NoticeState, ColumnElement[bool]] = {
        "sent": and_(not_(answered), not_(late)),
        "overdue": and_(not_(answered), late),
        "answered": answered,
    }
    return conditions[state]


def _steps(connection: Connection, numbers: Sequence[int]) -> list[NoticeStep]:
    query = select(NOTICE_STEPS).where(NOTICE_STEPS.c.notice_id.in_(numbers))
    rows = connection.execute(query.order_by(NOTICE_STEPS.c.id)).all()
    return [
        NoticeStep(r.notice_id, r.region_code, r.step, r.text, r.taken_by, utc(r.taken_at))
        for r in rows
    ]


def _notice(row: Row[Any], steps: Sequence[NoticeStep]) -> Notice:
    return Notice(
        row.id,
        row.department,
        row.project_id,
        row.region_code,
        row.as_of,
        row.list_digest,
        row.answer_by,
        row.digest,
        bytes(row.body),
        row.made_by,
        utc(row.made_at),
        tuple(step for step in steps if step.notice_id == row.id),
    )
