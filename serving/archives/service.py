"""Moves old lists to files and brings them back.

A list leaves in steps, each of which may be the last before a kill: its file is written, synced
and read back; then one transaction stores that the list is archived, with the audit entry; then
rows go, a thousand projects at a time, so that nobody waits long for the write lock; the last
transaction closes the tables again. Who runs it again goes on where it ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from risk.progress import Progress
from risk.store.staged import in_batches
from serving.archives.files import ArchivedList, archive_name, read_archive, write_archive
from serving.archives.repository import (
    BY_PROJECT,
    KEPT_LISTS,
    OF_LIST,
    StoredList,
    add_step,
    archivable,
    delete_parts,
    delete_projects,
    has_parts,
    held_back,
    present_projects,
    projects_to_remove,
    steps_of,
    stored_lists,
)
from serving.audit.command_entry import command_entry
from serving.audit.repository import add_audit_entries
from serving.auth.roles import Permission
from serving.clock import now
from serving.db.database import Database
from serving.db.engine import writing
from serving.db.staged_rows import LIST_COLUMN, staging
from serving.errors import CommandError


class ArchiveUnknown(CommandError):
    """No list of the database was moved to this file."""

    code = "archive_unknown"


class ListNotArchived(CommandError):
    """The list of the file is in the database."""

    code = "list_not_archived"


@dataclass(frozen=True)
class ArchivePlan:
    """Lists to archive, the oldest first; those whose rows a killed run left; how many stay."""

    lists: Sequence[StoredList]
    unfinished: Sequence[StoredList]
    held_back: int


@dataclass(frozen=True)
class MovedList:
    """A list that was moved: its file and the projects whose rows left."""

    moved: StoredList
    path: Path
    projects: int


def plan_archive(database: Database, before: dt.date, kept: int = KEPT_LISTS) -> ArchivePlan:
    """Return what archiving the lists before a date would do."""
    with database.engine.connect() as connection:
        lists = stored_lists(connection)
    return ArchivePlan(
        archivable(lists, before, kept),
        [one for one in lists[::-1] if one.step == "archived"],
        held_back(lists, before, kept),
    )


def projects_leaving(database: Database, one: StoredList) -> int:
    """Return how many projects of a list would leave the database."""
    with database.engine.connect() as connection:
        return len(projects_to_remove(connection, one))


def finish(database: Database, one: StoredList, by: str, progress: Progress) -> MovedList:
    """Remove the rows of a list that a killed run left in the database.

    Raises:
        ArchiveUnreadable: its file is gone or damaged; nothing more was removed.
    """
    with database.engine.connect() as connection:
        _, path, digest = steps_of(connection, one.number)[-1]
    with read_archive(Path(path), None):
        progress("remove", 0.4)
    return _remove(database, one, Path(path), digest, by, progress)


def move(
    database: Database,
    one: StoredList,
    folder: Path,
    by: str,
    progress: Progress,
    key: Path | None = None,
) -> MovedList:
    """Move a list to a file in ``folder``.

    Args:
        key: file with the key that signs the file; created if it does not exist.

    Raises:
        ArchiveUnreadable: the file does not read back as it was written; nothing was removed.
    """
    path = folder.resolve() / archive_name(one)
    options = _snapshot_options(database)
    with database.engine.connect().execution_options(**options) as connection:
        digest = write_archive(connection, one, path, key)
    progress("verify", 0.2)
    with read_archive(path, key):
        progress("remove", 0.4)
    with writing(database.engine).begin() as connection:
        add_step(connection, one.number, "archived", str(path), digest, by, now())
        _audit(connection, one, "archive move", by)
    return _remove(database, one, path, digest, by, progress)


def restore_list(database: Database, path: Path, by: str, key: Path | None = None) -> StoredList:
    """Bring the rows of an archived list back, all or nothing.

    Args:
        key: file with the key that the file must be signed with; None accepts any.

    Raises:
        ArchiveUnreadable, ArchiveNotSigned: the file is damaged, forged, or signed otherwise.
        ArchiveUnknown: no list of this database was moved to it.
        ListNotArchived: its list is in the database.
    """
    with read_archive(path, key) as found:
        while (one := _restored(database, found, path, by)) is None:
            # Another run removed rows of the list in the meantime.
            pass
    return one


def _restored(database: Database, found: ArchivedList, path: Path, by: str) -> StoredList | None:
    """Bring rows back; None, and nothing, if rows left while those that lack were staged."""
    with staging(database.engine) as (connection, staged):
        # Before the transaction that holds the write lock of SQLite.
        with connection.begin():
            one = _archived(connection, found.digest, found.manifest, path)
            present = _present(connection, one)
            for table, project_ids in present.items():
                staged.add(table, _lacking_rows(found, table, project_ids))
        with connection.execution_options(writing=True).begin():
            _archived(connection, found.digest, found.manifest, path)
            if _present(connection, one) != present:
                return None
            staged.insert_list(one.number)
            add_step(connection, one.number, "restored", str(path), found.manifest, by, now())
            _audit(connection, one, "archive restore", by)
    return one


def _present(connection: Connection, one: StoredList) -> dict[Table, set[str]]:
    """Projects that have a row, by table of which rows may lack."""
    of_list = () if has_parts(connection, one.number) else OF_LIST
    return {
        **{table: present_projects(connection, one.number, table) for table in BY_PROJECT},
        **{table: set() for table in of_list},
    }


def _lacking_rows(
    found: ArchivedList, table: Table, present: Collection[str]
) -> Iterator[list[Mapping[str, Any]]]:
    for rows in found.rows_of(table):
        new = [row for row in rows if row.get("project_id") not in present]
        yield [{name: row[name] for name in row if name != LIST_COLUMN} for row in new]


def _remove(
    database: Database, one: StoredList, path: Path, digest: str, by: str, progress: Progress
) -> MovedList:
    with database.engine.connect() as connection:
        leaving = projects_to_remove(connection, one)
    done = 0
    for part in in_batches(leaving):
        with writing(database.engine).begin() as connection:
            delete_projects(connection, one.number, part)
        done += len(part)
        progress("remove", 0.4 + 0.6 * done / len(leaving))
    with writing(database.engine).begin() as connection:
        delete_parts(connection, one.number)
        add_step(connection, one.number, "removed", str(path), digest, by, now())
    return MovedList(one, path, len(leaving))


def _archived(connection: Connection, digest: str, manifest: str, path: Path) -> StoredList:
    lists = [one for one in stored_lists(connection) if one.digest == digest]
    if not lists:
        raise ArchiveUnknown(path=str(path))
    [one] = lists
    if one.step in (None, "restored"):
        raise ListNotArchived(path=str(path), as_of=one.as_of)
    if manifest not in {known for _, _, known in steps_of(connection, one.number)}:
        raise ArchiveUnknown(path=str(path))
    return one


def _audit(connection: Connection, one: StoredList, deed: str, by: str) -> None:
    subject = f"{deed} {one.as_of} {one.region or '*'} {one.kind}"
    entry = command_entry(Permission.RUN_JOBS, subject, by)
    about = entry._replace(as_of=one.as_of, list_digest=one.digest, model_version=one.model_version)
    add_audit_entries(connection, [about])


def _snapshot_options(database: Database) -> dict[str, str]:
    is_postgresql = database.engine.dialect.name == "postgresql"
    return {"isolation_level": "REPEATABLE READ"} if is_postgresql else {}
