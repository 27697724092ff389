"""Online backup of a workspace to one file, and restore.

A backup is a ``.tar.gz`` with every table of the service database as JSON lines (to be restored
into SQLite or PostgreSQL), the record store, the registry, models, quarantine, settings, layouts,
and the queries and dialects of sources. Secrets of sources, sessions and the key that signs cookies
are left out; a restored workspace makes a new key. A backup of an earlier release is loaded at its
own migration and then upgraded.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.audit.verification import newest_head, parse_head, verify_entries
from serving.auth.secrets import signing_key
from serving.backup.files import written_files
from serving.backup.rows import TABLES, dump_tables, load_tables, reflected
from serving.db.database import Database
from serving.db.engine import make_engine, writing
from serving.db.migrate import HEAD, RevisionUnknown, migrate_to, revision
from serving.errors import CommandError
from serving.version import package_version

_FORMATS = ("wagewatch-backup-1", "wagewatch-backup-2")
_ABOUT, _SIGNATURE = "about.json", "about.hmac"
_FOLDERS = ("models", "quarantine")
_FORMER_KEY = "session.key"
_MOST_FILES = 100_000


class BackupUnreadable(CommandError):
    """The file is damaged, forged, or not a backup that this version can read."""

    code = "backup_unreadable"


class BackupNotSigned(CommandError):
    """The backup is not signed with the key given."""

    code = "backup_not_signed"


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
    """
    partial = out.with_name(f".{out.name}.part")
    descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(fileobj=file, mode="w:gz") as archive,
    ):
        place = Path(folder)
        rows, head = _dump(database, place)
        _copy_files(workspace, place)
        digests = _digests(place)
        about = {
            **{"format": _FORMATS[-1], "version": package_version(), "migration": HEAD},
            **{"audit_head": head, "files": digests},
        }
        content = json.dumps(about, indent=1)
        _add_text(archive, _ABOUT, content)
        if key is not None:
            _add_text(archive, _SIGNATURE, _sign(key, content.encode()))
        for name in digests:
            archive.add(place / name, arcname=name)
    partial.replace(out)
    return BackupResult(rows, out.stat().st_size)


def restore(
    source: Path, workspace: Workspace, url: str | None, key: Path | None = None
) -> BackupResult:
    """Restore a backup into an empty workspace, and into the database at ``url`` if given.

    Args:
        key: file with the key that the backup must be signed with; None accepts any backup.

    Raises:
        BackupUnreadable: the file is damaged, forged or not a backup.
        BackupNotSigned: it is not signed with ``key``.
        AuditBroken: its audit log was altered.
        RestoreWouldMix: the workspace or the database is not empty.
    """
    if workspace.root.exists() and any(workspace.root.iterdir()):
        raise RestoreWouldMix(path=str(workspace.root))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            about = _unpack(source, place, key)
            rows = _load(url or f"sqlite:///{quote(str(place / 'service.sqlite'))}", place, about)
        except _DAMAGES as error:
            detail = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
            raise BackupUnreadable(path=str(source), detail=detail) from error
        shutil.rmtree(place / "service")
        workspace.root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(place, workspace.root, dirs_exist_ok=True)
    return BackupResult(rows, source.stat().st_size)


_DAMAGES = (
    *(tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError),
    *(DBAPIError, RevisionUnknown),
)
"""What a file that is no good backup can make fail."""


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
            has_columns = about["format"] != _FORMATS[0]
            rows = load_tables(connection, folder / "service", with_columns=has_columns)
            if about["migration"] != HEAD:
                migrate_to(connection, HEAD)
            heads = [parse_head(about["audit_head"])] if about.get("audit_head") else []
            verify_entries(connection, heads).require_whole()
    finally:
        engine.dispose()
    return rows


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


def _unpack(source: Path, folder: Path, key: Path | None) -> dict[str, Any]:
    """Unpack a backup, check every file against the manifest, and return the manifest."""
    _extract(source, folder)
    content = (folder / _ABOUT).read_bytes()
    if key is not None:
        _check_signature(folder, content, key)
    (folder / _SIGNATURE).unlink(missing_ok=True)
    (folder / _ABOUT).unlink()
    about: dict[str, Any] = json.loads(content)
    if about["format"] not in _FORMATS:
        raise ValueError(about["format"])
    found = _digests(folder)
    wrong = sorted(name for name, _ in set(found.items()) ^ set(about["files"].items()))
    if wrong:
        raise ValueError(wrong[0])
    # Backups of format 1 had it; a restored workspace makes a new one.
    (folder / _FORMER_KEY).unlink(missing_ok=True)
    return about


def _extract(source: Path, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    with tarfile.open(source, "r:gz") as archive:
        for number, member in enumerate(archive):
            free -= member.size
            if number >= _MOST_FILES or free < 0 or not (member.isfile() or member.isdir()):
                raise ValueError(member.name)
            archive.extract(member, folder, filter="data")


def _sign(key: Path, content: bytes) -> str:
    return hmac.new(signing_key(key).encode(), content, hashlib.sha256).hexdigest()


def _check_signature(folder: Path, content: bytes, key: Path) -> None:
    if not key.is_file():
        raise BackupNotSigned(path=str(key))
    path = folder / _SIGNATURE
    found = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not hmac.compare_digest(found.encode(), _sign(key, content).encode()):
        raise BackupNotSigned(path=str(key))


def _digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file below ``folder``, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_text(archive: tarfile.TarFile, name: str, content: str) -> None:
    data = content.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
