"""What an endpoint may ask for: the database, the settings, the reader's language."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from risk.locale import LANGUAGES, Language
from serving.audit.queue import AuditQueue
from serving.auth.repository import People
from serving.db.database import Database
from serving.http.metrics import Metrics
from serving.settings import Settings
from serving.watchlists.redaction import Views


async def database_of(request: Request) -> Database:
    """The open service database."""
    database: Database = request.app.state.database
    return database


async def views_of(request: Request) -> Views:
    """What readers may see of what is published."""
    views: Views = request.app.state.views
    return views


async def people_of(request: Request) -> People:
    """The users and tokens."""
    people: People = request.app.state.people
    return people


def audit_of(request: Request) -> AuditQueue:
    """Where audit entries of reads go."""
    audit: AuditQueue = request.app.state.audit
    return audit


def metrics_of(request: Request) -> Metrics:
    """What this process counts."""
    metrics: Metrics = request.app.state.metrics
    return metrics


def settings_of(request: Request) -> Settings:
    """The settings the service was started with."""
    settings: Settings = request.app.state.settings
    return settings


def language_of(request: Request) -> Language:
    """The first language of ``Accept-Language`` there are texts in, else that of the settings."""
    for part in request.headers.get("accept-language", "").split(","):
        wanted = part.split(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if wanted == language:
                return language
    return settings_of(request).language


DatabaseDep = Annotated[Database, Depends(database_of)]
"""An argument of this type gives an endpoint the service database."""

LiveViews = Annotated[Views, Depends(views_of)]
PeopleOf = Annotated[People, Depends(people_of)]
