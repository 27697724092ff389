"""The candidates of complaints without a project by the records as they are now.

The service never opens the record store: the scheduler has them computed by a process of its own
after every import, and pages and the API read them here.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, delete, insert, select

from risk.workspace import Workspace
from serving.clock import now, today
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.tables import COMPLAINT_CANDIDATES

if TYPE_CHECKING:
    from risk.store.store import RecordStore

_FEEDS = ("complaints", "projects", "links")


@dataclass(frozen=True)
class CurrentCandidates:
    """Complaints with candidates as of the day after the newest record."""

    as_of: dt.date
    rows: Sequence[Mapping[str, Any]]


def load_candidates(engine: Engine) -> CurrentCandidates | None:
    """Return the current candidates; None before they were computed."""
    query = select(COMPLAINT_CANDIDATES).order_by(COMPLAINT_CANDIDATES.c.id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    return CurrentCandidates(row.as_of, json.loads(gzip.decompress(row.body)))


def candidates_outdated(workspace: Workspace, engine: Engine) -> bool:
    """Return whether the record store was written since the candidates were computed."""
    if not workspace.records.exists():
        return False
    query = select(COMPLAINT_CANDIDATES.c.records_stamp).order_by(COMPLAINT_CANDIDATES.c.id.desc())
    with engine.connect() as connection:
        stamp = connection.execute(query.limit(1)).scalar_one_or_none()
    return stamp != _stamp(workspace)


def refresh_candidates(workspace: Workspace, database: Database) -> None:
    """Compute the candidates and replace the former ones.

    Raises:
        RecordStoreBusy: another process holds the record store.
    """
    from risk.store.store import RecordStore
    from serving.snapshot.complaint_candidates import unlinked_complaints

    stamp = _stamp(workspace)
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        as_of = day_after_newest(store)
        rows = list(unlinked_complaints(store, as_of, "")) if as_of else []
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    values = {
        "as_of": as_of or today(),
        "records_stamp": stamp,
        "made_at": now(),
        "body": gzip.compress(text.encode(), mtime=0),
    }
    with writing(database.engine).begin() as connection:
        connection.execute(delete(COMPLAINT_CANDIDATES))
        connection.execute(insert(COMPLAINT_CANDIDATES).values(values))


def day_after_newest(store: RecordStore) -> dt.date | None:
    """Return the as_of that includes all complaints, projects and links known by today.

    None if there are none. Records may end long ago, and complaints of their last year count.
    """
    parts = " UNION ALL ".join(f"SELECT max(known_at) AS day FROM {name}" for name in _FEEDS)
    newest = store.rows(f"SELECT max(day) FROM ({parts})")[0][0]
    return None if newest is None else min(newest, today()) + dt.timedelta(days=1)


def _stamp(workspace: Workspace) -> str:
    found = workspace.records.stat()
    return f"{found.st_mtime_ns}-{found.st_size}"
