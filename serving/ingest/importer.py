"""Imports submissions of the API into the record store, in the same way as files."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from risk.contract import STORED_TABLES
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.clock import now
from serving.db.database import Database
from serving.ingest.repository import ImportResult, Submission, mark_imported, waiting_submissions
from serving.ingest.seals import record_seals

if TYPE_CHECKING:
    from risk.intake.row_parser import BadRow
    from serving.ingest.ownership import OwnedRows


def import_waiting(workspace: Workspace, database: Database) -> int:
    """Import all waiting submissions in order and return how many there were.

    If the process is killed, the next call continues: a submission imported but not yet marked is
    imported again, which stores no row twice.

    Raises:
        RecordStoreBusy: another process holds the record store; submissions remain waiting.
    """
    if not waiting_submissions(database.engine, most=1):
        return 0
    # What reads records is imported where there are some: publishing asks each time.
    from risk.intake.quarantine_book import write_quarantine

    taken = 0
    with (
        RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store,
        tempfile.TemporaryDirectory() as folder,
    ):
        record_seals(store, database)
        while waiting := waiting_submissions(database.engine):
            for number, one in waiting:
                mark_imported(database.engine, number, _import(store, one, Path(folder)))
            taken += len(waiting)
        write_quarantine(store, workspace.quarantine)
    return taken


def _import(store: RecordStore, one: Submission, folder: Path) -> ImportResult:
    from risk.intake.importer import import_as_sent, import_file

    owned = _owned(store, one)
    # The quarantine refers to the file name, so it must be the same if the import is repeated.
    path = folder / f"{one.table_name}-api-{one.submission_id}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([one.header, *owned.rows])
    table = STORED_TABLES[one.table_name]
    # Of a sender with a region, owners were looked up by the ids as sent.
    import_rows = import_as_sent if one.region else import_file
    report = import_rows(store, path, table=table, today=one.received_on)
    path.unlink()
    refused = _quarantine(store, one, path.name, owned.refused)
    return ImportResult(now(), report.accepted, report.repeated, report.quarantined + refused)


def _owned(store: RecordStore, one: Submission) -> OwnedRows:
    """Return the rows with the ids of the sender's namespace, without those of other regions."""
    from serving.ingest.ownership import OwnedRows, Sender, assign_owners

    if one.namespace is None or not one.region:
        return OwnedRows([list(row) for row in one.rows], [])
    table, sender = STORED_TABLES[one.table_name], Sender(one.region, one.namespace)
    return assign_owners(store, table, one.header, one.rows, sender)


def _quarantine(store: RecordStore, one: Submission, file: str, refused: list[BadRow]) -> int:
    from risk.intake.quarantine import FileQuarantine

    if refused:
        with store.transaction():
            quarantine = FileQuarantine(store, STORED_TABLES[one.table_name], file)
            quarantine.add(refused, [])
            quarantine.commit()
    return len(refused)
