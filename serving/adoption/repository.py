"""Who opened a list, from the audit log, and the visits entered in a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import Engine, func, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import office_midnight
from serving.db.engine import utc
from serving.db.tables import AUDIT, OUTCOMES


@dataclass(frozen=True)
class Opening:
    """The first time that somebody opened a list, and the region they saw of it."""

    who: str
    region: str
    at: dt.datetime


@dataclass(frozen=True)
class EnteredVisit:
    """A visit by its newest version. ``who`` entered it first."""

    who: str
    project_id: str
    region_code: str
    inspected_on: dt.date
    arrears_found: bool | None


def openings(
    engine: Engine, principal: Principal, digest: str, first: dt.date
) -> Mapping[str, Opening]:
    """Return the first opening of a list by each person of the principal's region, by name.

    Requests before the day ``first`` are not looked at.
    """
    start = office_midnight(first).astimezone(dt.UTC)
    query = (
        select(AUDIT.c.who, AUDIT.c.region, func.min(AUDIT.c.at).label("at"))
        .where(
            AUDIT.c.list_digest == digest,
            AUDIT.c.action == Permission.READ_LISTS.value,
            AUDIT.c.status == HTTPStatus.OK,
            AUDIT.c.who != "",
            AUDIT.c.at >= start,
            within(AUDIT.c.region, principal),
        )
        .group_by(AUDIT.c.who, AUDIT.c.region)
        .order_by(func.min(AUDIT.c.at).desc())  # the earliest is the last of a name
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return {row.who: Opening(row.who, row.region, utc(row.at)) for row in rows}


def entered_visits(
    engine: Engine, principal: Principal, first: dt.date, before: dt.date
) -> list[EnteredVisit]:
    """Return the visits of the region made from ``first`` until ``before``, oldest first."""
    query = (
        select(OUTCOMES)
        .where(within(OUTCOMES.c.region_code, principal))
        .order_by(OUTCOMES.c.outcome_id, OUTCOMES.c.version)
    )
    names: dict[str, str] = {}
    newest: dict[str, EnteredVisit] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            who = names.setdefault(row.outcome_id, row.entered_by)
            newest[row.outcome_id] = EnteredVisit(
                who, row.project_id, row.region_code, row.inspected_on, row.arrears_found
            )
    found = [one for one in newest.values() if first <= one.inspected_on < before]
    return sorted(found, key=lambda one: (one.inspected_on, one.project_id, one.who))
