"""Keeps the artifact addresses in MLflow's database true when a workspace was moved or restored.

MLflow stores absolute addresses only: it resolves a relative one from whatever folder a program
was started in. So they are corrected when a workspace is restored or served, and when its registry
is opened.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from risk.workspace import Workspace

_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def correct_addresses(workspace: Workspace) -> None:
    """Point the addresses in the tracking database, if there is one, to where ``workspace`` is.

    A file that is no such database, or that is locked, is left to what opens the registry.
    """
    if not workspace.tracking.is_file():
        return
    here = workspace.models.resolve().as_uri()
    with suppress(sqlite3.DatabaseError):
        with closing(sqlite3.connect(workspace.tracking, timeout=5)) as database:
            places = database.execute(
                "SELECT DISTINCT artifact_location FROM experiments WHERE name != 'Default'"
            ).fetchall()
        for (place,) in places:
            if place != here:
                move_artifacts(workspace.tracking, place, here)


def move_artifacts(tracking: Path, before: str, after: str) -> None:
    """Replace the address ``before`` by ``after`` at the start of all addresses in ``tracking``."""
    database = sqlite3.connect(tracking, timeout=30)
    try:
        with database:
            for table, column in _COLUMNS:
                # Names are those above; the addresses are parameters.
                database.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                    f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )
    finally:
        database.close()
