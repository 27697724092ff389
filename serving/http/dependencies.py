"""Objects of the application that endpoints use: database, settings, metrics, language."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from risk.locale import LANGUAGES, Language
from serving.db.database import Database
from serving.http.metrics import Metrics
from serving.settings import Settings


async def database_of(request: Request) -> Database:
    """Return the open service database."""
    database: Database = request.app.state.database
    return database


def metrics_of(request: Request) -> Metrics:
    """Return the metrics of this process."""
    metrics: Metrics = request.app.state.metrics
    return metrics


def settings_of(request: Request) -> Settings:
    """Return the settings the service was started with."""
    settings: Settings = request.app.state.settings
    return settings


def language_of(request: Request) -> Language:
    """Return the first supported language of ``Accept-Language``, else that of the settings."""
    for part in request.headers.get("accept-language", "").split(","):
        prefix = part.split(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if prefix == language:
                return language
    return settings_of(request).language


DatabaseDep = Annotated[Database, Depends(database_of)]
"""Type of an endpoint parameter that receives the service database."""
