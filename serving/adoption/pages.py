"""/supervision/adoption: which projects of a list were visited, by inspector."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from risk.unit_kinds import Kind
from serving.adoption import service
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.parameters import IsoDate
from serving.watchlists.reader import reader_of
from serving.web.render import render

router = APIRouter(include_in_schema=False)


class AdoptionQuery(BaseModel):
    """The list; the newest of the region if none is named."""

    model_config = ConfigDict(extra="ignore")

    as_of: IsoDate | None = None
    region: str | None = None
    kind: Kind = "project"


@router.get("/supervision/adoption")
def adoption(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_AUDIT)],
    wanted: Annotated[AdoptionQuery, Query()],
) -> Response:
    """Who opened a list, and which of the projects it showed them were visited."""
    reader = reader_of(request)
    chosen = reader.choose(request, principal, wanted.as_of, wanted.region, wanted.kind)
    if chosen is None:
        return render(request, "nothing", principal)
    found = service.adoption(reader, principal, chosen)
    return render(request, "adoption", principal, chosen=chosen, found=found, tab="adoption")
