"""Webhook subscriptions and pending deliveries in the service database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from serving.auth.jurisdiction import require_covers, within
from serving.auth.principal import Principal
from serving.clock import CLOCK_SLACK
from serving.db.engine import utc, writing
from serving.db.tables import DELIVERIES, EVENTS, SUBSCRIPTIONS
from serving.errors import ApiError
from serving.events.repository import Event, to_event

LEASE = dt.timedelta(seconds=60)
"""A claimed delivery is not claimed again for this long."""

PER_SUBSCRIPTION = 5
"""Deliveries of one subscription claimed at a time."""

RETRY_SECONDS = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
"""Seconds until the next attempt after each failure; then the delivery is given up."""


class SubscriptionUnknown(ApiError):
    """There is no such subscription in the region."""

    code = "subscription_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Subscription:
    """A system called at ``url``; its requests are signed with ``secret``."""

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
    """A claimed delivery; ``attempts`` includes the present one."""

    event: Event
    subscription: Subscription
    subscription_number: int
    attempts: int


@dataclass(frozen=True)
class Backlog:
    """Number of waiting and of given-up deliveries of a subscription."""

    waiting: int
    given_up: int


def add_subscription(connection: Connection, one: Subscription, principal: Principal) -> None:
    """Insert a subscription; it receives later events.

    Raises:
        OutsideRegion: its region is not in that of the principal.
    """
    require_covers(principal, one.region)
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
    """Return the active subscriptions of the region, oldest first."""
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
    """End a subscription.

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
    """Claim deliveries that are due; no other caller gets them until the lease expires.

    Deliveries of a subscription are in the order of their events, at most ``PER_SUBSCRIPTION`` of
    each, so that the backlog of one does not delay the others.
    """
    turn = func.row_number().over(
        partition_by=DELIVERIES.c.subscription, order_by=DELIVERIES.c.event
    )
    waiting = (
        select(DELIVERIES.c.event, DELIVERIES.c.subscription, turn.label("turn"))
        .join(SUBSCRIPTIONS, DELIVERIES.c.subscription == SUBSCRIPTIONS.c.id)
        .where(
            DELIVERIES.c.delivered_at.is_(None),
            DELIVERIES.c.given_up_at.is_(None),
            DELIVERIES.c.due_at <= now,
            SUBSCRIPTIONS.c.ended_at.is_(None),
        )
        .subquery()
    )
    due = (
        select(DELIVERIES)
        .join(
            waiting,
            and_(
                waiting.c.event == DELIVERIES.c.event,
                waiting.c.subscription == DELIVERIES.c.subscription,
            ),
        )
        .where(waiting.c.turn <= PER_SUBSCRIPTION)
        .order_by(waiting.c.turn, DELIVERIES.c.event, DELIVERIES.c.subscription)
        .limit(most)
        .with_for_update(skip_locked=True, of=DELIVERIES)
    )
    with writing(engine).begin() as connection:
        _bring_forward(connection, now)
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


def _bring_forward(connection: Connection, now: dt.datetime) -> None:
    """Let deliveries wait for a lease that would wait longer than any delay.

    Their times are from before the clock was set back; another process may still be at one.
    """
    longest = [max(seconds, int(LEASE.total_seconds())) for seconds in RETRY_SECONDS]
    ahead = [
        and_(DELIVERIES.c.attempts == attempts, DELIVERIES.c.due_at > _after(now, seconds))
        for attempts, seconds in enumerate([0, *longest])
    ]
    connection.execute(
        update(DELIVERIES)
        .where(
            DELIVERIES.c.delivered_at.is_(None),
            DELIVERIES.c.given_up_at.is_(None),
            DELIVERIES.c.due_at > now + CLOCK_SLACK,
            or_(*ahead),
        )
        .values(due_at=now + LEASE)
    )


def _after(now: dt.datetime, seconds: int) -> dt.datetime:
    return now + CLOCK_SLACK + dt.timedelta(seconds=seconds)


def mark_delivered(engine: Engine, one: Delivery, answer: str, now: dt.datetime) -> None:
    """Mark a delivery as delivered."""
    with writing(engine).begin() as connection:
        connection.execute(_change(one, delivered_at=now, last_answer=answer[:200]))


def mark_failed(engine: Engine, one: Delivery, answer: str, now: dt.datetime) -> None:
    """Schedule the next attempt with growing delay, or give the delivery up."""
    values: dict[str, Any] = {"last_answer": answer[:200]}
    if one.attempts > len(RETRY_SECONDS):
        values["given_up_at"] = now
    else:
        values["due_at"] = now + dt.timedelta(seconds=RETRY_SECONDS[one.attempts - 1])
    with writing(engine).begin() as connection:
        connection.execute(_change(one, **values))


def release_delivery(engine: Engine, one: Delivery, now: dt.datetime) -> None:
    """Make a claimed delivery that was not tried due again."""
    with writing(engine).begin() as connection:
        connection.execute(_change(one, attempts=one.attempts - 1, due_at=now))


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
