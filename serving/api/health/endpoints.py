"""GET /healthz."""

from __future__ import annotations

from fastapi import APIRouter

from serving.api.health import queries
from serving.api.health.schemas import Health
from serving.api.state import Database

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz(database: Database) -> Health:
    """The service runs and its database can be read / 服务正常，数据库可读。"""
    return queries.health(database)
