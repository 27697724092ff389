"""The web application: what it is made of, nothing of what it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from risk.locale import text
from serving.api.docs import serve_docs
from serving.api.health.endpoints import router as health
from serving.api.problems import answer_failures
from serving.api.projects.endpoints import router as projects
from serving.api.watchlists.endpoints import router as watchlists
from serving.database.service import ServiceDatabase
from serving.settings import Settings
from serving.version import package_version


def create_app(settings: Settings, database: ServiceDatabase) -> FastAPI:
    """The API over ``database``, which it closes when the server stops."""
    app = FastAPI(
        title=text("api.title", settings.language),
        description=text("api.description", settings.language),
        version=package_version(),
        docs_url=None,
        redoc_url=None,
        lifespan=_closing,
    )
    app.state.settings = settings
    app.state.database = database
    answer_failures(app)
    serve_docs(app)
    for router in (health, watchlists, projects):
        app.include_router(router)
    return app


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.database.close()
