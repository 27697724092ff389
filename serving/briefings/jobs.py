"""Briefings made by a job: asked for on the page, made by the runner of jobs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from risk.workspace import Workspace
from serving.auth.principal import Principal
from serving.auth.project_regions import own_region
from serving.briefings.period import Period, month_of, year_of
from serving.clock import today
from serving.db.database import Database
from serving.errors import CommandError
from serving.jobs import service as jobs
from serving.jobs.repository import Job
from serving.settings import Settings

JOB = "briefing"
FIRST_YEAR = 2000
_PERIOD = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")


class PeriodInvalid(CommandError):
    """Not a month or year that has begun; fields: ``found``, ``last``."""

    code = "period_invalid"


def parse_period(found: str, today: dt.date) -> Period:
    """Return the month (``2025-03``) or year (``2025``) written in ``found``.

    Raises:
        PeriodInvalid: it is neither, or has not begun ``today``.
    """
    match = _PERIOD.fullmatch(found)
    if match is None or int(match[1]) < FIRST_YEAR:
        raise PeriodInvalid(found=found[:40], last=f"{today:%Y-%m}")
    period = (
        month_of(dt.date(int(match[1]), int(match[2]), 1)) if match[2] else year_of(int(match[1]))
    )
    if period.start > today:
        raise PeriodInvalid(found=found[:40], last=f"{today:%Y-%m}")
    return period


def start_briefing(connection: Connection, principal: Principal, asked: str) -> str:
    """Queue the briefing of a month or year of the principal's region; return the job's id.

    Raises:
        PeriodInvalid: ``asked`` is no month or year that has begun.
    """
    parse_period(asked, today())
    parameters = {"period": asked, "region": own_region(connection, principal)}
    return jobs.queue(connection, JOB, parameters, principal.region, principal).id


def run_briefing(
    workspace: Workspace, settings: Settings, database: Database, job: Job
) -> Mapping[str, Any]:
    """Make the briefing of a job and return what it is of."""
    # The page that asks for briefings is part of the service, which imports no engine.
    from risk.store.store import RecordStore
    from serving.briefings.service import make_briefing

    period = parse_period(job.parameters["period"], today())
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        make_briefing(store, database, settings, period, job.parameters["region"], job.asked_by)
    return {"period": job.parameters["period"]}
