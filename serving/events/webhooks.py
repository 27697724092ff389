"""Delivers webhooks: CloudEvents signed by Standard Webhooks, retried on failure.

Sources: CloudEvents 1.0 (structured JSON mode); Standard Webhooks 1.0 (``webhook-id``,
``webhook-timestamp``, ``webhook-signature``).
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from serving.events.outbox import Delivery, claim_deliveries, mark_delivered, mark_failed
from serving.events.repository import Event

if TYPE_CHECKING:
    import httpx
    from sqlalchemy import Engine

SECONDS = 10
"""Timeout of a request to a subscriber, in seconds."""

_TYPE_PREFIX = "cn.wagewatch."
_SOURCES = {"matter": "/v1/matters", "digest": "/v1/matters"}


def deliver_due(engine: Engine, client: httpx.Client, now: dt.datetime) -> int:
    """Try every due delivery in order and return how many there were.

    After a failure the later deliveries to the same subscriber are postponed too.
    """
    taken = claim_deliveries(engine, now)
    unreachable: set[int] = set()
    for one in taken:
        if one.subscription_number in unreachable:
            mark_failed(engine, one, "", now)
        elif (answer := _call(client, one, now)) is None:
            mark_delivered(engine, one, "2xx", now)
        else:
            unreachable.add(one.subscription_number)
            mark_failed(engine, one, answer, now)
    return len(taken)


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


def _call(client: httpx.Client, one: Delivery, now: dt.datetime) -> str | None:
    """Return None on success, else the status code or the name of the error."""
    import httpx

    body, timestamp = envelope(one.event), int(now.timestamp())
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": one.event.event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(
            one.subscription.secret, one.event.event_id, timestamp, body
        ),
    }
    try:
        with client.stream(
            "POST", one.subscription.url, content=body, headers=headers, timeout=SECONDS
        ) as answer:
            return None if answer.is_success else str(answer.status_code)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
