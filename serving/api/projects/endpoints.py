"""GET /v1/projects/{project_id}/risk."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from serving.api.parameters import AsOfQuery, ProjectPath
from serving.api.problems import RESPONSES
from serving.api.projects import queries
from serving.api.projects.schemas import ProjectRisk
from serving.api.state import Database
from serving.api.stored import send

router = APIRouter(prefix="/v1/projects", tags=["projects"], responses=RESPONSES)


# A project's code may hold a slash, hence ":path".
@router.get(
    "/{project_id:path}/risk",
    response_class=Response,
    responses={200: {"model": ProjectRisk}},
)
def get_risk(
    request: Request, database: Database, project_id: ProjectPath, as_of: AsOfQuery = None
) -> Response:
    """The risk of one project and why / 一个项目的风险、原因、红旗、时间线。"""
    return send(queries.risk(database, project_id, as_of), request)
