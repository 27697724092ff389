"""/v1/subscriptions: webhook subscriptions."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now
from serving.events import outbox
from serving.events.schemas import EVENT_TYPES, NewSubscription, Subscription, SubscriptionIn
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.egress import policy_of
from serving.http.parameters import NamePath
from serving.http.problems import RESPONSES
from serving.http.schemas import Page

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"], responses=RESPONSES)

Manager = Annotated[Principal, require(Permission.MANAGE_SUBSCRIPTIONS)]


@router.post("", status_code=201, response_model=NewSubscription)
def subscribe(
    request: Request, database: DatabaseDep, principal: Manager, wanted: SubscriptionIn
) -> Response:
    """Subscribe a system to events; the secret is shown once."""
    policy_of(settings_of(request)).check_url(wanted.url)

    def keep(connection: Connection) -> NewSubscription:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        subscription = outbox.Subscription(
            subscription_id=str(uuid.uuid4()),
            name=wanted.name,
            url=wanted.url,
            region=wanted.region,
            types=sorted(set(wanted.types)),
            secret=secret,
            created_at=now(),
            created_by=principal.name,
            ended_at=None,
        )
        outbox.add_subscription(connection, subscription, principal)
        schema = _to_schema(subscription, outbox.Backlog(0, 0))
        return NewSubscription(**schema.model_dump(), secret=secret)

    return write_once(WriteRequest(request, database, principal, wanted), keep)


@router.get("")
def list_subscriptions(database: DatabaseDep, principal: Manager) -> Page[Subscription]:
    """Subscriptions and their pending deliveries."""
    found = outbox.list_subscriptions(database.engine, principal)
    return Page(items=[_to_schema(one, backlog) for one, backlog in found], next=None)


@router.delete("/{subscription_id}", status_code=204)
def unsubscribe(
    request: Request, database: DatabaseDep, principal: Manager, subscription_id: NamePath
) -> Response:
    """Cancel a subscription."""

    def end(connection: Connection) -> None:
        outbox.end_subscription(connection, subscription_id, principal, now())

    return write_once(WriteRequest(request, database, principal, None), end, 204)


def _to_schema(one: outbox.Subscription, backlog: outbox.Backlog) -> Subscription:
    return Subscription(
        id=one.subscription_id,
        name=one.name,
        url=one.url,
        types=[kind for kind in EVENT_TYPES if kind in one.types],
        region=one.region,
        created_at=one.created_at,
        created_by=one.created_by,
        waiting=backlog.waiting,
        given_up=backlog.given_up,
    )
