"""Notices as they are sent over the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from serving.auth.principal import Principal
from serving.clock import now
from serving.db.database import Database
from serving.db.pagination import Wanted
from serving.http.schemas import Page
from serving.notices import repository
from serving.notices.schemas import Notice, NoticeStep, WholeNotice


def today() -> dt.date:
    """The day it is where the office is."""
    return now().astimezone().date()


def every(
    database: Database, who: Principal, wanted: Wanted, project_id: str | None
) -> Page[Notice]:
    """The notices about projects of the region, newest first."""
    found = repository.list_notices(database.engine, who, wanted, project_id)
    after = None if found.next is None else str(found.next)
    return Page(items=[Notice(**_told(one)) for one in found.items], next=after)


def one(database: Database, who: Principal, number: int) -> repository.Notice:
    """A notice as it was kept.

    Raises:
        NoticeUnknown: there is none in the region.
    """
    with database.engine.connect() as connection:
        return repository.read_notice(connection, number, who)


def whole(kept: repository.Notice) -> WholeNotice:
    """A notice with what was sent."""
    return WholeNotice(**_told(kept), package=dict(kept.package))


def _told(kept: repository.Notice) -> dict[str, Any]:
    names = ("id", "department", "project_id", "region_code", "as_of", "list_digest", "answer_by")
    steps = [
        NoticeStep(step=s.step, text=s.text, taken_by=s.taken_by, taken_at=s.taken_at)
        for s in kept.steps
    ]
    return {
        **{name: getattr(kept, name) for name in (*names, "digest", "made_by", "made_at")},
        "state": kept.state(today()),
        "steps": steps,
    }
