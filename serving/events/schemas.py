"""Schemas of webhook subscriptions."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, get_args

from pydantic import Field

from serving.http.schemas import RequestSchema, Schema, example

EventType = Literal[
    "watchlist.published",
    "project.tier_changed",
    "matter.opened",
    "matter.escalated",
    "matter.closed",
    "digest.ready",
]

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
LIST_EVENTS: tuple[EventType, ...] = ("watchlist.published", "project.tier_changed")
"""Event types of a subscription that names none."""


class SubscriptionIn(RequestSchema):
    """A system to call at ``url`` whenever one of ``types`` happens in ``region``."""

    model_config = example(
        name="办案系统", url="http://10.0.0.5:9000/hooks/wagewatch", region="9901"
    )

    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: Annotated[
        str,
        Field(
            max_length=500,
            pattern=r"^https?://[^\s/@?#]+(:\d+)?(/[^\s]*)?$",
        ),
    ]
    types: Annotated[tuple[EventType, ...], Field(min_length=1, max_length=6)] = LIST_EVENTS
    region: Annotated[str, Field(pattern=r"^(\d{1,12})?$")] = ""


class Subscription(Schema):
    """A subscription with its number of waiting and given-up deliveries."""

    id: str
    name: str
    url: str
    types: list[EventType]
    region: str
    created_at: dt.datetime
    created_by: str
    waiting: int
    given_up: int


class NewSubscription(Subscription):
    """A new subscription with its signing secret, which is shown only once."""

    secret: str
