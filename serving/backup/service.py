"""Online backup of a workspace to one file, and restore.

A backup is a ``.tar.gz`` with every table of the service database as JSON lines (to be restored
into SQLite or PostgreSQL), the record store, the registry, models, quarantine, settings, layouts,
and the queries and dialects of sources. Secrets of sources, sessions
and the key that signs cookies are left out; a restored workspace makes a new key.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Date, DateTime, LargeBinary, Table, insert, select, text

from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.backup.files import written_files
from serving.db.database import Database
from serving.db.engine import utc, writing
from serving.db.migrate import HEAD
from serving.db.tables import METADATA, SESSIONS
from serving.errors import CommandError

_FORMAT = "wagewatch-backup-1"
_ABOUT = "about.json"
_FOLDERS = ("models", "quarantine")
_TABLES = tuple(table for table in METADATA.sorted_tables if table is not SESSIONS)
"""Tables in a backup; people sign in again after a restore."""

_ROWS_AT_ONCE = 500


class BackupUnreadable(CommandError):
    """The file is not a complete backup of this version."""

    code = "backup_unreadable"


class RestoreWouldMix(CommandError):
    """The workspace or database to restore into is not empty."""

    code = "restore_would_mix"


@dataclass(frozen=True)
class BackupResult:
    """Number of rows of the service database and of bytes of the files."""

    rows: int
    bytes: int


def back_up(workspace: Workspace, database: Database, out: Path) -> BackupResult:
    """Write a backup to ``out`` atomically while the service runs.

    Raises:
        RecordStoreBusy: an import is under way.
    """
    partial = out.with_name(f".{out.name}.part")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(partial, "w:gz") as archive:
        place = Path(folder)
        rows = _dump(database, place)
        _copy_stores(workspace, place)
        for path in written_files(workspace):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(workspace.root / path, place / path)
        for name in _FOLDERS:
            if (workspace.root / name).is_dir():
                shutil.copytree(workspace.root / name, place / name)
        digests = {
            str(path.relative_to(place)): _digest(path)
            for path in sorted(place.rglob("*"))
            if path.is_file()
        }
        about = {"format": _FORMAT, "migration": HEAD, "files": digests}
        _add_text(archive, _ABOUT, json.dumps(about, indent=1))
        for name in digests:
            archive.add(place / name, arcname=name)
    partial.replace(out)
    return BackupResult(rows, out.stat().st_size)


def restore(source: Path, workspace: Workspace, url: str | None) -> BackupResult:
    """Restore a backup into an empty workspace, and into the database at ``url`` if given.

    Raises:
        BackupUnreadable: the file is damaged or is not a backup.
        RestoreWouldMix: the workspace or the database is not empty.
    """
    if workspace.root.exists() and any(workspace.root.iterdir()):
        raise RestoreWouldMix(path=str(workspace.root))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        about = _unpack(source, place)
        with Database(url or f"sqlite:///{quote(str(place / 'service.sqlite'))}") as database:
            rows = _load(database, place, about)
        shutil.rmtree(place / "service")
        workspace.root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(place, workspace.root, dirs_exist_ok=True)
    return BackupResult(rows, source.stat().st_size)


def _dump(database: Database, folder: Path) -> int:
    """Write all tables as of one moment; return the number of rows."""
    (folder / "service").mkdir()
    rows = 0
    options = (
        {"isolation_level": "REPEATABLE READ"}
        if database.engine.dialect.name == "postgresql"
        else {}
    )
    with database.engine.connect().execution_options(**options) as connection:
        for table in _TABLES:
            with (folder / "service" / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
                for row in connection.execute(select(table)):
                    file.write(json.dumps([_plain(value) for value in row]) + "\n")
                    rows += 1
    return rows


def _load(database: Database, folder: Path, about: dict[str, Any]) -> int:
    if about["migration"] != HEAD:
        raise BackupUnreadable(path=str(folder), detail=f"migration {about['migration']}")
    rows = 0
    with writing(database.engine).begin() as connection:
        for table in _TABLES:
            if connection.execute(select(table).limit(1)).first() is not None:
                raise RestoreWouldMix(path=table.name)
            for batch in _batches(folder / "service" / f"{table.name}.jsonl", table):
                connection.execute(insert(table), batch)
                rows += len(batch)
            _reset_sequence(connection, table)
    return rows


def _batches(path: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    names = [column.name for column in table.columns]
    batch: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            values = [
                _value(value, column)
                for value, column in zip(json.loads(line), table.columns, strict=True)
            ]
            batch.append(dict(zip(names, values, strict=True)))
            if len(batch) == _ROWS_AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch


def _reset_sequence(connection: Connection, table: Table) -> None:
    """Reset the id sequence: PostgreSQL does not advance it for rows with explicit ids."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:name, 'id'), greatest(:last, 1), :used)"),
        {
            "name": table.name,
            "last": connection.execute(text(f"SELECT max(id) FROM {table.name}")).scalar() or 1,
            "used": connection.execute(select(table).limit(1)).first() is not None,
        },
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dt.datetime):
        return utc(value).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value


def _value(value: Any, column: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    if isinstance(column.type, DateTime):
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if isinstance(column.type, Date) else value


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


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise BackupUnreadable(path=str(source), detail=str(error)) from error
    if about.get("format") != _FORMAT:
        raise BackupUnreadable(path=str(source), detail=str(about.get("format")))
    for name, digest in about["files"].items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            raise BackupUnreadable(path=str(source), detail=name)
    (folder / _ABOUT).unlink()
    return about


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_text(archive: tarfile.TarFile, name: str, content: str) -> None:
    data = content.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
