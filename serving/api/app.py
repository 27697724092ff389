"""The web application: what it is made of, nothing of what it does."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from risk.locale import text
from serving.api.audit.endpoints import router as audit
from serving.api.auditing import AuditQueue
from serving.api.briefings.endpoints import router as briefings
from serving.api.campaigns.endpoints import router as campaigns
from serving.api.deposits.endpoints import router as deposits
from serving.api.docs import serve_docs
from serving.api.doorkeeper import Door, Doorkeeper
from serving.api.envelope import Envelope
from serving.api.fastlane import FastLane
from serving.api.feedback.endpoints import router as feedback
from serving.api.health.endpoints import router as health
from serving.api.indicators.endpoints import router as indicators
from serving.api.jobs.endpoints import router as jobs
from serving.api.links.endpoints import router as links
from serving.api.matters.endpoints import router as matters
from serving.api.metrics import Metrics
from serving.api.models.endpoints import router as models
from serving.api.notices.endpoints import router as notices
from serving.api.outcomes.endpoints import router as outcomes
from serving.api.problems import answer_failures
from serving.api.projects.endpoints import router as projects
from serving.api.records.endpoints import router as records
from serving.api.scores.endpoints import router as scores
from serving.api.session.endpoints import router as session
from serving.api.subscriptions.endpoints import router as subscriptions
from serving.api.views import Views
from serving.api.watchlists.endpoints import router as watchlists
from serving.database.freshness import Freshness
from serving.database.people import People
from serving.database.service import ServiceDatabase
from serving.pages.site import add_pages
from serving.settings import Settings
from serving.version import package_version

ROUTERS = (
    *(health, session, watchlists, projects, scores, outcomes, feedback, records, briefings),
    links,
    *(indicators, models, jobs, subscriptions, audit, matters, campaigns),
    *(notices, deposits),
)


def create_app(
    settings: Settings, database: ServiceDatabase, *, key: str = "", local: bool = True
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
