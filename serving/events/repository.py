"""What other systems may want to hear of, in the order it happened.

Events are written in the transaction that publishes a list or changes a matter, together with one
delivery for every subscription that wants them, so that neither can be without the other.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, insert, or_, select, text

from serving.auth.jurisdiction import overlaps, touches, within
from serving.auth.principal import Principal
from serving.auth.roles import Role
from serving.db.engine import utc
from serving.db.pagination import Page, Wanted, page
from serving.db.tables import DELIVERIES, EVENTS, PROJECT_RISKS, SUBSCRIPTIONS, WATCHLISTS
from serving.matters.repository import Matter, Opening
from serving.watchlists.document import Head, SealedPublication

PUBLISHED: Final = "watchlist.published"
TIER_CHANGED: Final = "project.tier_changed"
MATTER_OPENED: Final = "matter.opened"
MATTER_ESCALATED: Final = "matter.escalated"
MATTER_CLOSED: Final = "matter.closed"
DIGEST: Final = "digest.ready"
LIST_TYPES = (PUBLISHED, TIER_CHANGED)
TYPES = (*LIST_TYPES, MATTER_OPENED, MATTER_ESCALATED, MATTER_CLOSED, DIGEST)
_UNREMARKABLE = "blue"


@dataclass(frozen=True)
class Event:
    """Something that happened at ``created_at``; ``region`` is the list's or the project's."""

    number: int
    event_id: str
    type: str
    as_of: dt.date
    region: str
    project_id: str | None
    data: Mapping[str, Any]
    created_at: dt.datetime


def record_publication(
    connection: Connection, sealed: SealedPublication, watchlist_id: int, now: dt.datetime
) -> None:
    """The events of a list that was just stored, and their deliveries."""
    rows = [_published(sealed), *_tier_changes(connection, sealed, watchlist_id)]
    record_events(connection, rows, now)


@dataclass(frozen=True)
class MatterEvent:
    """Something that happened to a matter."""

    type: str
    on: dt.date
    region: str
    project_id: str | None
    data: Mapping[str, Any]


def matter_event(type: str, about: Matter | Opening, on: dt.date, **more: Any) -> MatterEvent:
    """What subscribers are told of a matter, and ``more`` of what happened to it."""
    facts, region = about.facts, about.region_code
    of_facts = {"project_id": facts.project_id, "org_id": facts.org_id, "region_code": region}
    data = {"matter": about.key, "kind": about.kind, **of_facts, **more}
    return MatterEvent(type, on, region, facts.project_id, data)


def opened_event(opening: Opening) -> MatterEvent:
    """What subscribers are told of a matter that was opened."""
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
    _in_order(connection)
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


def record_events(connection: Connection, rows: Sequence[dict[str, Any]], now: dt.datetime) -> None:
    """Keep events and a delivery of each for every subscription that wants it."""
    _in_order(connection)
    for row in rows:
        row.update(event_id=str(uuid.uuid4()), created_at=now)
    connection.execute(insert(EVENTS), rows)
    subscriptions = connection.execute(
        select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.ended_at.is_(None))
    ).all()
    if not subscriptions:
        return
    ids = [row["event_id"] for row in rows]
    numbers = dict(_numbers(connection, ids))
    wanted = [
        {"event": numbers[row["event_id"]], "subscription": one.id, "attempts": 0, "due_at": now}
        for row in rows
        for one in subscriptions
        if _wants(one, row)
    ]
    if wanted:
        connection.execute(insert(DELIVERIES), wanted)


def list_events(engine: Engine, principal: Principal, wanted: Wanted) -> Page[Event]:
    """What happened to lists since a cursor; the cursor of the next page is the last number.

    Unlike other pages the cursor is never None once there was an event, so that whoever has read
    everything can ask again from there.
    """
    query = select(EVENTS).where(
        EVENTS.c.type.in_(LIST_TYPES),
        or_(
            within(EVENTS.c.region, principal),
            (EVENTS.c.type == PUBLISHED) & overlaps(EVENTS.c.region, principal),
        ),
    )
    with engine.connect() as connection:
        rows, _ = page(connection, query, EVENTS.c.id, wanted)
    return Page([to_event(row) for row in rows], int(rows[-1].id) if rows else wanted.cursor)


def to_event(row: Row[Any]) -> Event:
    """The event in ``row``."""
    return Event(
        row.id,
        row.event_id,
        row.type,
        row.as_of,
        row.region,
        row.project_id,
        row.data,
        utc(row.created_at),
    )


def _in_order(connection: Connection) -> None:
    # Numbers must become visible in their order, or a reader's cursor could pass one by.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE events IN EXCLUSIVE MODE"))


def _published(sealed: SealedPublication) -> dict[str, Any]:
    head = sealed.publication.head
    return {
        "type": PUBLISHED,
        "as_of": head.as_of,
        "region": head.region,
        "project_id": None,
        "data": {
            "as_of": head.as_of.isoformat(),
            "region": head.region,
            **head.of_kind(),
            "digest": sealed.watchlist.digest,
            "model_version": head.model.version,
        },
    }


def _tier_changes(
    connection: Connection, sealed: SealedPublication, watchlist_id: int
) -> Iterator[dict[str, Any]]:
    head = sealed.publication.head
    before = _tiers_before(connection, head, watchlist_id)
    for risk in sealed.publication.risks:
        one = risk.assessment
        was = before.get(one.project_id)
        if one.tier == (was or _UNREMARKABLE):
            continue
        yield {
            "type": TIER_CHANGED,
            "as_of": head.as_of,
            "region": one.region_code,
            "project_id": one.project_id,
            "data": {
                "as_of": head.as_of.isoformat(),
                "project_id": one.project_id,
                "region_code": one.region_code,
                "from": was,
                "to": one.tier,
                "probability": one.probability,
            },
        }


def _tiers_before(connection: Connection, head: Head, watchlist_id: int) -> dict[str, str | None]:
    last = connection.execute(
        select(WATCHLISTS.c.id)
        .where(
            WATCHLISTS.c.region == head.region,
            WATCHLISTS.c.kind == head.kind,
            WATCHLISTS.c.as_of < head.as_of,
            WATCHLISTS.c.id != watchlist_id,
        )
        .order_by(WATCHLISTS.c.as_of.desc())
        .limit(1)
    ).scalar_one_or_none()
    query = select(PROJECT_RISKS.c.project_id, PROJECT_RISKS.c.tier)
    rows = connection.execute(query.where(PROJECT_RISKS.c.watchlist_id == last))
    return {row.project_id: row.tier for row in rows}


def _numbers(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(ids), 400):
        piece = ids[start : start + 400]
        query = select(EVENTS.c.event_id, EVENTS.c.id).where(EVENTS.c.event_id.in_(piece))
        for row in connection.execute(query):
            yield row.event_id, row.id


def _wants(subscription: Row[Any], event: Mapping[str, Any]) -> bool:
    if event["type"] not in subscription.types:
        return False
    subscriber = Principal("subscription", subscription.name, Role.SYSTEM, subscription.region)
    if event["type"] == PUBLISHED:
        return touches(subscriber, event["region"])
    if event["type"] == DIGEST:
        return bool(event["region"] == subscription.region)
    return str(event["region"]).startswith(subscriber.region)
