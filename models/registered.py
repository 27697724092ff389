"""Reading MLflow's registry without MLflow, whose import takes seconds.

MLflow stores the versions of a workspace in a SQLite file (``Workspace.tracking``). Scoring needs
four of its tables, which are read here; MLflow alone writes them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

_READY = "current_stage IS NULL OR current_stage <> 'Deleted_Internal'"
"""SQL: versions that MLflow did not delete."""

_WAIT_SECONDS = 30


@dataclass(frozen=True)
class RegisteredVersion:
    """One version: its number, the run that made it, and its tags."""

    number: int
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class RegisteredModel:
    """A registered model: its versions by number, its aliases (to numbers) and its tags."""

    versions: Mapping[int, RegisteredVersion] = field(default_factory=dict)
    aliases: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def read_registered(tracking: Path, name: str) -> RegisteredModel:
    """The registered model ``name`` in MLflow's SQLite file; empty if there is none."""
    if not tracking.is_file():
        return RegisteredModel()
    with closing(sqlite3.connect(tracking, timeout=_WAIT_SECONDS)) as database:
        # One transaction, so that versions and aliases are of the same moment.
        database.execute("BEGIN")
        return _read(database, name)


def _read(database: sqlite3.Connection, name: str) -> RegisteredModel:
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'model_versions'").fetchone():
        return RegisteredModel()
    tags: dict[int, dict[str, str]] = {}
    found = database.execute(
        "SELECT version, key, value FROM model_version_tags WHERE name = ?", [name]
    )
    for number, key, value in found:
        tags.setdefault(int(number), {})[str(key)] = str(value)
    versions = database.execute(
        f"SELECT version, run_id FROM model_versions WHERE name = ? AND ({_READY})", [name]
    )
    aliases = database.execute(
        "SELECT alias, version FROM registered_model_aliases WHERE name = ?", [name]
    )
    own = database.execute("SELECT key, value FROM registered_model_tags WHERE name = ?", [name])
    return RegisteredModel(
        {int(n): RegisteredVersion(int(n), str(run), tags.get(int(n), {})) for n, run in versions},
        {str(alias): int(number) for alias, number in aliases},
        {str(key): str(value) for key, value in own},
    )
