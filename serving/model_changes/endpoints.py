"""/v1/model-versions and /v1/model-changes: registered models, and which of them is in use."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.audit.writes import WriteRequest, write_once
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep, language_of, settings_of
from serving.http.parameters import CursorQuery, IdempotencyKey, LimitQuery, NamePath, page_request
from serving.http.problems import CONFLICT, RESPONSES
from serving.http.schemas import Page
from serving.model_changes import service
from serving.model_changes.repository import list_steps, list_versions
from serving.model_changes.schemas import DecisionIn, ModelChange, ModelChangeIn, ModelVersion

router = APIRouter(prefix="/v1", tags=["models"], responses=RESPONSES)

_CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

Reader = Annotated[Principal, require(Permission.READ_MODELS)]
Changer = Annotated[Principal, require(Permission.CHANGE_MODELS)]


@router.get("/model-versions")
def list_model_versions(database: DatabaseDep, principal: Reader) -> Page[ModelVersion]:
    """Registered models with the report of the gate, as last read from the registry."""
    with database.engine.connect() as connection:
        found = list_versions(connection)
    names = ModelVersion.model_fields
    items = [
        ModelVersion.model_validate({k: v for k, v in asdict(one).items() if k in names})
        for one in found
    ]
    return Page(items=items, next=None)


@router.get(
    "/model-versions/{version}/card",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def get_version_card(
    request: Request,
    database: DatabaseDep,
    principal: Reader,
    version: NamePath,
    format: Literal["html", "md"] = "html",
) -> Response:
    """The card of the champion or the challenger."""
    found = service.version_with_card(database, version)
    if format == "md":
        return Response(found.card_md[language_of(request)], media_type="text/markdown")
    headers = {"Content-Security-Policy": _CARD_POLICY}
    body = found.card_html[language_of(request)]
    return Response(body, headers=headers, media_type="text/html")


@router.get("/model-changes")
def list_model_changes(
    database: DatabaseDep, principal: Reader, cursor: CursorQuery = None, limit: LimitQuery = 100
) -> Page[ModelChange]:
    """Steps of promotions and rollbacks, and comments, newest first."""
    found = list_steps(database.engine, page_request(limit, cursor))
    after = None if found.next is None else str(found.next)
    return Page(items=[service.to_schema(one) for one in found.items], next=after)


@router.post("/model-changes", status_code=201, response_model=ModelChange, responses=CONFLICT)
def ask_model_change(
    request: Request,
    database: DatabaseDep,
    principal: Changer,
    given: ModelChangeIn,
    key: IdempotencyKey,
) -> Response:
    """Ask for a promotion or a rollback, or comment on a version."""
    second = settings_of(request).training.second_person

    def keep(connection: Connection) -> ModelChange:
        return service.ask(connection, principal, given, second_person=second)

    return write_once(WriteRequest(request, database, principal, given, key), keep)


@router.post(
    "/model-changes/{change_id}/decision",
    status_code=201,
    response_model=ModelChange,
    responses=CONFLICT,
)
def decide_model_change(
    request: Request,
    database: DatabaseDep,
    principal: Changer,
    change_id: NamePath,
    given: DecisionIn,
    key: IdempotencyKey,
) -> Response:
    """Approve or reject a change that another person asked for."""

    def keep(connection: Connection) -> ModelChange:
        return service.decide(connection, principal, change_id, given)

    return write_once(WriteRequest(request, database, principal, given, key), keep)
