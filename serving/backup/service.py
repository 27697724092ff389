"""Online backup of a workspace to one file, and restore.

A backup is a ``.tar.gz`` with every table of the service database as JSON lines (to be restored
into SQLite or PostgreSQL), the record store, the registry, models, quarantine, settings, layouts,
and the queries and dialects of sources. Secrets of sources, sessions and the key that signs cookies
are left out; a restored workspace makes a new key. A backup of an earlier release is loaded at its
own migration and then upgraded.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError, OperationalError

from models.artifact_paths import correct_addresses
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.audit.verification import newest_head, parse_head, verify_entries
from serving.backup.archive import FORMATS, BackupUnreadable, NoRoomForBackup, pack, unpack
from serving.backup.files import written_files
from serving.backup.rows import TABLES, dump_tables, load_tables, reflected
from serving.db.database import Database
from serving.db.engine import DatabaseUnreachable, make_engine, redacted_url, writing
from serving.db.failures import write_failure
from serving.db.migrate import HEAD, RevisionUnknown, migrate_to, revision
from serving.errors import CommandError
from serving.version import package_version

_FOLDERS = ("models", "quarantine")


class RestoreWouldMix(CommandError):
    """The workspace or database to restore into is not empty."""

    code = "restore_would_mix"


@dataclass(frozen=True)
class BackupResult:
    """Number of rows of the service database and of bytes of the files."""

    rows: int
    bytes: int


def back_up(
    workspace: Workspace, database: Database, out: Path, key: Path | None = None
) -> BackupResult:
    """Write a backup to ``out`` atomically while the service runs; only its owner may read it.

    Args:
        key: file with the key that signs the backup; created if it does not exist.

    Raises:
        RecordStoreBusy: an import is under way.
        NoRoomForBackup: the disk for temporary files is full.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            rows, head = _dump(database, place)
            _copy_files(workspace, place)
        except (OSError, sqlite3.Error) as error:
            if write_failure(error) == "disk_full":
                raise NoRoomForBackup(path=str(place.parent)) from error
            raise
        about = {"format": FORMATS[-1], "version": package_version(), "migration": HEAD}
        pack(place, out, {**about, "audit_head": head}, key)
    return BackupResult(rows, out.stat().st_size)


def restore(
    source: Path, workspace: Workspace, url: str | None, key: Path | None = None
) -> BackupResult:
    """Restore a backup into an empty workspace, and into the database at ``url`` if given.

    Args:
        key: file with the key that the backup must be signed with; None accepts any backup.

    Raises:
        BackupUnreadable: the file is damaged, forged or not a backup, or asks for too much memory.
        BackupNotSigned: it is not signed with ``key``.
        AuditBroken: its audit log was altered.
        RestoreWouldMix: the workspace or the database is not empty.
        DatabaseUnreachable: there is no database at ``url``.
        NoRoomForBackup: the disk for temporary files has no room for its files.
    """
    if workspace.root.exists() and any(workspace.root.iterdir()):
        raise RestoreWouldMix(path=str(workspace.root))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            about = unpack(source, place, key)
            rows = _load(url or f"sqlite:///{quote(str(place / 'service.sqlite'))}", place, about)
        except _DAMAGES as error:
            failure = write_failure(error)
            if url is not None:
                _require_reached(url, error)
                if failure is not None:
                    raise
            if failure == "disk_full":
                raise NoRoomForBackup(path=str(place.parent)) from error
            detail = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
            raise BackupUnreadable(path=str(source), detail=detail) from error
        shutil.rmtree(place / "service")
        _put_in_place(place, workspace)
    correct_addresses(workspace)
    return BackupResult(rows, source.stat().st_size)


_DAMAGES = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError),
    *(DBAPIError, RevisionUnknown),
)
"""What a file that is no good backup can make fail."""


def _require_reached(url: str, error: BaseException) -> None:
    """Check that it is not the server of the database that failed.

    Raises:
        DatabaseUnreachable: it did, and the backup may be good.
    """
    if isinstance(error, OperationalError) and not isinstance(error.orig, sqlite3.Error):
        detail = str(error.orig).partition("\n")[0]
        raise DatabaseUnreachable(url=redacted_url(url), detail=detail) from error


def _dump(database: Database, folder: Path) -> tuple[int, dict[str, Any] | None]:
    """Write all tables as of one moment; return the number of rows and the audit head."""
    (folder / "service").mkdir()
    options = (
        {"isolation_level": "REPEATABLE READ"}
        if database.engine.dialect.name == "postgresql"
        else {}
    )
    with database.engine.connect().execution_options(**options) as connection:
        rows = dump_tables(connection, folder / "service")
        head = newest_head(connection)
    return rows, {**asdict(head), "day": head.day.isoformat()} if head else None


def _load(url: str, folder: Path, about: Mapping[str, Any]) -> int:
    """Load the tables at the migration of the backup and upgrade them, all or nothing."""
    engine = make_engine(url)
    try:
        with writing(engine).begin() as connection:
            _require_empty(connection)
            migrate_to(connection, str(about["migration"]))
            has_columns = about["format"] != FORMATS[0]
            rows = load_tables(connection, folder / "service", with_columns=has_columns)
            if about["migration"] != HEAD:
                migrate_to(connection, HEAD)
            heads = [parse_head(about["audit_head"])] if about.get("audit_head") else []
            verify_entries(connection, heads).require_whole()
    finally:
        engine.dispose()
    return rows


def _put_in_place(folder: Path, workspace: Workspace) -> None:
    """Make ``folder`` the workspace, all at once where that can be, so that a kill leaves no half.

    Where the workspace is a mount point, or the folder above is not ours, files are copied one by
    one and the settings last: without them no command takes the folder for a workspace.
    """
    root = workspace.root.resolve()
    root.parent.mkdir(parents=True, exist_ok=True)
    partial = root.with_name(f".{root.name}.part")
    if os.access(root.parent, os.W_OK):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            shutil.copytree(folder, partial)
            with suppress(OSError):
                partial.replace(root)
                return
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    settings = folder / workspace.settings_file.name
    last = {str(folder): {settings.name}}
    shutil.copytree(
        folder, root, ignore=lambda where, _: last.get(str(where), set()), dirs_exist_ok=True
    )
    if settings.is_file():
        shutil.copy2(settings, root)


def _require_empty(connection: Connection) -> None:
    if revision(connection) is None:
        return
    for table in reflected(connection):
        row = connection.execute(select(table).limit(1)).first()
        if row is not None and table.name in {one.name for one in TABLES}:
            raise RestoreWouldMix(path=table.name)


def _copy_files(workspace: Workspace, folder: Path) -> None:
    _copy_stores(workspace, folder)
    for path in written_files(workspace):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(workspace.root / path, folder / path)
    for name in _FOLDERS:
        if (workspace.root / name).is_dir():
            shutil.copytree(workspace.root / name, folder / name)


def _copy_stores(workspace: Workspace, folder: Path) -> None:
    if workspace.records.is_file():
        # An open reader keeps writers out while the file is copied.
        with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb):
            shutil.copyfile(workspace.records, folder / workspace.records.name)
    if workspace.tracking.is_file():
        with (
            sqlite3.connect(f"{workspace.tracking.resolve().as_uri()}?mode=ro", uri=True) as source,
            sqlite3.connect(folder / workspace.tracking.name) as copy,
        ):
            source.backup(copy)
        source.close()
        copy.close()
