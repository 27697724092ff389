"""Adds the pages to the application."""

from __future__ import annotations

import os

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from serving.auth import pages as sign_in
from serving.briefings import pages as briefings
from serving.campaigns import pages as campaigns
from serving.complaint_links import pages as links
from serving.deposits import pages as deposits
from serving.indicators import pages as indicators
from serving.matters import matter_page as matter
from serving.matters import pages as ledger
from serving.models import pages as supervision
from serving.notices import pages as notices
from serving.projects import pages as project
from serving.watchlists import map_pages as map
from serving.watchlists import pages as watchlist
from serving.web import auth as entering
from serving.web.queries import Reading
from serving.web.render import FOLDER

ROUTERS = (
    *(sign_in.router, watchlist.router, project.router, map.router, ledger.router, links.router),
    *(indicators.router, briefings.router, supervision.router, matter.router, campaigns.router),
    *(notices.router, deposits.router),
)

_A_DAY = "public, max-age=86400"


class _Static(StaticFiles):
    """Files whose addresses change with their content, so a browser may keep them."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = _A_DAY
        return answer


def add_pages(app: FastAPI) -> None:
    """Make ``app`` answer people too."""
    app.state.reading = Reading(app.state.database, app.state.views)
    app.state.home = "/watchlist"
    app.state.is_page = entering.is_page
    app.state.tell_page = entering.tell
    app.mount("/static", _Static(directory=FOLDER / "static"), name="static")
    app.add_api_route("/sw.js", _worker, include_in_schema=False)
    for router in ROUTERS:
        app.include_router(router)


async def _worker(request: Request) -> FileResponse:
    """The service worker; from the root, so that it may keep the visit form of every project."""
    path = FOLDER / "static" / "sw.js"
    # A worker follows the policy of its own file.
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'self'"}
    return FileResponse(path, media_type="text/javascript", headers=headers)
