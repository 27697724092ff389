"""Composition of the web application."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from risk.locale import text
from risk.workspace import Workspace
from serving.adoption.endpoints import router as adoption
from serving.audit.endpoints import router as audit
from serving.audit.head_export import HEADS_FILE, HeadExport, HeadWebhook
from serving.audit.queue import AuditQueue
from serving.auth.dependencies import AuthConfig, Authenticator
from serving.auth.repository import UserRepository
from serving.auth.second_factors import REQUIRED_OF, SecondFactors
from serving.auth.sessions import SessionLimits, SessionRepository
from serving.briefings.endpoints import router as briefings
from serving.campaigns.endpoints import router as campaigns
from serving.complaint_links.endpoints import router as links
from serving.data_entry.files import MAX_FILE
from serving.data_entry.pages import FILES_PATH
from serving.db.change_stamp import ChangeStamp
from serving.db.database import Database
from serving.deposits.endpoints import router as deposits
from serving.events.endpoints import router as subscriptions
from serving.feedback.endpoints import router as feedback
from serving.flag_states.endpoints import router as flag_states
from serving.health.endpoints import router as health
from serving.http.address_check import AddressCheck
from serving.http.caller import WebhookCaller
from serving.http.charset_check import CharsetCheck
from serving.http.egress import policy_of
from serving.http.gzip_acceptance import AcceptEncoding
from serving.http.metrics import Metrics
from serving.http.middleware import RequestMiddleware
from serving.http.openapi import add_docs
from serving.http.problems import add_exception_handlers
from serving.http.response_cache import ResponseCache
from serving.indicators.endpoints import router as indicators
from serving.ingest.endpoints import router as records
from serving.jobs.endpoints import router as jobs
from serving.matters.endpoints import router as matters
from serving.model_changes.endpoints import router as model_changes
from serving.models.endpoints import router as models
from serving.notices.endpoints import router as notices
from serving.outcomes.endpoints import router as outcomes
from serving.projects.endpoints import router as projects
from serving.scores.endpoints import router as scores
from serving.settings import Settings
from serving.site import add_pages
from serving.users.endpoints import router as session
from serving.version import package_version
from serving.watchlists.endpoints import router as watchlists
from serving.watchlists.redaction import Views

ROUTERS = (
    *(
        health,
        session,
        watchlists,
        projects,
        scores,
        outcomes,
        feedback,
        flag_states,
        records,
        briefings,
    ),
    links,
    *(indicators, models, model_changes, jobs, subscriptions, audit, matters, campaigns),
    *(notices, deposits, adoption),
)


def create_app(
    settings: Settings,
    database: Database,
    *,
    key: str = "",
    factor_key: str = "",
    local: bool = True,
    workspace: Workspace | None = None,
) -> FastAPI:
    """Return the application over ``database``, which it closes when the server stops.

    Args:
        key: key that signs the cookie of a sign-in through an OpenID provider.
        factor_key: key that encrypts the secrets of second factors.
        local: admit requests from this machine while no user and no token was created.
        workspace: where uploaded files and layouts are; without one, no files can be uploaded.
    """
    app = FastAPI(
        title=text("api.title", settings.language),
        version=package_version(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        # Of each request it would ask three times whether there is anything to send spans to.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    _add_stores(app, settings, database, workspace)
    _add_authentication(app, settings, key, factor_key, local=local)
    add_exception_handlers(app)
    add_pages(app)
    add_docs(app, ROUTERS)
    for router in ROUTERS:
        # include_router() would build every route a second time, at the first request.
        app.routes.extend(router.routes)
    _add_middleware(app)
    return app


def _add_stores(
    app: FastAPI, settings: Settings, database: Database, workspace: Workspace | None
) -> None:
    freshness = ChangeStamp(database.engine)
    app.state.settings = settings
    app.state.database = database
    app.state.workspace = workspace
    app.state.freshness = freshness
    app.state.users = UserRepository(database.engine)
    app.state.views = Views(database, freshness)
    app.state.audit = AuditQueue(
        database.engine,
        HeadExport(
            *(database.engine, _heads_file(settings, workspace)),
            *(settings.audit.syslog, _head_webhook(settings)),
        ),
        refuses=settings.audit.unwritten == "refuse",
    )
    app.state.metrics = Metrics()


def _add_authentication(
    app: FastAPI, settings: Settings, key: str, factor_key: str, *, local: bool
) -> None:
    """Add sessions, second factors and who asks to the state, which has the stores."""
    state = app.state
    config = AuthConfig(
        *(key or secrets.token_urlsafe(32), settings.limits.per_minute, local),
        state.audit.require_room,
        REQUIRED_OF[settings.sessions.second_factor],
        settings.roles.separated,
    )
    state.second_factors = SecondFactors(factor_key or secrets.token_urlsafe(32))
    state.sessions = SessionRepository(
        state.database.engine,
        SessionLimits(
            idle=dt.timedelta(minutes=settings.sessions.idle_minutes),
            total=dt.timedelta(hours=settings.sessions.total_hours),
        ),
    )
    state.authenticator = Authenticator(state.users, state.sessions, state.freshness, config)


def _add_middleware(app: FastAPI) -> None:
    """Add what every request passes; the last one is the outermost."""
    state = app.state
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(ResponseCache, authenticator=state.authenticator, freshness=state.freshness)
    # Around the cache too, whose answers depend on it.
    app.add_middleware(AcceptEncoding)
    app.add_middleware(CharsetCheck)
    app.add_middleware(AddressCheck)
    app.add_middleware(
        RequestMiddleware,
        audit=state.audit,
        metrics=state.metrics,
        limits={FILES_PATH: MAX_FILE},
    )


def _heads_file(settings: Settings, workspace: Workspace | None) -> Path | None:
    if settings.audit.heads_file:
        return Path(settings.audit.heads_file)
    return workspace.root / HEADS_FILE if workspace else None


def _head_webhook(settings: Settings) -> HeadWebhook | None:
    if not settings.audit.webhook:
        return None
    secret = settings.audit.webhook_secret.get_secret_value()
    return HeadWebhook(settings.audit.webhook, WebhookCaller(policy_of(settings)), secret)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.audit.start()
    yield
    app.state.audit.close()
    app.state.sessions.close()
    app.state.freshness.close()
    app.state.database.close()
