"""Events in the service database, in the order they happened.

Events are written in the transaction that publishes a list or changes a matter, with a delivery for
every matching subscription, so that neither exists without the other.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, or_, select, text

from risk.store.staged import in_batches
from serving.auth.jurisdiction import overlaps, touches, within
from serving.auth.principal import Principal
from serving.auth.roles import Role
from serving.db.engine import utc
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import DELIVERIES, EVENTS, SUBSCRIPTIONS
from serving.errors import ApiError
from serving.events.types import DIGEST, LIST_TYPES, PUBLISHED


class CursorAhead(ApiError):
    """The cursor is beyond the newest event: the database was restored from an earlier backup."""

    code = "cursor_ahead"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True)
class Event:
    """An event; ``region`` is that of the list or project."""

    number: int
    event_id: str
    type: str
    as_of: dt.date
    region: str
    project_id: str | None
    data: Mapping[str, Any]
    created_at: dt.datetime


def record_events(connection: Connection, rows: Sequence[dict[str, Any]], now: dt.datetime) -> None:
    """Insert events and a delivery for every matching subscription."""
    lock_events(connection)
    named = with_ids(rows, now)
    connection.execute(insert(EVENTS), named)
    record_deliveries(connection, named, now)


def with_ids(rows: Sequence[dict[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """Return the rows of new events, each with an id of its own."""
    return [{**row, "event_id": str(uuid.uuid4()), "created_at": now} for row in rows]


def record_deliveries(
    connection: Connection, rows: Sequence[dict[str, Any]], now: dt.datetime
) -> None:
    """Insert a delivery of events that were just inserted for every matching subscription."""
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
        if _matches(one, row)
    ]
    if wanted:
        connection.execute(insert(DELIVERIES), wanted)


def list_events(engine: Engine, principal: Principal, request: PageRequest) -> Page[Event]:
    """Return a page of list events after a cursor; the next cursor is the last event number.

    Unlike other pages the cursor is never None once there was an event, so that a client that has
    read everything can continue from there.

    Raises:
        CursorAhead: no event has had that number yet; those up to it would never be sent.
    """
    query = select(EVENTS).where(
        EVENTS.c.type.in_(LIST_TYPES),
        or_(
            within(EVENTS.c.region, principal),
            (EVENTS.c.type == PUBLISHED) & overlaps(EVENTS.c.region, principal),
        ),
    )
    with engine.connect() as connection:
        rows, _ = page(connection, query, EVENTS.c.id, request)
        if not rows and request.cursor:
            _require_reached(connection, request.cursor)
    return Page([to_event(row) for row in rows], int(rows[-1].id) if rows else request.cursor)


def _require_reached(connection: Connection, number: int) -> None:
    newest = connection.execute(select(func.max(EVENTS.c.id))).scalar_one() or 0
    if number > newest:
        raise CursorAhead(found=number, newest=newest)


def to_event(row: Row[Any]) -> Event:
    """Return the event of a row."""
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


def lock_events(connection: Connection) -> None:
    """Let no other transaction add events until this one ends.

    Event numbers must become visible in order, or a reader's cursor would skip one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE events IN EXCLUSIVE MODE"))


def _numbers(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for piece in in_batches(ids):
        query = select(EVENTS.c.event_id, EVENTS.c.id).where(EVENTS.c.event_id.in_(piece))
        for row in connection.execute(query):
            yield row.event_id, row.id


def _matches(subscription: Row[Any], event: Mapping[str, Any]) -> bool:
    if event["type"] not in subscription.types:
        return False
    subscriber = Principal("subscription", subscription.name, Role.SYSTEM, subscription.region)
    if event["type"] == PUBLISHED:
        return touches(subscriber, event["region"])
    if event["type"] == DIGEST:
        return bool(event["region"] == subscription.region)
    return str(event["region"]).startswith(subscriber.region)
