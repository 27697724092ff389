"""Reads what the health endpoints tell."""

from __future__ import annotations

from serving.db.database import Database
from serving.health.schemas import Health, Ready
from serving.version import package_version
from serving.watchlists.repository import WatchlistRepository


def health(database: Database) -> Health:
    """The state of the service; raises what the database raises."""
    return Health(
        status="ok",
        version=package_version(),
        latest_as_of=WatchlistRepository(database).latest_as_of(),
    )


def ready(database: Database) -> Ready:
    """That it can work; raises what the database raises."""
    WatchlistRepository(database).generation()
    return Ready(status="ready")
