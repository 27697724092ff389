"""Subscriptions, and the deliveries that still have to reach them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, and_, func, insert, select, update

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc, writing
from serving.db.tables import DELIVERIES, EVENTS, SUBSCRIPTIONS
from serving.errors import ApiError
from serving.events.repository import Event, to_event

LEASE = dt.timedelta(seconds=60)
"""A delivery being tried is not tried by anyone else for so long."""

RETRY_SECONDS = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
"""Seconds until the next attempt, after each that failed; then it is given up, but kept."""


class SubscriptionUnknown(ApiError):
    """There is no such subscription in the region."""

    code = "subscription_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Subscription:
    """A system that wants to be called at ``url``, signed with ``secret``."""

    subscription_id: str
    name: str
    url: str
    region: str
    types: Sequence[str]
    secret: str
    created_at: dt.datetime
    created_by: str
    ended_at: dt.datetime | None


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a subscriber; ``attempts`` counts this one."""

    event: Event
    subscription: Subscription
    subscription_number: int
    attempts: int


@dataclass(frozen=True)
class Backlog:
    """How many deliveries of a subscription wait, and how many were given up."""

    waiting: int
    given_up: int


def add_subscription(connection: Connection, one: Subscription) -> None:
    """Make a subscription; it hears of what happens from now on."""
    connection.execute(
        insert(SUBSCRIPTIONS).values(
            subscription_id=one.subscription_id,
            name=one.name,
            url=one.url,
            region=one.region,
            types=list(one.types),
            secret=one.secret,
            created_at=one.created_at,
            created_by=one.created_by,
        )
    )


def list_subscriptions(engine: Engine, principal: Principal) -> list[tuple[Subscription, Backlog]]:
    """The subscriptions of the region that have not ended, oldest first."""
    open_ = DELIVERIES.c.delivered_at.is_(None)
    given_up = DELIVERIES.c.given_up_at
    backlog = (
        select(
            DELIVERIES.c.subscription,
            func.count().filter(and_(open_, given_up.is_(None))).label("waiting"),
            func.count().filter(given_up.is_not(None)).label("given_up"),
        )
        .group_by(DELIVERIES.c.subscription)
        .subquery()
    )
    query = (
        select(SUBSCRIPTIONS, backlog.c.waiting, backlog.c.given_up)
        .outerjoin(backlog, backlog.c.subscription == SUBSCRIPTIONS.c.id)
        .where(SUBSCRIPTIONS.c.ended_at.is_(None), within(SUBSCRIPTIONS.c.region, principal))
        .order_by(SUBSCRIPTIONS.c.id)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [(_subscription(row), Backlog(row.waiting or 0, row.given_up or 0)) for row in rows]


def end_subscription(
    connection: Connection, subscription_id: str, principal: Principal, now: dt.datetime
) -> None:
    """Nothing is sent to it any more.

    Raises:
        SubscriptionUnknown: there is none in the principal's region.
    """
    ended = connection.execute(
        update(SUBSCRIPTIONS)
        .where(
            SUBSCRIPTIONS.c.subscription_id == subscription_id,
            SUBSCRIPTIONS.c.ended_at.is_(None),
            within(SUBSCRIPTIONS.c.region, principal),
        )
        .values(ended_at=now)
    )
    if ended.rowcount == 0:
        raise SubscriptionUnknown(subscription_id=subscription_id)


def claim_deliveries(engine: Engine, now: dt.datetime, most: int = 20) -> list[Delivery]:
    """Deliveries that are due, for the caller alone to try until the lease is over.

    Of one subscription they come in the order of their events.
    """
    due = (
        select(DELIVERIES)
        .join(SUBSCRIPTIONS, DELIVERIES.c.subscription == SUBSCRIPTIONS.c.id)
        .where(
            DELIVERIES.c.delivered_at.is_(None),
            DELIVERIES.c.given_up_at.is_(None),
            DELIVERIES.c.due_at <= now,
            SUBSCRIPTIONS.c.ended_at.is_(None),
        )
        .order_by(DELIVERIES.c.event, DELIVERIES.c.subscription)
        .limit(most)
        .with_for_update(skip_locked=True, of=DELIVERIES)
    )
    with writing(engine).begin() as connection:
        rows = connection.execute(due).all()
        events = _by_id(connection, EVENTS, {row.event for row in rows})
        whose = _by_id(connection, SUBSCRIPTIONS, {row.subscription for row in rows})
        taken = [
            Delivery(
                to_event(events[row.event]),
                _subscription(whose[row.subscription]),
                row.subscription,
                row.attempts + 1,
            )
            for row in rows
        ]
        for one in taken:
            connection.execute(_change(one, attempts=one.attempts, due_at=now + LEASE))
    return taken


def mark_delivered(engine: Engine, one: Delivery, answer: str, now: dt.datetime) -> None:
    """It reached its subscriber."""
    with writing(engine).begin() as connection:
        connection.execute(_change(one, delivered_at=now, last_answer=answer[:200]))


def mark_failed(engine: Engine, one: Delivery, answer: str, now: dt.datetime) -> None:
    """It did not; it is tried again later, less and less often, and in the end given up."""
    values: dict[str, Any] = {"last_answer": answer[:200]}
    if one.attempts > len(RETRY_SECONDS):
        values["given_up_at"] = now
    else:
        values["due_at"] = now + dt.timedelta(seconds=RETRY_SECONDS[one.attempts - 1])
    with writing(engine).begin() as connection:
        connection.execute(_change(one, **values))


def _change(one: Delivery, **values: object) -> Any:
    return (
        update(DELIVERIES)
        .where(
            DELIVERIES.c.event == one.event.number,
            DELIVERIES.c.subscription == one.subscription_number,
        )
        .values(values)
    )


def _by_id(connection: Connection, table: Table, numbers: Collection[int]) -> dict[int, Row[Any]]:
    rows = connection.execute(select(table).where(table.c.id.in_(sorted(numbers))))
    return {row.id: row for row in rows}


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        row.subscription_id,
        row.name,
        row.url,
        row.region,
        row.types,
        row.secret,
        utc(row.created_at),
        row.created_by,
        utc(row.ended_at) if row.ended_at else None,
    )
