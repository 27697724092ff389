"""GET /v1/watchlists and below."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serving.api.parameters import AsOfPath, RegionQuery
from serving.api.problems import RESPONSES
from serving.api.state import Database
from serving.api.stored import send
from serving.api.watchlists import queries
from serving.api.watchlists.schemas import Watchlist, Watchlists

router = APIRouter(prefix="/v1/watchlists", tags=["watchlists"], responses=RESPONSES)


@router.get("")
def list_watchlists(
    database: Database,
    region: Annotated[str | None, Query(pattern=r"^(\d{1,12})?$")] = None,
) -> Watchlists:
    """All sealed lists, newest first / 全部已发布名单，最新在前。"""
    return queries.watchlists(database, region)


@router.get("/{as_of}", response_class=Response, responses={200: {"model": Watchlist}})
def get_watchlist(
    request: Request, database: Database, as_of: AsOfPath, region: RegionQuery = ""
) -> Response:
    """One sealed list, byte for byte as published / 一份已发布名单，与发布时逐字节相同。"""
    day = None if as_of == "latest" else as_of
    return send(queries.watchlist(database, day, region), request)
