"""Page that lists the briefings for download."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.briefings.repository import list_briefings
from serving.db.pagination import PageRequest
from serving.watchlists.reader import reader_of
from serving.web.render import render

router = APIRouter(include_in_schema=False)


@router.get("/briefings")
def briefings(
    request: Request, principal: Annotated[Principal, require(Permission.READ_BRIEFINGS)]
) -> Response:
    """List all briefings of the region, newest first."""
    found = list_briefings(reader_of(request).database.engine, principal, PageRequest(200))
    return render(request, "briefings", principal, briefings=found.items)
