"""Opens what a command works on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from serving.cli.context import Job
from serving.cli.output import CannotWrite, note, row_progress

if TYPE_CHECKING:
    from risk.store.store import RecordStore
    from serving.db.database import Database
    from serving.settings import Settings


def make_workspace(job: Job) -> None:
    """Make the workspace where there is none; what is there is never overwritten.

    Raises:
        CannotWrite: the folder or its settings cannot be written.
    """
    from serving.settings import default_toml

    settings = job.workspace.settings_file
    if settings.exists():
        return
    try:
        job.workspace.root.mkdir(parents=True, exist_ok=True)
        settings.write_text(default_toml(), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path=str(settings), detail=error.strerror or str(error)) from error


def open_settings(job: Job) -> Settings:
    """The workspace's settings."""
    from serving.settings import load_settings

    return load_settings(job.workspace)


def open_records(job: Job, *, read_only: bool = True) -> RecordStore:
    """The record store; laid out first if nothing was imported yet."""
    from risk.store.store import RecordStore

    path = job.workspace.require().records
    if read_only and not path.exists():
        RecordStore(path).close()
    return RecordStore(path, read_only=read_only, memory_gb=job.workspace.memory_gb)


@contextmanager
def records_in(job: Job, folder: str | None) -> Iterator[RecordStore]:
    """The records of ``folder``, exported ones or feeds; without one, the workspace's own.

    Raises:
        RecordsFolderEmpty: there is no such folder, or no records in it.
        RecordsFolderRefused: a column is missing or is not of the contract's type.
        RecordsFolderFailed: it cannot be read.
        NotAllImported: a feed in it cannot be taken in.
    """
    from risk.store.parquet_store import open_folder
    from serving.ingest.temporary_store import holds_feeds

    if folder is None:
        with open_records(job) as store:
            yield store
    elif holds_feeds(folder):
        with _feeds_in(job, folder) as store:
            yield store
    else:
        with open_folder(folder, memory_gb=job.workspace.memory_gb) as store:
            yield store


@contextmanager
def _feeds_in(job: Job, folder: str) -> Iterator[RecordStore]:
    from serving.ingest.commands import require_all
    from serving.ingest.temporary_store import feeds_taken_in

    memory, today = job.workspace.memory_gb, dt.date.today()
    with ExitStack() as opened:
        with row_progress() as step:  # over before the command shows a progress of its own
            store, report = opened.enter_context(
                feeds_taken_in(Path(folder), today=today, memory_gb=memory, progress=step)
            )
        require_all(job, report)
        left_out = sum(file.quarantined for file in report.files)
        if left_out:
            note(job.say("feeds_left_out", rows=left_out, path=folder))
        yield store


def take_in_what_was_sent(job: Job, settings: Settings) -> None:
    """Take records and outcomes that were sent over the API into the record store.

    Raises:
        RecordStoreBusy: another process holds the record store.
    """
    from serving.ingest.importer import take_in

    with open_database(job, settings) as database:
        take_in(job.workspace, database)


def open_database(job: Job, settings: Settings) -> Database:
    """The service database of the settings."""
    from serving.db.database import Database
    from serving.settings import database_url

    return Database(database_url(job.workspace, settings))
