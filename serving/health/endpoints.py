"""/healthz, /readyz and /metrics, for monitoring."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from serving.audit.queue import audit_of
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.health import service
from serving.health.schemas import Health, Ready
from serving.http.dependencies import DatabaseDep, metrics_of
from serving.http.problems import RESPONSES

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={503: RESPONSES[503]})
def healthz(database: DatabaseDep) -> Health:
    """The service is alive and its database can be read."""
    return service.health(database)


@router.get("/readyz", responses={503: RESPONSES[503]})
def readyz(request: Request, database: DatabaseDep) -> Ready:
    """The service is ready: requests can be answered and audited."""
    audit_of(request).require_room()
    return service.ready(database)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **{status: RESPONSES[status] for status in (401, 403, 429, 503)},
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
    },
)
def get_metrics(
    request: Request, principal: Annotated[Principal, require(Permission.READ_METRICS)]
) -> Response:
    """Metrics for Prometheus."""
    return Response(metrics_of(request).text(), media_type="text/plain; version=0.0.4")
