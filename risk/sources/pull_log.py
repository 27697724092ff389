"""Log of pulls, and the units each source gave so far. Both are stored with the records.

The log has counts, durations and reasons of refusals, never rows, persons or secrets.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from risk.sources.spool import FetchedUnit

if TYPE_CHECKING:
    from risk.store.store import RecordStore

State = Literal["complete", "bounded", "interrupted"]
"""All units came; a bound was reached first; or the source failed first."""

_LOG, _UNITS = "pulls", "source_units"
_MOST = 200
_COLUMNS = "source, began_at, ended_at, state, counts, error"
_SUCCESS = (
    "(state = 'complete' OR state = 'bounded' AND json_extract(counts, '$.units')::INTEGER > 0)"
)


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

    def as_json(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return {
            "source": self.source,
            "began_at": self.began_at.isoformat(timespec="seconds"),
            "ended_at": self.ended_at.isoformat(timespec="seconds"),
            "state": self.state,
            "counts": dict(self.counts),
            "error": dict(self.error),
        }


@dataclass(frozen=True)
class LastPulls:
    """Last pull of a source, its last success if there is one, and the begin of its first pull.

    A success ended without a failure and has at least one whole unit.
    """

    last: LoggedPull
    success: LoggedPull | None
    first_began: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """Return the pulls as plain data."""
        return {
            "last": self.last.as_json(),
            "success": self.success.as_json() if self.success else None,
            "first_began": self.first_began.isoformat(timespec="seconds"),
        }


def read_last_pulls(document: Mapping[str, Any]) -> LastPulls:
    """Return what :meth:`LastPulls.as_json` returned as plain data."""
    success = document["success"]
    return LastPulls(
        _read_pull(document["last"]),
        _read_pull(success) if success else None,
        dt.datetime.fromisoformat(document["first_began"]),
    )


def _read_pull(document: Mapping[str, Any]) -> LoggedPull:
    began, ended = (dt.datetime.fromisoformat(document[key]) for key in ("began_at", "ended_at"))
    return LoggedPull(
        *(document["source"], began, ended, document["state"]),
        counts=document["counts"],
        error=document["error"],
    )


def taken_units(store: RecordStore, source: str) -> dict[str, tuple[str, bool]]:
    """Return the mark of each stored unit of ``source``, and whether it is never fetched again."""
    if not store.has_table(_UNITS):
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
    if store.has_table(_UNITS):
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
    if not store.has_table(_LOG):
        return []
    found = store.rows(
        f"SELECT {_COLUMNS} FROM {_LOG}"
        " WHERE $1 IS NULL OR source = $1 ORDER BY rowid DESC LIMIT $2",
        [source, most],
    )
    return [_logged(*row) for row in found]


def last_pulls(store: RecordStore, before: dt.datetime | None = None) -> dict[str, LastPulls]:
    """Return the last pulls of each source by its name, of those that ended ``before`` a moment."""
    if not store.has_table(_LOG):
        return {}
    until = _naive(before or dt.datetime.max.replace(tzinfo=dt.UTC))
    first = store.rows(
        f"SELECT source, min(began_at) FROM {_LOG} WHERE ended_at < ? GROUP BY source", [until]
    )
    last, success = _newest(store, until), _newest(store, until, only=_SUCCESS)
    return {
        name: LastPulls(last[name], success.get(name), began.replace(tzinfo=dt.UTC))
        for name, began in first
    }


def _newest(store: RecordStore, until: dt.datetime, only: str = "true") -> dict[str, LoggedPull]:
    found = store.rows(
        f"SELECT {_COLUMNS} FROM {_LOG} WHERE ended_at < ? AND {only}"
        " QUALIFY row_number() OVER (PARTITION BY source ORDER BY rowid DESC) = 1",
        [until],
    )
    return {row[0]: _logged(*row) for row in found}


def _logged(
    source: str, began: dt.datetime, ended: dt.datetime, state: State, counts: str, error: str
) -> LoggedPull:
    return LoggedPull(
        *(source, began.replace(tzinfo=dt.UTC), ended.replace(tzinfo=dt.UTC), state),
        counts=json.loads(counts),
        error=json.loads(error),
    )


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
