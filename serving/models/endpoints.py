"""/v1/models: which model scores, and its card."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.briefings.repository import ModelNotPublished, ModelOnShelf, model_on_shelf
from serving.briefings.repository import list_models as listed
from serving.http.dependencies import Database, language_of
from serving.http.parameters import NamePath
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.models.schemas import PublishedModel
from serving.watchlists.repository import ServiceDatabase

router = APIRouter(prefix="/v1/models", tags=["models"], responses=RESPONSES)

CHAMPION = "champion"
_CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

Reader = Annotated[Principal, require(Permission.READ_MODELS)]


@router.get("")
def list_models(database: Database, who: Reader) -> Page[PublishedModel]:
    """Models that scored published lists, the latest first / 用于已发布名单的模型。"""
    champion = _champion(database)
    return Page(items=[_told(one, champion) for one in listed(database.engine)], next=None)


@router.get("/{version}")
def get_model(database: Database, who: Reader, version: NamePath) -> PublishedModel:
    """One model; `champion` is the one of the newest list / 一个模型，champion 为现用。"""
    return _told(model_on_shelf(database.engine, version), _champion(database))


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
    database: Database,
    who: Reader,
    version: NamePath,
    format: Literal["html", "md"] = "html",
) -> Response:
    """The card of a model / 模型卡。"""
    found, language = model_on_shelf(database.engine, version), language_of(request)
    if format == "md":
        return Response(found.card_md[language], media_type="text/markdown")
    headers = {"Content-Security-Policy": _CARD_POLICY}
    return Response(found.card_html[language], headers=headers, media_type="text/html")


def _champion(database: ServiceDatabase) -> str | None:
    try:
        return model_on_shelf(database.engine, CHAMPION).version
    except ModelNotPublished:
        return None


def _told(one: ModelOnShelf, champion: str | None) -> PublishedModel:
    return PublishedModel.model_validate(
        {
            "version": one.version,
            "kind": one.kind,
            "trained_at": one.trained_at,
            "champion": one.version == champion,
            "about": dict(one.about),
        }
    )
