"""The web application: what it is made of, nothing of what it does."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from risk.locale import text
from serving.audit.endpoints import router as audit
from serving.audit.queue import AuditQueue
from serving.auth.dependencies import Door, Doorkeeper
from serving.auth.endpoints import router as session
from serving.auth.repository import People
from serving.briefings.endpoints import router as briefings
from serving.campaigns.endpoints import router as campaigns
from serving.complaint_links.endpoints import router as links
from serving.db.change_stamp import Freshness
from serving.db.database import Database
from serving.deposits.endpoints import router as deposits
from serving.events.endpoints import router as subscriptions
from serving.feedback.endpoints import router as feedback
from serving.health.endpoints import router as health
from serving.http.metrics import Metrics
from serving.http.middleware import Envelope
from serving.http.openapi import serve_docs
from serving.http.problems import answer_failures
from serving.http.response_cache import FastLane
from serving.indicators.endpoints import router as indicators
from serving.ingest.endpoints import router as records
from serving.jobs.endpoints import router as jobs
from serving.matters.endpoints import router as matters
from serving.models.endpoints import router as models
from serving.notices.endpoints import router as notices
from serving.outcomes.endpoints import router as outcomes
from serving.projects.endpoints import router as projects
from serving.scores.endpoints import router as scores
from serving.settings import Settings
from serving.version import package_version
from serving.watchlists.endpoints import router as watchlists
from serving.watchlists.redaction import Views
from serving.web.mount import add_pages

ROUTERS = (
    *(health, session, watchlists, projects, scores, outcomes, feedback, records, briefings),
    links,
    *(indicators, models, jobs, subscriptions, audit, matters, campaigns),
    *(notices, deposits),
)


def create_app(
    settings: Settings, database: Database, *, key: str = "", local: bool = True
) -> FastAPI:
    """The API over ``database``, which it closes when the server stops.

    ``key`` signs browser sessions; without one they end with the process. ``local`` lets whoever
    sits at the machine in while no user and no token was made.
    """
    app = FastAPI(
        title=text("api.title", settings.language),
        description=text("api.description", settings.language),
        version=package_version(),
        docs_url=None,
        redoc_url=None,
        lifespan=_closing,
    )
    freshness = Freshness(database.engine)
    door = Door(key or secrets.token_urlsafe(32), settings.limits.per_minute, local)
    app.state.settings = settings
    app.state.database = database
    app.state.freshness = freshness
    app.state.people = People(database.engine)
    app.state.views = Views(database, freshness)
    app.state.audit = AuditQueue(database.engine)
    app.state.metrics = Metrics()
    app.state.doorkeeper = Doorkeeper(app.state.people, freshness, door)
    answer_failures(app)
    add_pages(app)
    serve_docs(app, ROUTERS)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(FastLane, doorkeeper=app.state.doorkeeper, freshness=freshness)
    app.add_middleware(Envelope, audit=app.state.audit, metrics=app.state.metrics)
    return app


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    app.state.audit.start()
    yield
    app.state.audit.close()
    app.state.freshness.close()
    app.state.database.close()
