"""Health of the service."""

from __future__ import annotations

from serving.clock import now
from serving.db.database import Database
from serving.db.probe import write_probe
from serving.health.schemas import Health, Ready
from serving.version import package_version
from serving.watchlists.repository import WatchlistRepository


def health(database: Database) -> Health:
    """Return version and newest list; errors of the database are raised."""
    return Health(
        status="ok",
        version=package_version(),
        latest_as_of=WatchlistRepository(database).latest_as_of(),
    )


def ready(database: Database) -> Ready:
    """Check that the database can be read and written; errors of the database are raised."""
    WatchlistRepository(database).generation()
    write_probe(database.engine, now())
    return Ready(status="ready")
