"""/v1/watchlists/{as_of}/adoption: which projects of a list were visited, by inspector."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request

from serving.adoption import service
from serving.adoption.schemas import Adoption
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.parameters import AsOfPath, KindQuery, RegionQuery
from serving.http.problems import RESPONSES
from serving.watchlists.reader import reader_of

router = APIRouter(prefix="/v1/watchlists", tags=["watchlists"], responses=RESPONSES)


@router.get("/{as_of}/adoption")
def get_adoption(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_AUDIT)],
    as_of: AsOfPath,
    region: RegionQuery = "",
    kind: KindQuery = "project",
) -> Adoption:
    """Who opened a list, and which of the projects it showed them were visited."""
    day = None if as_of == "latest" else as_of
    reader = reader_of(request)
    chosen = reader.require(request, principal, day, region, kind)
    return service.adoption(reader, principal, chosen)
