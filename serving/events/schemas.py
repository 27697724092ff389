"""Subscriptions as they are made and listed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, get_args

from pydantic import Field

from serving.http.schemas import Schema, example

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
"""What a subscription hears of that names no types."""


class SubscriptionIn(Schema):
    """A system to call at ``url`` whenever one of ``types`` happens in ``region``."""

    model_config = example(
        name="办案系统", url="http://127.0.0.1:9000/hooks/wagewatch", region="9901"
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
    """A subscription; ``waiting`` deliveries are still to be made, ``given_up`` never will be."""

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
    """A new subscription with the secret that signs what it is sent; told only now."""

    secret: str
