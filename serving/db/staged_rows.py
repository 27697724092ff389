"""Rows of a list, made and converted before the transaction that stores them.

SQLite has one write lock. A temporary table is outside of it: rows are put there first, and in the
transaction SQLite copies them itself, which is a small part of the work. Writers of PostgreSQL do
not wait for each other; there rows are inserted as they are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    insert,
    literal,
    select,
    text,
)

Batch = Sequence[Mapping[str, Any]]

LIST_COLUMN = "watchlist_id"


class StagedRows:
    """Rows by table, those of a list without its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_one_writer = connection.dialect.name == "sqlite"
        self._batches: dict[Table, Iterable[Batch]] = {}
        self._staged: dict[Table, Table] = {}

    def add(self, table: Table, batches: Iterable[Batch]) -> None:
        """Add the rows of a table; all have the same columns."""
        if not self._has_one_writer:
            self._batches[table] = batches
            return
        for rows in filter(None, batches):
            if table not in self._staged:
                self._staged[table] = _temporary(table, rows[0])
                self._staged[table].create(self._connection)
            self._connection.execute(insert(self._staged[table]), rows)

    def insert(self, table: Table) -> None:
        """Insert the rows of a table that are of no list, in the order they were added."""
        self._insert(table, {})

    def insert_list(self, number: int) -> None:
        """Insert all rows that are of a list as those of the list ``number``."""
        for table in (*self._batches, *self._staged):
            if LIST_COLUMN in table.c:
                self._insert(table, {LIST_COLUMN: number})

    def drop(self) -> None:
        """Drop the temporary tables."""
        for staged in self._staged.values():
            # A transaction that failed has created none.
            self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{staged.name}")

    def _insert(self, table: Table, own: Mapping[str, Any]) -> None:
        for rows in filter(None, self._batches.get(table, ())):
            self._connection.execute(insert(table), [{**own, **row} for row in rows])
        staged = self._staged.get(table)
        if staged is not None:
            values = [literal(value) for value in own.values()]
            query = select(*values, *staged.c).order_by(text("rowid"))
            self._connection.execute(insert(table).from_select([*own, *staged.c.keys()], query))


@contextmanager
def staging(engine: Engine) -> Iterator[tuple[Connection, StagedRows]]:
    """Yield a connection without a transaction, and rows staged on it, which are gone afterwards.

    Rows are added in one transaction and inserted in another, which takes the write lock.
    """
    with engine.connect() as connection:
        staged = StagedRows(connection)
        try:
            yield connection, staged
        finally:
            # Without the write lock, which temporary tables do not need.
            with connection.execution_options(writing=False).begin():
                staged.drop()


def _temporary(table: Table, row: Mapping[str, Any]) -> Table:
    columns = [Column(name, table.c[name].type) for name in row]
    return Table(f"staged_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
