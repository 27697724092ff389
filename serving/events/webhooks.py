"""Delivers webhooks: CloudEvents signed by Standard Webhooks, retried on failure.

Sources: CloudEvents 1.0 (structured JSON mode); Standard Webhooks 1.0 (``webhook-id``,
``webhook-timestamp``, ``webhook-signature``).
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from serving.events.outbox import (
    Delivery,
    claim_deliveries,
    mark_delivered,
    mark_failed,
    release_delivery,
)
from serving.events.repository import Event
from serving.http.caller import SECONDS, WebhookCaller

if TYPE_CHECKING:
    from sqlalchemy import Engine

MOST_AT_ONCE = 8
"""Subscribers called at the same time."""

_AWAY = frozenset({"429", "502", "503", "504"})
"""Answers that say nothing of the event: such a subscriber cannot take any now."""

_log = logging.getLogger("wagewatch.webhooks")

_TYPE_PREFIX = "cn.wagewatch."
_SOURCES = {"matter": "/v1/matters", "digest": "/v1/matters"}


def deliver_due(engine: Engine, caller: WebhookCaller, now: dt.datetime) -> int:
    """Try deliveries that are due and return how many there were.

    Each subscriber gets its deliveries in order, in a thread of its own, for at most the time of
    one request; the rest of a slow subscriber, or of one that does not answer, waits.
    """
    taken: dict[int, list[Delivery]] = {}
    for one in claim_deliveries(engine, now):
        taken.setdefault(one.subscription_number, []).append(one)
    if not taken:
        return 0
    with ThreadPoolExecutor(min(len(taken), MOST_AT_ONCE)) as pool:
        list(pool.map(partial(_deliver_in_order, engine, caller, now), taken.values()))
    return sum(map(len, taken.values()))


def _deliver_in_order(
    engine: Engine, caller: WebhookCaller, now: dt.datetime, taken: Sequence[Delivery]
) -> None:
    end, is_away = time.monotonic() + SECONDS, False
    for one in taken:
        if is_away:
            mark_failed(engine, one, "", now)
        elif time.monotonic() > end:
            release_delivery(engine, one, now)
        elif (answer := _call(caller, one, now)) is None:
            mark_delivered(engine, one, "2xx", now)
        else:
            # Another answer may be about this event alone, and must not keep back the others.
            is_away = answer in _AWAY or not answer.isdecimal()
            mark_failed(engine, one, answer, now)


def envelope(event: Event) -> bytes:
    """Return the event as a CloudEvent in JSON."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event.event_id,
            "source": _SOURCES.get(event.type.partition(".")[0], "/v1/watchlists/changes"),
            "type": _TYPE_PREFIX + event.type,
            "time": event.created_at.isoformat(),
            "subject": event.project_id or event.region or "*",
            "datacontenttype": "application/json",
            "data": dict(event.data),
        },
        ensure_ascii=False,
    ).encode()


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the ``webhook-signature`` header.

    >>> signature("whsec_MDEyMzQ1Njc=", "e1", 1700000000, b"{}")[:10]
    'v1,f+3kkqe'
    """
    from standardwebhooks import Webhook

    sent_at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    return Webhook(secret).sign(event_id, sent_at, body.decode())


def _call(caller: WebhookCaller, one: Delivery, now: dt.datetime) -> str | None:
    """Return None on success, else the status code or the name of the error."""
    body, timestamp = envelope(one.event), int(now.timestamp())
    headers = {
        "content-type": "application/cloudevents+json",
        "content-length": str(len(body)),
        "webhook-id": one.event.event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(
            one.subscription.secret, one.event.event_id, timestamp, body
        ),
    }
    try:
        status = caller.post(one.subscription.url, headers, body)
    except Exception as error:
        # Whatever is wrong with one subscriber must not stop the deliveries to others.
        _log.warning("webhook: %s", type(error).__name__)
        return type(error).__name__
    return None if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else str(status)
