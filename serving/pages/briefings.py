"""The briefings made so far, to read and to take along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from serving.access.principal import Principal
from serving.access.roles import Action
from serving.api.doorkeeper import may
from serving.database.paging import Wanted
from serving.database.shelf import list_briefings
from serving.pages.page import render
from serving.pages.reading import reading_of

router = APIRouter(include_in_schema=False)


@router.get("/briefings")
def briefings(request: Request, who: Annotated[Principal, may(Action.READ_BRIEFINGS)]) -> Response:
    """All briefings of the region, newest first."""
    found = list_briefings(reading_of(request).database.engine, who, Wanted(200))
    return render(request, "briefings", who, briefings=found.items)
