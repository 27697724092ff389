"""A temporary record store with the feeds of a folder, for one command."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from risk.contract import STORED_TABLES

if TYPE_CHECKING:
    from risk.intake.importer import RowProgress
    from risk.intake.report import ImportReport
    from risk.store.store import RecordStore


def holds_feeds(folder: str | None) -> bool:
    """Whether ``folder`` holds files named after tables, and not an export of records."""
    if folder is None or "://" in folder:
        return False
    from risk.intake.file_discovery import find_files

    place = Path(folder)
    exported = any((place / name).is_dir() for name in STORED_TABLES)
    return place.is_dir() and not exported and bool(find_files([place]).files)


@contextmanager
def import_feeds(
    folder: Path, *, today: dt.date, memory_gb: float | None, progress: RowProgress
) -> Iterator[tuple[RecordStore, ImportReport]]:
    """Yield a temporary store with the feeds of ``folder`` and the import report."""
    from risk.intake.importer import import_into
    from risk.store.store import RecordStore

    with (
        tempfile.TemporaryDirectory(prefix="wagewatch-") as place,
        RecordStore(Path(place) / "records.duckdb", memory_gb=memory_gb) as store,
    ):
        yield store, import_into(store, [folder], today=today, progress=progress)
