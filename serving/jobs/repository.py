"""Job queue in the service database. Jobs of a dead runner are claimed again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, or_, select, update

from serving.auth.jurisdiction import require_covers, within
from serving.auth.principal import Principal
from serving.clock import CLOCK_SLACK
from serving.db.engine import utc, writing
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import JOBS
from serving.errors import ApiError

DEAD_AFTER = dt.timedelta(seconds=60)
"""A running job without a heartbeat for this long has lost its runner."""

MAX_ATTEMPTS = 3


class JobUnknown(ApiError):
    """There is no such job in the region."""

    code = "job_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Job:
    """A job. ``state`` is queued, running, done or failed; ``progress`` is from 0 to 1."""

    job_id: str
    kind: str
    parameters: Mapping[str, Any]
    region: str
    state: str
    step: str
    progress: float
    result: Mapping[str, Any] | None
    problem: Mapping[str, Any] | None
    attempts: int
    asked_by: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None


@dataclass(frozen=True)
class JobRequest:
    """A job to queue."""

    job_id: str
    kind: str
    parameters: Mapping[str, Any]
    region: str
    by: str
    at: dt.datetime


def queue_job(connection: Connection, asked: JobRequest, principal: Principal) -> Job:
    """Queue a job.

    Raises:
        OutsideRegion: its region is not in that of the principal.
    """
    require_covers(principal, asked.region)
    connection.execute(
        insert(JOBS).values(
            job_id=asked.job_id,
            kind=asked.kind,
            parameters=dict(asked.parameters),
            region=asked.region,
            state="queued",
            step="",
            progress=0.0,
            attempts=0,
            asked_by=asked.by,
            created_at=asked.at,
        )
    )
    row = connection.execute(select(JOBS).where(JOBS.c.job_id == asked.job_id)).one()
    return _job(row)


def find_job(engine: Engine, job_id: str, principal: Principal) -> Job:
    """Return a job.

    Raises:
        JobUnknown: there is none in the principal's region.
    """
    query = select(JOBS).where(JOBS.c.job_id == job_id, within(JOBS.c.region, principal))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise JobUnknown(job_id=job_id)
    return _job(row)


def list_jobs(
    engine: Engine, principal: Principal, request: PageRequest, kinds: Collection[str] = ()
) -> Page[Job]:
    """Return a page of the jobs of the region, newest first; of ``kinds`` alone if not empty."""
    query = select(JOBS).where(within(JOBS.c.region, principal))
    if kinds:
        query = query.where(JOBS.c.kind.in_(kinds))
    with engine.connect() as connection:
        rows, after = page(connection, query, JOBS.c.id, request, newest_first=True)
    return Page([_job(row) for row in rows], after)


def claim_job(engine: Engine, now: dt.datetime) -> Job | None:
    """Claim the next job and mark it as running; None if there is none.

    A heartbeat from before the clock was set back counts as one of now.
    """
    ahead = and_(JOBS.c.state == "running", JOBS.c.alive_at > now + CLOCK_SLACK)
    lost = and_(JOBS.c.state == "running", JOBS.c.alive_at < now - DEAD_AFTER)
    query = select(JOBS).where(or_(JOBS.c.state == "queued", lost)).order_by(JOBS.c.id).limit(1)
    with writing(engine).begin() as connection:
        connection.execute(update(JOBS).where(ahead).values(alive_at=now))
        row = connection.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        values: dict[str, Any] = {
            "state": "running",
            "attempts": row.attempts + 1,
            "started_at": row.started_at or now,
            "alive_at": now,
        }
        connection.execute(update(JOBS).where(JOBS.c.id == row.id).values(values))
    return _job(row)


def update_progress(engine: Engine, job_id: str, step: str, share: float) -> None:
    """Store the progress of a job."""
    _set(engine, job_id, step=step[:100], progress=share)


def heartbeat(engine: Engine, job_id: str, now: dt.datetime) -> None:
    """Record that the runner of a job is alive."""
    _set(engine, job_id, alive_at=now)


def end_job(engine: Engine, job_id: str, result: Mapping[str, Any], now: dt.datetime) -> None:
    """Mark a job as done."""
    _set(engine, job_id, state="done", result=dict(result), progress=1.0, ended_at=now)


def fail_job(engine: Engine, job_id: str, problem: Mapping[str, Any], now: dt.datetime) -> None:
    """Mark a job as failed."""
    _set(engine, job_id, state="failed", problem=dict(problem), ended_at=now)


def requeue_job(engine: Engine, job_id: str, *, counted: bool = True) -> None:
    """Queue an interrupted job again; not ``counted`` as an attempt if it was not its fault."""
    attempts = JOBS.c.attempts if counted else JOBS.c.attempts - 1
    _set(engine, job_id, state="queued", step="", progress=0.0, attempts=attempts)


def _set(engine: Engine, job_id: str, **values: object) -> None:
    with writing(engine).begin() as connection:
        connection.execute(
            update(JOBS).where(JOBS.c.job_id == job_id, JOBS.c.state == "running").values(values)
        )


def _job(row: Row[Any]) -> Job:
    values = {field.name: row._mapping[field.name] for field in fields(Job)}
    for name, value in values.items():
        if isinstance(value, dt.datetime):
            values[name] = utc(value)
    return Job(**values)
