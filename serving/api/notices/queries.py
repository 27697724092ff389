"""Notices as they are sent over the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from serving.access.principal import Principal
from serving.api.notices.schemas import Notice, NoticeStep, WholeNotice
from serving.api.once import now
from serving.api.schemas import Page
from serving.database import notices
from serving.database.paging import Wanted
from serving.database.service import ServiceDatabase


def today() -> dt.date:
    """The day it is where the office is."""
    return now().astimezone().date()


def every(
    database: ServiceDatabase, who: Principal, wanted: Wanted, project_id: str | None
) -> Page[Notice]:
    """The notices about projects of the region, newest first."""
    found = notices.list_notices(database.engine, who, wanted, project_id)
    after = None if found.next is None else str(found.next)
    return Page(items=[Notice(**_told(one)) for one in found.items], next=after)


def one(database: ServiceDatabase, who: Principal, number: int) -> notices.Notice:
    """A notice as it was kept.

    Raises:
        NoticeUnknown: there is none in the region.
    """
    with database.engine.connect() as connection:
        return notices.read_notice(connection, number, who)


def whole(kept: notices.Notice) -> WholeNotice:
    """A notice with what was sent."""
    return WholeNotice(**_told(kept), package=dict(kept.package))


def _told(kept: notices.Notice) -> dict[str, Any]:
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
