"""Objects of the application that endpoints use: database, settings, metrics, language."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from risk.locale import LANGUAGES, Language
from serving.db.database import Database
from serving.http.metrics import Metrics
from serving.http.quality_values import quality_values
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
    """Return the language that ``Accept-Language`` wants most, else that of the settings."""
    wanted = quality_values(request.headers.get("accept-language", ""))
    for name, weight in wanted.items():
        for language in LANGUAGES:
            if weight > 0 and name.partition("-")[0] == language:
                return language
    return settings_of(request).language


DatabaseDep = Annotated[Database, Depends(database_of)]
"""Type of an endpoint parameter that receives the service database."""
