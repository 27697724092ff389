"""Opens what a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.cli.job import Job
from serving.cli.output import CannotWrite

if TYPE_CHECKING:
    from risk.records import RecordStore
    from serving.database.service import ServiceDatabase
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
    from risk.records import RecordStore

    path = job.workspace.require().records
    if read_only and not path.exists():
        RecordStore(path).close()
    return RecordStore(path, read_only=read_only, memory_gb=job.workspace.memory_gb)


def records_in(job: Job, folder: str | None) -> RecordStore:
    """The records of ``folder``; without one, the record store of the workspace.

    Raises:
        RecordsFolderEmpty: there is no such folder, or no records in it.
        RecordsFolderRefused: a column is missing or is not of the contract's type.
        RecordsFolderFailed: it cannot be read.
    """
    if folder is None:
        return open_records(job)
    from risk.folder_store import open_folder

    return open_folder(folder, memory_gb=job.workspace.memory_gb)


def take_in_what_was_sent(job: Job, settings: Settings) -> None:
    """Take records and outcomes that were sent over the API into the record store.

    Raises:
        RecordStoreBusy: another process holds the record store.
    """
    from serving.taking_in import take_in

    with open_database(job, settings) as database:
        take_in(job.workspace, database)


def open_database(job: Job, settings: Settings) -> ServiceDatabase:
    """The service database of the settings."""
    from serving.database.service import ServiceDatabase
    from serving.settings import database_url

    return ServiceDatabase(database_url(job.workspace, settings))
