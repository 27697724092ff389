"""/v1/watchlists: lists, one list, its entries and events."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep
from serving.http.etag import send_document
from serving.http.parameters import (
    AsOfPath,
    CursorQuery,
    KindQuery,
    LimitQuery,
    RegionQuery,
    page_request,
)
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.watchlists import service
from serving.watchlists.reader import reader_of
from serving.watchlists.redaction import LiveViews
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.schemas import (
    Changes,
    Composition,
    Entry,
    EntryFilters,
    Ranking,
    Watchlist,
    WatchlistSummary,
)

router = APIRouter(prefix="/v1/watchlists", tags=["watchlists"], responses=RESPONSES)


@router.get("")
def list_watchlists(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    region: Annotated[str | None, Query(pattern=r"^(\d{1,12})?$")] = None,
    kind: KindQuery = "project",
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[WatchlistSummary]:
    """All published lists, newest first."""
    return service.watchlists(
        WatchlistRepository(database, kind), principal, region, page_request(limit, cursor)
    )


@router.get("/changes")
def list_changes(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    since: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Changes:
    """Events since a cursor: lists published, tiers changed."""
    return service.changes(database, principal, page_request(limit, since))


@router.get("/{as_of}", response_class=Response, responses={200: {"model": Watchlist}})
async def get_watchlist(
    request: Request,
    views: LiveViews,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    as_of: AsOfPath,
    region: RegionQuery = "",
    kind: KindQuery = "project",
) -> Response:
    """A published list, byte for byte as sealed, or the part you may see."""
    day = None if as_of == "latest" else as_of
    return send_document(views.watchlist(principal, day, region, kind), request)


@router.get("/{as_of}/entries")
def list_entries(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    as_of: AsOfPath,
    filters: Annotated[EntryFilters, Query()],
) -> Page[Entry]:
    """Entries of a list by rank, filtered."""
    day = None if as_of == "latest" else as_of
    chosen = reader_of(request).require(request, principal, day, filters.region, filters.kind)
    return service.entries(chosen.part, filters)


@router.get("/{as_of}/ranking")
def get_ranking(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    as_of: AsOfPath,
    region: RegionQuery = "",
    kind: KindQuery = "project",
) -> Ranking:
    """Whether enough is known to rank a list."""
    day = None if as_of == "latest" else as_of
    chosen = reader_of(request).require(request, principal, day, region, kind)
    return service.ranking(chosen.part)


@router.get("/{as_of}/composition")
def get_composition(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    as_of: AsOfPath,
    region: RegionQuery = "",
    kind: KindQuery = "project",
    by: Literal["region", "contractor"] = "region",
) -> Composition:
    """Groups of a list, its reasons by township or contractor, and what changed since the last."""
    day = None if as_of == "latest" else as_of
    reader = reader_of(request)
    chosen = reader.require(request, principal, day, region, kind)
    return service.composition_for(reader, principal, chosen, by).composition
