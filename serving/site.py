"""Pages, static files, help and service worker of the application."""

from __future__ import annotations

import os

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from serving.adoption import pages as adoption
from serving.audit_log import pages as audit
from serving.briefings import pages as briefings
from serving.campaigns import pages as campaigns
from serving.complaint_links import pages as links
from serving.data_entry import pages as data
from serving.deposits import pages as deposits
from serving.help.pages import HelpSite
from serving.indicators import pages as indicators
from serving.matters import matter_page as matter
from serving.matters import pages as ledger
from serving.model_changes import pages as model_changes
from serving.models import pages as models
from serving.monthly import pages as month
from serving.notices import pages as notices
from serving.projects import pages as project
from serving.tasks import pages as tasks
from serving.users import pages as users
from serving.users import second_factor_pages as second_factor
from serving.users import sign_in_pages as sign_in
from serving.watchlists import composition_pages as composition
from serving.watchlists import map_pages as map
from serving.watchlists import pages as watchlist
from serving.watchlists import trend_pages as trend
from serving.watchlists.reader import WatchlistReader
from serving.web.errors import error_page
from serving.web.render import FOLDER
from serving.web.requests import is_page

ROUTERS = (
    *(
        sign_in.router,
        second_factor.router,
        tasks.router,
        watchlist.router,
        project.router,
        map.router,
        ledger.router,
        links.router,
    ),
    *(
        indicators.router,
        month.router,
        briefings.router,
        models.router,
        model_changes.router,
        audit.router,
        users.router,
        matter.router,
        campaigns.router,
    ),
    *(notices.router, deposits.router, data.router, composition.router, trend.router),
    adoption.router,
)

_A_DAY = "public, max-age=86400"


class _Static(StaticFiles):
    """Static files whose URLs change with their content, so that browsers may cache them."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = _A_DAY
        return response


def add_pages(app: FastAPI) -> None:
    """Add the pages to ``app``."""
    app.state.reader = WatchlistReader(app.state.database, app.state.views)
    app.state.home = "/watchlist"
    app.state.is_page = is_page
    app.state.error_page = error_page
    app.mount("/static", _Static(directory=FOLDER / "static"), name="static")
    app.mount("/help", HelpSite(), name="help")
    app.add_api_route("/sw.js", _worker, include_in_schema=False)
    for router in ROUTERS:
        # include_router() would build every route a second time, at the first request.
        app.routes.extend(router.routes)


async def _worker(request: Request) -> FileResponse:
    """Return the service worker; served at the root so that its scope covers all pages."""
    path = FOLDER / "static" / "sw.js"
    # A worker is subject to the policy of its own response.
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'self'"}
    return FileResponse(path, media_type="text/javascript", headers=headers)
