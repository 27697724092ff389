"""Empty record stores in memory: a used one is emptied, which is quicker than to create one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from risk.store.store import RecordStore

_free: list[_Reused] = []


@contextmanager
def empty_store() -> Iterator[RecordStore]:
    """An empty store with a connection of its own, as ``RecordStore(":memory:")`` opens it."""
    reused = _free.pop() if _free else _Reused()
    with reused.opened() as store:
        yield store
    if reused.empty():
        _free.append(reused)


class _Reused:
    """A database in memory and what it holds as long as it is empty."""

    def __init__(self) -> None:
        self._store = RecordStore(":memory:")
        self._tables, self._views = self._contents()

    @contextmanager
    def opened(self) -> Iterator[RecordStore]:
        store = self._store.for_kind("project")
        try:
            yield store
        finally:
            self._store._lacks_employer_views = store._lacks_employer_views
            store.close()
            self._store._views.clear()

    def empty(self) -> bool:
        """Remove all rows and tables added; False if it cannot be used again and is closed."""
        with suppress(duckdb.Error):
            tables, views = self._contents()
            if views == self._views and tables.keys() >= self._tables.keys():
                for name, (sql, rows) in tables.items():
                    self._restore(name, sql, rows)
                self._store.rows("CREATE OR REPLACE SEQUENCE arrivals")
                self._store._mark_opening()
                return True
        self._store.close()
        return False

    def _restore(self, name: str, sql: str, rows: int) -> None:
        created = self._tables.get(name)
        if created is None:
            self._store.rows(f'DROP TABLE "{name}"')
        elif rows or sql != created[0]:
            self._store.rows(created[0].replace("CREATE TABLE", "CREATE OR REPLACE TABLE", 1))

    def _contents(self) -> tuple[dict[str, tuple[str, int]], list[tuple[str, str]]]:
        """SQL and number of rows of each table by name; name and SQL of each view."""
        tables = self._store.rows("SELECT table_name, sql, estimated_size FROM duckdb_tables()")
        views = self._store.rows(
            "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal"
            " AND schema_name = 'main' ORDER BY ALL"
        )
        return {name: (sql, rows) for name, sql, rows in tables}, views
