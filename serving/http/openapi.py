"""OpenAPI description in every language, and Swagger UI at /docs without assets of other hosts.

The description of an operation is the text ``api.operations.<name of the endpoint function>``;
descriptions of parameters and responses are given as keys of the catalogue. /openapi.json uses the
language of ``Accept-Language``.

The files of Swagger UI come from the ``fastapi-offline`` distribution. The page is built here so
that its URLs are relative and its Content-Security-Policy admits this host only.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from risk.locale import Language, catalogue, text
from serving.auth.dependencies import RequirePermission
from serving.auth.sessions import COOKIE
from serving.http.dependencies import language_of
from serving.http.middleware import MAX_BODY
from serving.http.openapi_examples import add_examples
from serving.http.openapi_names import (
    add_conditional_requests,
    add_headers,
    add_parameter_texts,
    add_property_texts,
    add_tags,
    name_enums,
)
from serving.http.openapi_problems import add_problem_examples
from serving.http.problems import MEDIA_TYPE

OPENAPI_URL = "/openapi.json"
_ASSETS = "/docs-assets"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


def add_docs(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Add /docs, its static files and /openapi.json to ``app``, which has no ``openapi_url``."""
    routes = [
        route
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ]

    @cache
    def description(language: Language) -> dict[str, Any]:
        per_minute = app.state.settings.limits.per_minute
        return _localised(copy.deepcopy(app.openapi()), routes, language, per_minute)

    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(description(language_of(request)))

    static = files("fastapi_offline") / "static"
    app.mount(_ASSETS, StaticFiles(directory=str(static)), name="docs-assets")
    app.add_api_route("/docs", _page(app), include_in_schema=False, response_class=HTMLResponse)
    app.add_route(OPENAPI_URL, openapi, include_in_schema=False)
    app.state.api_description = description


def _page(app: FastAPI) -> Any:
    page = get_swagger_ui_html(
        openapi_url=OPENAPI_URL.removeprefix("/"),
        title=app.title,
        swagger_js_url=f".{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f".{_ASSETS}/swagger-ui.css",
        swagger_favicon_url=f".{_ASSETS}/favicon.png",
        # By default Swagger UI sends the description to a validator on the internet.
        swagger_ui_parameters={"validatorUrl": None},
    )
    page.headers["Content-Security-Policy"] = _POLICY

    async def docs() -> HTMLResponse:
        return page

    return docs


def _localised(
    description: dict[str, Any], routes: Sequence[APIRoute], language: Language, per_minute: int
) -> dict[str, Any]:
    """Add texts, permissions (``x-action``) and security schemes to FastAPI's description.

    ``per_minute`` is the limit of requests, see :class:`serving.settings.LimitSettings`.
    """
    info = description["info"]
    info["title"] = "Wagewatch"  # generators name packages after it
    info["description"] = text(
        "api.description", language, per_minute=per_minute, most=f"{MAX_BODY:,}"
    )
    schemes = description.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer"}
    schemes["session"] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    for route in routes:
        permission = _permission(route)
        for method in route.methods or ():
            operation = description["paths"][route.path_format][method.lower()]
            operation["operationId"] = route.name
            operation["description"] = text(f"api.operations.{route.name}", language)
            if permission is not None:
                operation["x-action"] = permission
                operation["security"] = [{"token": []}, {"session": []}]
    _set_problem_type(description)
    texts = catalogue(language)
    for node in _nodes(description["paths"]):
        key = node.get("description")
        if isinstance(key, str) and key in texts:
            node["description"] = texts[key]
    name_enums(description)
    add_conditional_requests(description, texts)
    add_parameter_texts(description, texts)
    add_property_texts(description, texts)
    add_examples(description)
    add_problem_examples(description)
    add_headers(description, texts)
    add_tags(description, texts)
    return description


def _permission(route: APIRoute) -> str | None:
    calls = (dependency.call for dependency in route.dependant.dependencies)
    permissions = [call.permission for call in calls if isinstance(call, RequirePermission)]
    return permissions[0].value if permissions else None


def _set_problem_type(description: dict[str, Any]) -> None:
    """Set the media type of error responses; FastAPI describes every model as plain JSON."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a JSON document."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)
