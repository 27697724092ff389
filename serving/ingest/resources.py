"""Resources of commands that take in records: folders of records and rows sent over the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from serving.clock import today
from serving.errors import CommandError
from serving.ingest.texts import failure_lines
from serving.terminal.context import CliContext
from serving.terminal.output import print_note, row_progress
from serving.terminal.resources import open_database, open_records

if TYPE_CHECKING:
    from risk.intake.report import ImportReport
    from risk.store.store import RecordStore
    from serving.settings import Settings


class NotAllImported(CommandError):
    """Some files could not be imported; the others were."""

    code = "not_all_imported"


class NothingImported(CommandError):
    """No file could be imported."""

    code = "nothing_imported"


def require_all_imported(cli: CliContext, report: ImportReport) -> None:
    """Check that every file was imported.

    Raises:
        NotAllImported: some were not; the message has the reasons of all.
        NothingImported: none was.
    """
    if report.failed:
        reasons = "\n".join(failure_lines(report.failed, cli.language))
        refused = NotAllImported if report.files else NothingImported
        raise refused(files=len(report.failed), reasons=reasons)


@contextmanager
def open_records_in(cli: CliContext, folder: str | None) -> Iterator[RecordStore]:
    """Open the exported records or the feeds in ``folder``; None opens the workspace's store.

    Raises:
        RecordsFolderEmpty: the folder does not exist or has no records.
        RecordsFolderRefused: a column is missing or has another type than in the contract.
        RecordsFolderFailed: the folder cannot be read.
        NotAllImported: a feed in it cannot be imported.
    """
    from risk.store.parquet_store import open_folder
    from serving.ingest.temporary_store import holds_feeds

    if folder is None:
        with open_records(cli) as store:
            yield store
    elif holds_feeds(folder):
        with _open_feeds(cli, folder) as store:
            yield store
    else:
        with open_folder(folder, memory_gb=cli.workspace.memory_gb) as store:
            yield store


@contextmanager
def _open_feeds(cli: CliContext, folder: str) -> Iterator[RecordStore]:
    from serving.ingest.temporary_store import import_feeds

    memory = cli.workspace.memory_gb
    with ExitStack() as stack:
        with row_progress() as step:  # ends before the command shows a progress bar of its own
            store, report = stack.enter_context(
                import_feeds(Path(folder), today=today(), memory_gb=memory, progress=step)
            )
        require_all_imported(cli, report)
        quarantined = sum(file.quarantined for file in report.files)
        if quarantined:
            print_note(cli.text("feeds_left_out", rows=quarantined, path=folder))
        yield store


def import_submissions(cli: CliContext, settings: Settings) -> None:
    """Import records and outcomes sent over the API into the record store.

    Raises:
        RecordStoreBusy: another process holds the record store.
    """
    from serving.ingest.importer import import_waiting

    with open_database(cli, settings) as database:
        import_waiting(cli.workspace, database)
