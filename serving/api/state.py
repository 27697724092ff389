"""What an endpoint may ask for: the database, the settings, the reader's language."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from risk.locale import LANGUAGES, Language
from serving.database.service import ServiceDatabase
from serving.settings import Settings


def database_of(request: Request) -> ServiceDatabase:
    """The open service database."""
    database: ServiceDatabase = request.app.state.database
    return database


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


Database = Annotated[ServiceDatabase, Depends(database_of)]
"""An argument of this type gives an endpoint the service database."""
