"""The API's description at /docs, with no asset from outside.

Swagger UI's files come from the ``fastapi-offline`` distribution; the page itself is made here so
that its addresses are relative and a Content-Security-Policy keeps the browser on this host.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from serving.api.problems import MEDIA_TYPE

_ASSETS = "/docs-assets"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


def serve_docs(app: FastAPI) -> None:
    """Add /docs and the files it needs to ``app``."""
    static = files("fastapi_offline") / "static"
    app.mount(_ASSETS, StaticFiles(directory=str(static)), name="docs-assets")
    app.add_api_route("/docs", _page(app), include_in_schema=False, response_class=HTMLResponse)
    describe = app.openapi
    app.openapi = lambda: _with_problem_type(describe())  # type: ignore[method-assign]


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


def _with_problem_type(description: dict[str, Any]) -> dict[str, Any]:
    """Failures are sent as problem+json; FastAPI describes every model as plain JSON."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return description
