"""/v1/briefings: monthly briefings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.briefings.repository import list_briefings as listed
from serving.briefings.repository import read_briefing, read_figures
from serving.briefings.schemas import Briefing, BriefingFigures
from serving.documents.formats import MEDIA_TYPES
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import CursorQuery, LimitQuery, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page

router = APIRouter(prefix="/v1/briefings", tags=["briefings"], responses=RESPONSES)

Reader = Annotated[Principal, require(Permission.READ_BRIEFINGS)]


@router.get("")
def list_briefings(
    database: DatabaseDep, principal: Reader, cursor: CursorQuery = None, limit: LimitQuery = 100
) -> Page[Briefing]:
    """Monthly briefings, newest first."""
    found = listed(database.engine, principal, page_request(limit, cursor))
    after = None if found.next is None else str(found.next)
    return Page(items=[Briefing(**asdict(briefing)) for briefing in found.items], next=after)


@router.get(
    "/{number}",
    response_class=Response,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in (*MEDIA_TYPES.values(),)
            }
        }
    },
)
def get_briefing(
    database: DatabaseDep, principal: Reader, number: Annotated[int, Path(ge=1, le=10**15)]
) -> Response:
    """One briefing as a file."""
    briefing, body = read_briefing(database.engine, number, principal)
    name = f"briefing-{briefing.label}.{briefing.format}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "ETag": f'"{briefing.digest}"',
    }
    return Response(body, headers=headers, media_type=MEDIA_TYPES[briefing.format])


@router.get("/{number}/figures")
def get_briefing_figures(
    database: DatabaseDep, principal: Reader, number: Annotated[int, Path(ge=1, le=10**15)]
) -> BriefingFigures:
    """Figures of one briefing by channel, kind of employer and cause."""
    return BriefingFigures.model_validate(read_figures(database.engine, number, principal))
