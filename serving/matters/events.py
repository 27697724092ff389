"""Events of matters and of their weekly digests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from serving.db.tables import EVENTS
from serving.events.repository import lock_events, record_events
from serving.events.types import DIGEST, MATTER_OPENED
from serving.matters.repository import Matter, Opening


@dataclass(frozen=True)
class MatterEvent:
    """Something that happened to a matter."""

    type: str
    on: dt.date
    region: str
    project_id: str | None
    data: Mapping[str, Any]


def matter_event(type: str, about: Matter | Opening, on: dt.date, **more: Any) -> MatterEvent:
    """Build the event of a matter; ``more`` are the fields of what happened to it."""
    facts, region = about.facts, about.region_code
    of_facts = {"project_id": facts.project_id, "org_id": facts.org_id, "region_code": region}
    data = {"matter": about.key, "kind": about.kind, **of_facts, **more}
    return MatterEvent(type, on, region, facts.project_id, data)


def opened_event(opening: Opening) -> MatterEvent:
    """Build the event of a matter that was opened."""
    facts = opening.facts
    return matter_event(MATTER_OPENED, opening, facts.as_of, name=facts.name, workers=facts.workers)


def record_matters(
    connection: Connection, happened: Sequence[MatterEvent], now: dt.datetime
) -> None:
    """The events of matters, in the transaction that changes them."""
    rows = [
        {
            "type": one.type,
            "as_of": one.on,
            "region": one.region,
            "project_id": one.project_id,
            "data": dict(one.data),
        }
        for one in happened
    ]
    if rows:
        record_events(connection, rows, now)


def record_digest(
    connection: Connection, region: str, week: dt.date, data: Mapping[str, Any], now: dt.datetime
) -> bool:
    """The digest of a region for the week that begins on ``week``, once; whether it was new."""
    lock_events(connection)
    if digest_recorded(connection, region, week):
        return False
    row = {"type": DIGEST, "as_of": week, "region": region, "project_id": None, "data": dict(data)}
    record_events(connection, [row], now)
    return True


def digest_recorded(connection: Connection, region: str, week: dt.date) -> bool:
    """Whether there is a digest of the region for that week."""
    before = select(EVENTS.c.id).where(
        EVENTS.c.type == DIGEST, EVENTS.c.as_of == week, EVENTS.c.region == region
    )
    return connection.execute(before).first() is not None
