"""/v1/models: published models and their cards."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.database import Database
from serving.http.dependencies import DatabaseDep, language_of
from serving.http.parameters import NamePath
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.models.repository import ModelNotPublished, StoredModel, stored_model
from serving.models.repository import list_models as listed
from serving.models.schemas import PublishedModel

router = APIRouter(prefix="/v1/models", tags=["models"], responses=RESPONSES)

CHAMPION = "champion"
_CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

Reader = Annotated[Principal, require(Permission.READ_MODELS)]


@router.get("")
def list_models(database: DatabaseDep, principal: Reader) -> Page[PublishedModel]:
    """Models that scored published lists, newest first."""
    champion = _champion(database)
    return Page(items=[_to_schema(one, champion) for one in listed(database.engine)], next=None)


@router.get("/{version}")
def get_model(database: DatabaseDep, principal: Reader, version: NamePath) -> PublishedModel:
    """A model; `champion` is that of the newest list."""
    return _to_schema(stored_model(database.engine, version), _champion(database))


@router.get(
    "/{version}/card",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "text/markdown": {"schema": {"type": "string"}},
            }
        }
    },
)
def get_card(
    request: Request,
    database: DatabaseDep,
    principal: Reader,
    version: NamePath,
    format: Literal["html", "md"] = "html",
) -> Response:
    """The card of a model."""
    found, language = stored_model(database.engine, version), language_of(request)
    if format == "md":
        return Response(found.card_md[language], media_type="text/markdown")
    headers = {"Content-Security-Policy": _CARD_POLICY}
    return Response(found.card_html[language], headers=headers, media_type="text/html")


def _champion(database: Database) -> str | None:
    try:
        return stored_model(database.engine, CHAMPION).version
    except ModelNotPublished:
        return None


def _to_schema(one: StoredModel, champion: str | None) -> PublishedModel:
    return PublishedModel.model_validate(
        {
            "version": one.version,
            "kind": one.kind,
            "trained_at": one.trained_at,
            "champion": one.version == champion,
            "about": dict(one.about),
        }
    )
