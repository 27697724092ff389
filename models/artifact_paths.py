"""Keeps the artifact addresses in MLflow's database true when a workspace was moved or restored.

MLflow stores absolute addresses only: it resolves a relative one from whatever folder a program
was started in.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


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
