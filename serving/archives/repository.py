"""Which lists may be archived, which of their rows go, and the steps of archiving.

A list stays with its entries, and so do the risks and dossiers of projects that are entries, that a
visit, a notice or feedback refers to with this list, or that no later list holds: the newest risk
of a project is always in the database.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    union,
)

from serving.db.engine import utc
from serving.db.tables import (
    ARCHIVED,
    DOSSIERS,
    FEEDBACK,
    LIST_ARCHIVES,
    NOTICES,
    OUTCOMES,
    PROJECT_RISKS,
    WATCHLIST_ENTRIES,
    WATCHLISTS,
)
from serving.watchlists.archived import RESTORED

Step = Literal["archived", "removed", "restored"]

KEPT_LISTS = 13
"""Newest lists of a region and kind that are never archived: pages compare a year of them."""

BY_PROJECT = tuple(table for table in ARCHIVED if "project_id" in table.c)
OF_LIST = tuple(table for table in ARCHIVED if "project_id" not in table.c)


@dataclass(frozen=True)
class StoredList:
    """A list of the database; ``step`` is its newest one, None if it was never archived."""

    number: int
    as_of: dt.date
    region: str
    kind: str
    digest: str
    model_version: str
    step: Step | None


@dataclass(frozen=True)
class ArchiveStep:
    """A step of a list to a file or back."""

    as_of: dt.date
    region: str
    kind: str
    step: Step
    path: str
    digest: str
    at: dt.datetime
    by: str


def stored_lists(connection: Connection) -> list[StoredList]:
    """Return all lists, the newest of each region and kind first."""
    newest = (
        select(LIST_ARCHIVES.c.step)
        .where(LIST_ARCHIVES.c.watchlist_id == WATCHLISTS.c.id)
        .order_by(LIST_ARCHIVES.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    names = ("id", "as_of", "region", "kind", "digest", "model_version")
    query: Select[Any] = select(*(WATCHLISTS.c[name] for name in names), newest)
    query = query.order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc())
    return [StoredList(*row) for row in connection.execute(query)]


def archivable(lists: Sequence[StoredList], before: dt.date, kept: int) -> list[StoredList]:
    """Return the lists before a date that may be archived, the oldest first.

    ``lists`` are in the order of :func:`stored_lists`; the first ``kept`` of each region and kind
    stay, and those that were archived already are not among them.
    """
    newer: Counter[tuple[str, str]] = Counter()
    found = []
    for one in lists:
        place = newer[one.region, one.kind]
        newer[one.region, one.kind] += 1
        if place >= kept and one.as_of < before and one.step in (None, RESTORED):
            found.append(one)
    return found[::-1]


def held_back(lists: Sequence[StoredList], before: dt.date, kept: int) -> int:
    """Return how many lists before a date stay because they are among the newest ``kept``."""
    chosen = {one.number for one in archivable(lists, before, kept)}
    waiting = [one for one in lists if one.as_of < before and one.step in (None, RESTORED)]
    return sum(one.number not in chosen for one in waiting)


def staying_projects(connection: Connection, one: StoredList) -> set[str]:
    """Return the projects of a list whose rows stay in the database."""
    of_list = (
        select(WATCHLIST_ENTRIES.c.project_id).where(
            WATCHLIST_ENTRIES.c.watchlist_id == one.number
        ),
        select(OUTCOMES.c.project_id).where(OUTCOMES.c.as_of == one.as_of),
        select(FEEDBACK.c.project_id).where(FEEDBACK.c.as_of == one.as_of),
        select(NOTICES.c.project_id).where(NOTICES.c.list_digest == one.digest),
        _last_seen(PROJECT_RISKS, one),
        _last_seen(DOSSIERS, one),
    )
    return set(connection.execute(union(*of_list)).scalars())


def _last_seen(table: Table, one: StoredList) -> Select[Any]:
    """The projects of a list that no later list holds in ``table``."""
    other = table.alias("other")
    later = or_(
        WATCHLISTS.c.as_of > one.as_of,
        and_(WATCHLISTS.c.as_of == one.as_of, WATCHLISTS.c.id > one.number),
    )
    held = exists().where(
        other.c.project_id == table.c.project_id, other.c.watchlist_id == WATCHLISTS.c.id, later
    )
    return select(table.c.project_id).where(table.c.watchlist_id == one.number, ~held)


def projects_to_remove(connection: Connection, one: StoredList) -> list[str]:
    """Return the projects of a list whose rows go, in order."""
    found: set[str] = set()
    for table in BY_PROJECT:
        query = select(table.c.project_id).where(table.c.watchlist_id == one.number)
        found.update(connection.execute(query).scalars())
    return sorted(found - staying_projects(connection, one))


def delete_projects(connection: Connection, number: int, project_ids: Sequence[str]) -> int:
    """Delete the rows of projects of a list, at most a thousand; return how many went."""
    gone = 0
    for table in BY_PROJECT:
        of_list = (table.c.watchlist_id == number, table.c.project_id.in_(list(project_ids)))
        gone += connection.execute(delete(table).where(*of_list)).rowcount
    return gone


def delete_parts(connection: Connection, number: int) -> int:
    """Delete the rows of a list that are of no project; return how many went."""
    return sum(
        connection.execute(delete(table).where(table.c.watchlist_id == number)).rowcount
        for table in OF_LIST
    )


def present_projects(connection: Connection, number: int, table: Table) -> set[str]:
    """Return the projects of a list that have a row in ``table``."""
    query = select(table.c.project_id).where(table.c.watchlist_id == number)
    return set(connection.execute(query).scalars())


def has_parts(connection: Connection, number: int) -> bool:
    """Return whether the rows of a list that are of no project are there; they go all at once."""
    queries = (
        select(table.c.watchlist_id).where(table.c.watchlist_id == number) for table in OF_LIST
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def add_step(
    connection: Connection,
    number: int,
    step: Step,
    path: str,
    digest: str,
    by: str,
    at: dt.datetime,
) -> None:
    """Store a step of a list."""
    values = {"watchlist_id": number, "step": step, "path": path, "digest": digest}
    connection.execute(insert(LIST_ARCHIVES).values(**values, by=by, at=at))


def archive_steps(connection: Connection) -> Iterator[ArchiveStep]:
    """Yield all steps of all lists in order."""
    names = ("step", "path", "digest", "at", "by")
    query = select(
        *(WATCHLISTS.c[name] for name in ("as_of", "region", "kind")),
        *(LIST_ARCHIVES.c[name] for name in names),
    ).join(WATCHLISTS, LIST_ARCHIVES.c.watchlist_id == WATCHLISTS.c.id)
    for row in connection.execute(query.order_by(LIST_ARCHIVES.c.id)):
        yield ArchiveStep(**{**row._mapping, "at": utc(row.at)})


def steps_of(connection: Connection, number: int) -> list[tuple[Step, str, str]]:
    """Return step, path and digest of each step of a list in order."""
    query = select(LIST_ARCHIVES.c.step, LIST_ARCHIVES.c.path, LIST_ARCHIVES.c.digest)
    query = query.where(LIST_ARCHIVES.c.watchlist_id == number).order_by(LIST_ARCHIVES.c.id)
    return [(row.step, row.path, row.digest) for row in connection.execute(query)]
