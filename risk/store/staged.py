"""Rows by project that are kept in the record store's memory and read a few projects at a time.

What publishing asks of a province does not fit into Python objects. Each query runs once; its rows
stay in a temporary table, which the store's memory limit binds, and are fetched for a batch of
projects when their turn comes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

T = TypeVar("T")
Row = tuple[Any, ...]

AT_ONCE = 1000
"""Projects whose rows are Python objects at the same time."""

_ROWS_AT_ONCE = 50_000
_NUMBERS = count()


class Staged:
    """The rows of a query with a column ``project_id``, in a temporary table of ``connection``.

    ``sql`` orders them by ``project_id`` first, so that a batch of neighbours is found quickly.
    The table is gone when the connection is closed.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = ()
    ) -> None:
        self._connection = connection
        self.table = f"staged_{next(_NUMBERS)}"
        connection.execute(f"CREATE TEMP TABLE {self.table} AS {sql}", parameters)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, from a query of their own: few readers need them."""
        described = self._connection.execute(f"SELECT * FROM {self.table} LIMIT 0").description
        return tuple(column[0] for column in described or ())

    def add(self, rows: pa.Table) -> None:
        """Add ``rows``, which have the same columns."""
        self._connection.register("rows_to_add", rows)
        self._connection.execute(f"INSERT INTO {self.table} SELECT * FROM rows_to_add")
        self._connection.unregister("rows_to_add")

    def insert(self, sql: str) -> None:
        """Add the rows of a query of the same connection, which have the same columns."""
        self._connection.execute(f"INSERT INTO {self.table} {sql}")

    def add_rows(self, rows: Sequence[Row]) -> None:
        """Add ``rows``, at least one, of Python objects."""
        columns = [list(cells) for cells in zip(*rows, strict=True)]
        # Arrow would take lists of Python objects too, but imports pandas for them.
        values = ", ".join(f"unnest(${place})" for place, _ in enumerate(columns, start=1))
        self._connection.execute(f"INSERT INTO {self.table} SELECT {values}", columns)

    def of(self, project_ids: Sequence[str], columns: Sequence[str] = ()) -> list[Row]:
        """The rows of ``project_ids``, in the order of the query.

        With ``columns`` only these, after the project_id.
        """
        if not project_ids:
            return []
        names = ", ".join(f'"{name}"' for name in ("project_id", *columns)) if columns else "*"
        return self._connection.execute(
            f"SELECT {names} FROM {self.table} WHERE project_id BETWEEN $1 AND $2"
            " AND project_id IN (SELECT unnest($3)) ORDER BY rowid",
            [min(project_ids), max(project_ids), list(project_ids)],
        ).fetchall()

    def __iter__(self) -> Iterator[Row]:
        """All rows, of which only some are Python objects at the same time."""
        count = self.rows("SELECT count(*) FROM $staged")[0][0]
        for start in range(0, count, _ROWS_AT_ONCE):
            span = [start, start + _ROWS_AT_ONCE - 1]
            yield from self.rows("FROM $staged WHERE rowid BETWEEN $1 AND $2 ORDER BY rowid", span)

    def rows(self, sql: str, parameters: object = ()) -> list[Row]:
        """The result of a query in which ``$staged`` is the table."""
        return self._connection.execute(sql.replace("$staged", self.table), parameters).fetchall()

    def drop(self) -> None:
        """Free the memory of the table."""
        self._connection.execute(f"DROP TABLE {self.table}")


def in_batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """``keys`` in parts of :data:`AT_ONCE`."""
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


class InBatches(Mapping[str, T], Generic[T]):
    """Values by project_id, loaded for :data:`AT_ONCE` of ``keys`` when one of them is read.

    ``load`` returns those there are. Reading in the order of ``keys`` loads each batch once; a
    project that is none of them is loaded on its own.
    """

    def __init__(
        self, keys: Iterable[str], load: Callable[[Sequence[str]], Mapping[str, T]]
    ) -> None:
        self._keys, self._load = tuple(sorted(keys)), load
        self._batch: frozenset[str] = frozenset()
        self._found: Mapping[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._batch:
            place = bisect_left(self._keys, key)
            if place == len(self._keys) or self._keys[place] != key:
                # The batch stays: its other projects may be read next.
                return self._load((key,))[key]
            self._read(place - place % AT_ONCE)
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        for batch in in_batches(self._keys):
            yield from self._load(batch)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def among(self, keys: Iterable[str]) -> InBatches[T]:
        """The same values, loaded for batches of other ``keys``."""
        return InBatches(keys, self._load)

    def _read(self, start: int) -> None:
        batch = self._keys[start : start + AT_ONCE]
        self._found = {}  # the old batch is freed before the next is read
        self._found, self._batch = self._load(batch), frozenset(batch)


def among(values: Mapping[str, T], keys: Iterable[str]) -> Mapping[str, T]:
    """``values``; where they are loaded, for batches of ``keys``."""
    return values.among(keys) if isinstance(values, InBatches) else values
