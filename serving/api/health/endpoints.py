"""/healthz, /readyz and /metrics, for whatever watches over the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from serving.access.principal import Principal
from serving.access.roles import Action
from serving.api.doorkeeper import may
from serving.api.health import queries
from serving.api.health.schemas import Health, Ready
from serving.api.problems import RESPONSES
from serving.api.state import Database, audit_of, metrics_of

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={503: RESPONSES[503]})
def healthz(database: Database) -> Health:
    """The service runs and its database can be read / 服务正常，数据库可读。"""
    return queries.health(database)


@router.get("/readyz", responses={503: RESPONSES[503]})
def readyz(request: Request, database: Database) -> Ready:
    """Requests can be answered and recorded / 可以接受请求。"""
    audit_of(request).require_room()
    return queries.ready(database)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **{status: RESPONSES[status] for status in (401, 403, 429, 503)},
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
    },
)
def get_metrics(request: Request, who: Annotated[Principal, may(Action.READ_METRICS)]) -> Response:
    """Counts for Prometheus / 供 Prometheus 采集的指标。"""
    return Response(metrics_of(request).text(), media_type="text/plain; version=0.0.4")
