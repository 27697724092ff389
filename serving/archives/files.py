"""Files of archived lists: written, read back, and checked against the seals in them.

A file is a signed ``.tar.gz`` as backups are, and holds all rows of a list: it can be verified
without a database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table

from risk.watchlist.sealed_document import Sealed, verify
from serving.archives.repository import StoredList
from serving.backup.archive import (
    BackupNotSigned,
    BackupUnreadable,
    NoRoomForBackup,
    pack,
    unpack,
)
from serving.backup.rows import dump_rows, read_rows
from serving.db.compression import unpacked
from serving.db.failures import write_failure
from serving.db.migrate import HEAD
from serving.db.page_rows import owed_columns, with_days
from serving.db.tables import (
    ARCHIVED,
    LIST_DICTIONARIES,
    LIST_HEADS,
    PROJECT_RISKS,
    SCORED_PROJECTS,
    WATCHLIST_ENTRIES,
    WATCHLIST_MARKS,
    WATCHLISTS,
)
from serving.errors import CommandError
from serving.version import package_version

FORMAT = "wagewatch-list-1"
SUFFIX = ".tar.gz"

_FORMER = {SCORED_PROJECTS.name: ("owed", JSON)}
"""Columns of files written before migration 0029, by table; others are made of them."""

_TABLES = (WATCHLISTS, WATCHLIST_MARKS, WATCHLIST_ENTRIES, LIST_HEADS, LIST_DICTIONARIES, *ARCHIVED)


class ArchiveUnreadable(CommandError):
    """The file is damaged, forged, or not a list that this version can read."""

    code = "archive_unreadable"


class ArchiveNotSigned(CommandError):
    """The archived list is not signed with the key given."""

    code = "archive_not_signed"


@dataclass(frozen=True)
class ArchivedList:
    """An unpacked file: the list it holds, and the digest of its manifest."""

    path: Path
    folder: Path
    as_of: dt.date
    digest: str
    manifest: str
    rows: Mapping[str, int]

    def rows_of(self, table: Table) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of a table in batches, with None in columns that came after the file.

        Raises:
            ArchiveUnreadable: they do not fit the table.
        """
        try:
            for rows in read_rows(self.folder / f"{table.name}.jsonl", self._as_it_was(table)):
                yield [_as_it_is(row) if table.name in _FORMER else row for row in rows]
        except _DAMAGES as error:
            raise _unreadable(self.path, error) from error

    def _as_it_was(self, table: Table) -> Table:
        """The table with the columns of the file, if a later version only added columns that may
        be empty, or made others of one.
        """
        with (self.folder / f"{table.name}.jsonl").open(encoding="utf-8") as file:
            names = set(json.loads(file.readline()))
        missing = [column for column in table.columns if column.name not in names]
        if any(not column.nullable for column in missing):
            raise ValueError(f"{table.name}: {', '.join(column.name for column in missing)}")
        kept = [
            Column(column.name, column.type) for column in table.columns if column.name in names
        ]
        name, kind = _FORMER.get(table.name, ("", JSON))
        former = [Column(name, kind)] if name in names else []
        return Table(table.name, MetaData(), *kept, *former)


_DAMAGES = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def _as_it_is(row: dict[str, Any]) -> dict[str, Any]:
    """A scored project with the columns that there are."""
    if "owed" not in row:
        return row
    rest = {name: value for name, value in row.items() if name != "owed"}
    return {**rest, **with_days(owed_columns(row["owed"]))}


def archive_name(one: StoredList) -> str:
    """Return the name of the file of a list, which no other list has."""
    return f"{one.as_of}-{one.region or 'all'}-{one.kind}-{one.digest[:12]}{SUFFIX}"


def write_archive(connection: Connection, one: StoredList, path: Path, key: Path | None) -> str:
    """Write all rows of a list to ``path``; return the digest of the manifest.

    Raises:
        NoRoomForBackup: the disk for temporary files is full.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            rows = {table.name: _dump(connection, table, one, folder) for table in _TABLES}
        except OSError as error:
            if write_failure(error) == "disk_full":
                raise NoRoomForBackup(path=str(folder.parent)) from error
            raise
        about = {
            **{"format": FORMAT, "version": package_version(), "migration": HEAD, "rows": rows},
            **{"as_of": one.as_of.isoformat(), "region": one.region, "kind": one.kind},
            "digest": one.digest,
        }
        return _manifest_digest(pack(folder, path, about, key))


@contextmanager
def read_archive(path: Path, key: Path | None) -> Iterator[ArchivedList]:
    """Unpack a file for as long as the context lasts, checked against manifest and seals.

    Args:
        key: file with the key that the file must be signed with; None accepts any.

    Raises:
        ArchiveUnreadable: it is damaged, or a document does not have its digest.
        ArchiveNotSigned: it is not signed with ``key``.
    """
    with tempfile.TemporaryDirectory() as name:
        found = _unpacked(path, Path(name), key)
        _verify_seals(found)
        yield found


def _unpacked(path: Path, folder: Path, key: Path | None) -> ArchivedList:
    try:
        about = unpack(path, folder, key, (FORMAT,))
        return ArchivedList(
            path=path,
            folder=folder,
            as_of=dt.date.fromisoformat(about["as_of"]),
            digest=str(about["digest"]),
            manifest=_manifest_digest(about),
            rows={str(name): int(rows) for name, rows in about["rows"].items()},
        )
    except BackupNotSigned as error:
        raise ArchiveNotSigned(path=str(path)) from error
    except BackupUnreadable as error:
        raise ArchiveUnreadable(path=str(path), detail=error.fields["detail"]) from error
    except _DAMAGES as error:
        raise _unreadable(path, error) from error


def _dump(connection: Connection, table: Table, one: StoredList, folder: Path) -> int:
    key = table.c.id if table is WATCHLISTS else table.c.watchlist_id
    return dump_rows(connection, table, folder / f"{table.name}.jsonl", key == one.number)


def _manifest_digest(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _verify_seals(found: ArchivedList) -> None:
    """Check the list, its risks and the digest over them against what was sealed.

    Raises:
        ArchiveUnreadable: one differs.
    """
    total = hashlib.sha256()
    for _, digest in sorted(_risk_digests(found)):
        total.update(f"{digest}\n".encode())
    try:
        [[row]] = found.rows_of(WATCHLISTS)
        sealed = Sealed(unpacked(row["body"], None), row["digest"])
        is_same = verify(sealed) and hmac.compare_digest(found.digest, sealed.digest)
        expected = json.loads(sealed.body)["risks_digest"]
    except _DAMAGES as error:
        raise _unreadable(found.path, error) from error
    if not is_same or total.hexdigest() != expected:
        raise ArchiveUnreadable(path=str(found.path), detail=WATCHLISTS.name)


def _risk_digests(found: ArchivedList) -> Iterator[tuple[str, str]]:
    words = {
        row["subject"]: row["body"] for rows in found.rows_of(LIST_DICTIONARIES) for row in rows
    }
    for rows in found.rows_of(PROJECT_RISKS):
        for row in rows:
            body = unpacked(row["body"], words.get("risk"))
            if not verify(Sealed(body, row["digest"])):
                raise ArchiveUnreadable(path=str(found.path), detail=row["project_id"])
            yield row["project_id"], row["digest"]


def _unreadable(path: Path, error: Exception) -> ArchiveUnreadable:
    return ArchiveUnreadable(path=str(path), detail=f"{type(error).__name__}: {error}"[:500])
