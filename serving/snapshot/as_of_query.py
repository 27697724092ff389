"""Queries over records as known before a date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from risk.causes import about_wages, found_otherwise
from risk.store.known_query import NOTHING_WRITTEN, KnownQuery, Written
from risk.store.staged import InBatches, Staged
from risk.store.store import RecordStore

T = TypeVar("T")
Row = dict[str, Any]

_ROWS_AT_ONCE = 2_000

_KNOWN = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"


_OTHERWISE = found_otherwise(f"FROM cases_versions WHERE {_KNOWN}")
_ABOUT_WAGES = {
    "cases": f" AND {about_wages()}",
    "complaints": f" AND {about_wages()} AND complaint_id NOT IN ({_OTHERWISE})",
}


def with_known_tables(*tables: str, every_cause: bool = False) -> str:
    """Return a WITH clause that restricts each of ``tables`` to what was known before ``$1``.

    Complaints and cases about other money than wages are left out unless ``every_cause`` is set.
    """
    parts = (
        f"{name} AS (SELECT * FROM {name}_versions WHERE {_KNOWN}"
        f"{'' if every_cause else _ABOUT_WAGES.get(name, '')})"
        for name in tables
    )
    return "WITH " + ", ".join(parts)


def query_rows(store: RecordStore, sql: str, as_of: dt.date) -> list[Row]:
    """Run a query and return its rows as dictionaries."""
    return list(_rows(store, sql, [as_of]))


def plain_rows(store: RecordStore, sql: str, as_of: dt.date) -> list[Row]:
    """Run a query and return its rows with JSON values."""
    return [_plain(row) for row in _rows(store, sql, [as_of])]


def _rows(store: RecordStore, sql: str, parameters: list[object]) -> Iterator[Row]:
    """Yield rows of which few are tuples too; read them before the next query."""
    cursor = store.connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    while found := cursor.fetchmany(_ROWS_AT_ONCE):
        for row in found:
            yield dict(zip(names, row, strict=True))


def by_project(
    store: RecordStore,
    sql: str,
    as_of: dt.date,
    convert: Callable[[list[Row]], T],
    projects: Iterable[str] | None = None,
) -> Mapping[str, T]:
    """Return what ``convert`` makes of the rows of each project, of which there are any.

    With ``projects`` the rows are read for a few of them at a time; see :mod:`risk.store.staged`.
    """
    return _by_project(store, sql, [as_of], convert, projects)


def known_by_project(
    store: RecordStore,
    query: KnownQuery,
    as_of: dt.date,
    convert: Callable[[list[Row]], T],
    projects: Iterable[str] | None = None,
    written: Written = NOTHING_WRITTEN,
) -> Mapping[str, T]:
    """Return the same of a query that another engine may have ``written`` the rows of."""
    return _by_project(store, query.rows_sql(store, as_of, written), [], convert, projects)


def _by_project(
    store: RecordStore,
    sql: str,
    parameters: list[object],
    convert: Callable[[list[Row]], T],
    projects: Iterable[str] | None,
) -> Mapping[str, T]:
    if projects is None:
        found = group_by_project(list(_rows(store, sql, parameters)))
        return {project: convert(rows) for project, rows in found.items()}
    staged = Staged(store.connection, sql, parameters)

    def load(project_ids: Sequence[str]) -> dict[str, T]:
        rows = [dict(zip(staged.columns, row, strict=True)) for row in staged.of(project_ids)]
        return {project: convert(own) for project, own in group_by_project(rows).items()}

    return InBatches(projects, load)


def plain(rows: Sequence[Row]) -> list[Row]:
    """Return rows with JSON values."""
    return [_plain(row) for row in rows]


def _plain(row: Row) -> Row:
    return {name: to_json_value(value) for name, value in row.items()}


def group_by_project(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Group rows by ``project_id``, which is removed from them."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.pop("project_id")].append(row)
    return found


def to_json_value(value: object) -> Any:
    """Return a JSON value: dates as ISO text."""
    return value.isoformat() if isinstance(value, dt.date) else value
