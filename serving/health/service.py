"""Reads what the health endpoints tell."""

from __future__ import annotations

from serving.health.schemas import Health, Ready
from serving.version import package_version
from serving.watchlists.repository import ServiceDatabase


def health(database: ServiceDatabase) -> Health:
    """The state of the service; raises what the database raises."""
    return Health(status="ok", version=package_version(), latest_as_of=database.latest_as_of())


def ready(database: ServiceDatabase) -> Ready:
    """That it can work; raises what the database raises."""
    database.generation()
    return Ready(status="ready")
