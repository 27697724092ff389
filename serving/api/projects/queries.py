"""Reads what is stored of projects."""

from __future__ import annotations

import datetime as dt

from serving.database.service import ServiceDatabase, Stored


def risk(database: ServiceDatabase, project_id: str, as_of: dt.date | None) -> Stored:
    """The sealed risk of a project at ``as_of``, the newest for None."""
    return database.risk(project_id, as_of)
