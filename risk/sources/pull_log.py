"""Log of pulls, and the units each source gave so far. Both are stored with the records.

The log has counts, durations and reasons of refusals, never rows, persons or secrets.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from risk.sources.spool import FetchedUnit
from risk.store.store import RecordStore

State = Literal["complete", "bounded", "interrupted"]
"""All units came; a bound was reached first; or the source failed first."""

_LOG, _UNITS = "pulls", "source_units"
_MOST = 200


@dataclass(frozen=True)
class LoggedPull:
    """Pull of a source: begin and end (UTC), how it ended, and its counts as JSON.

    ``error`` is empty or has the reason why the pull ended early, per language.
    """

    source: str
    began_at: dt.datetime
    ended_at: dt.datetime
    state: State
    counts: Mapping[str, Any]
    error: Mapping[str, str]


def taken_units(store: RecordStore, source: str) -> dict[str, tuple[str, bool]]:
    """Return the mark of each stored unit of ``source``, and whether it is never fetched again."""
    if not _has_table(store, _UNITS):
        return {}
    found = store.rows(f"SELECT key, mark, once FROM {_UNITS} WHERE source = ?", [source])
    return {key: (mark, once) for key, mark, once in found}


def record_units(store: RecordStore, source: str, units: Iterable[FetchedUnit]) -> None:
    """Remember that ``units`` are stored. Use inside a transaction."""
    store.rows(
        f"CREATE TABLE IF NOT EXISTS {_UNITS} (source VARCHAR NOT NULL, key VARCHAR NOT NULL,"
        " mark VARCHAR NOT NULL, once BOOLEAN NOT NULL, PRIMARY KEY (source, key))"
    )
    for unit in units:
        store.rows(
            f"INSERT OR REPLACE INTO {_UNITS} VALUES (?, ?, ?, ?)",
            [source, unit.key, unit.mark, unit.once],
        )


def forget_units(store: RecordStore, source: str) -> None:
    """Forget which units are stored, so that the next pull fetches all of them."""
    if _has_table(store, _UNITS):
        store.rows(f"DELETE FROM {_UNITS} WHERE source = ?", [source])


def log_pull(store: RecordStore, pull: LoggedPull) -> None:
    """Add a pull to the log."""
    store.rows(
        f"CREATE TABLE IF NOT EXISTS {_LOG} (id VARCHAR NOT NULL, source VARCHAR NOT NULL,"
        " began_at TIMESTAMP NOT NULL, ended_at TIMESTAMP NOT NULL, state VARCHAR NOT NULL,"
        " counts VARCHAR NOT NULL, error VARCHAR NOT NULL)"
    )
    store.rows(
        f"INSERT INTO {_LOG} VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            uuid.uuid4().hex,
            pull.source,
            _naive(pull.began_at),
            _naive(pull.ended_at),
            pull.state,
            json.dumps(pull.counts, ensure_ascii=False),
            json.dumps(pull.error, ensure_ascii=False),
        ],
    )


def logged_pulls(
    store: RecordStore, source: str | None = None, *, most: int = _MOST
) -> list[LoggedPull]:
    """Return the last pulls of ``source``, by default of all sources, the newest first."""
    if not _has_table(store, _LOG):
        return []
    found = store.rows(
        f"SELECT source, began_at, ended_at, state, counts, error FROM {_LOG}"
        " WHERE $1 IS NULL OR source = $1 ORDER BY rowid DESC LIMIT $2",
        [source, most],
    )
    return [
        LoggedPull(
            *(name, began.replace(tzinfo=dt.UTC), ended.replace(tzinfo=dt.UTC), state),
            counts=json.loads(counts),
            error=json.loads(error),
        )
        for name, began, ended, state, counts, error in found
    ]


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _has_table(store: RecordStore, name: str) -> bool:
    return bool(store.rows("FROM duckdb_tables() WHERE table_name = ?", [name]))
