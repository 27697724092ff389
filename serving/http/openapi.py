"""The API's description at /docs, with no asset from outside.

Swagger UI's files come from the ``fastapi-offline`` distribution; the page itself is made here so
that its addresses are relative and a Content-Security-Policy keeps the browser on this host.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from serving.auth.dependencies import Admission
from serving.auth.sessions import COOKIE
from serving.http.problems import MEDIA_TYPE

_ASSETS = "/docs-assets"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


def serve_docs(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Add /docs and the files it needs to ``app``."""
    static = files("fastapi_offline") / "static"
    app.mount(_ASSETS, StaticFiles(directory=str(static)), name="docs-assets")
    app.add_api_route("/docs", _page(app), include_in_schema=False, response_class=HTMLResponse)
    describe = app.openapi
    app.openapi = lambda: _described(routers, describe())  # type: ignore[method-assign]


def _page(app: FastAPI) -> Any:
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=app.title,
        swagger_js_url=f".{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f".{_ASSETS}/swagger-ui.css",
        swagger_favicon_url=f".{_ASSETS}/favicon.png",
        # Swagger UI would otherwise send the description to a validator on the internet.
        swagger_ui_parameters={"validatorUrl": None},
    )
    page.headers["Content-Security-Policy"] = _POLICY

    async def docs() -> HTMLResponse:
        return page

    return docs


def _described(routers: Sequence[APIRouter], description: dict[str, Any]) -> dict[str, Any]:
    """Which action each operation stands for, and how one proves who one is."""
    schemes = description.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer"}
    schemes["session"] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    routes = [route for router in routers for route in router.routes]
    for route in routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        calls = [one.call for one in route.dependant.dependencies]
        actions = [call.action for call in calls if isinstance(call, Admission)]
        for method in route.methods or ():
            operation = description["paths"][route.path_format][method.lower()]
            if actions:
                operation["x-action"] = actions[0].value
                operation["security"] = [{"token": []}, {"session": []}]
    return _with_problem_type(description)


def _with_problem_type(description: dict[str, Any]) -> dict[str, Any]:
    """Failures are sent as problem+json; FastAPI describes every model as plain JSON."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return description
