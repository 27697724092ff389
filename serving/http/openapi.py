"""OpenAPI description and Swagger UI at /docs, without assets from other hosts.

The files of Swagger UI come from the ``fastapi-offline`` distribution. The page is built here so
that its URLs are relative and its Content-Security-Policy admits this host only.
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

from serving.auth.dependencies import RequirePermission
from serving.auth.sessions import COOKIE
from serving.http.problems import MEDIA_TYPE

_ASSETS = "/docs-assets"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


def add_docs(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Add /docs and its static files to ``app``."""
    static = files("fastapi_offline") / "static"
    app.mount(_ASSETS, StaticFiles(directory=str(static)), name="docs-assets")
    app.add_api_route("/docs", _page(app), include_in_schema=False, response_class=HTMLResponse)
    openapi = app.openapi
    app.openapi = lambda: _with_security(routers, openapi())  # type: ignore[method-assign]


def _page(app: FastAPI) -> Any:
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
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


def _with_security(routers: Sequence[APIRouter], description: dict[str, Any]) -> dict[str, Any]:
    """Add the permission of each operation (``x-action``) and the security schemes."""
    schemes = description.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer"}
    schemes["session"] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    routes = [route for router in routers for route in router.routes]
    for route in routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        calls = [dependency.call for dependency in route.dependant.dependencies]
        permissions = [call.permission for call in calls if isinstance(call, RequirePermission)]
        for method in route.methods or ():
            operation = description["paths"][route.path_format][method.lower()]
            if permissions:
                operation["x-action"] = permissions[0].value
                operation["security"] = [{"token": []}, {"session": []}]
    return _with_problem_type(description)


def _with_problem_type(description: dict[str, Any]) -> dict[str, Any]:
    """Set the media type of error responses; FastAPI describes every model as plain JSON."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return description
