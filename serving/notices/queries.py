"""Notices as API responses."""

from __future__ import annotations

from typing import Any, cast

from serving.auth.principal import Principal
from serving.clock import today
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.http.schemas import Page
from serving.notices import repository
from serving.notices.schemas import Notice, NoticePackage, NoticeStep, WholeNotice


def list_notices(
    database: Database, principal: Principal, wanted: PageRequest, project_id: str | None
) -> Page[Notice]:
    """Return a page of the notices on projects of the region, newest first."""
    having = repository.NoticeFilter(project_id)
    found = repository.list_notices(database.engine, principal, wanted, having)
    after = None if found.next is None else str(found.next)
    return Page(items=[Notice(**_values(notice)) for notice in found.items], next=after)


def get_notice(database: Database, principal: Principal, number: int) -> repository.Notice:
    """Return a stored notice.

    Raises:
        NoticeUnknown: the region has no such notice.
    """
    with database.engine.connect() as connection:
        return repository.read_notice(connection, number, principal)


def to_whole_notice(kept: repository.Notice) -> WholeNotice:
    """Return the response schema of a notice with its payload."""
    return WholeNotice(**_values(kept), package=cast(NoticePackage, dict(kept.package)))


def _values(kept: repository.Notice) -> dict[str, Any]:
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
