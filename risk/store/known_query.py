"""Queries over records as known before a date, in SQL that DuckDB and Spark share.

The rows are computed by the record store, or read from files that another engine wrote. Dates are
part of the text: Spark's views take no parameters, and what its functions of dates are called
differs.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from risk.errors import WagewatchError
from risk.store.settled import SETTLED_SQL, settled_sql

if TYPE_CHECKING:  # pages import the queries' subjects, and read no records
    from risk.store.store import RecordStore

Written = Mapping[str, str]
"""SQL of rows that another engine wrote, by the name of the query."""

NOTHING_WRITTEN: Written = MappingProxyType({})


class WrittenRowsMissing(WagewatchError):
    """Rows that another engine wrote are not in the folder."""

    code = "written_rows_missing"


def day_sql(day: dt.date) -> str:
    """SQL of a date.

    >>> day_sql(dt.date(2025, 4, 1))
    "DATE '2025-04-01'"
    """
    return f"DATE '{day.isoformat()}'"


@dataclass(frozen=True)
class KnownQuery:
    """A query by its ``name``; engines give its rows in any order, they are read in ``order``.

    ``text`` gives the SQL for a date, in which ``$1`` is that date and ``$settled`` the table of
    what was paid on each payroll, see :func:`risk.store.settled.settled_sql`. ``reads`` are queries
    whose rows are in tables of their names before.
    """

    name: str
    text: Callable[[dt.date], str]
    order: str
    reads: tuple[KnownQuery, ...] = ()

    def sql(self, as_of: dt.date, settled: str = f"({SETTLED_SQL})") -> str:
        """Complete SQL, without parameters, as of a date."""
        text = self.text(as_of).replace("$settled", settled)
        return text.replace("$1", day_sql(as_of))

    def digest(self, as_of: dt.date) -> str:
        """SHA-256 over all that decides the rows besides the records."""
        texts = [query.sql(as_of) for query in (*self.reads, self)]
        return hashlib.sha256(json.dumps(texts).encode()).hexdigest()

    def rows_sql(
        self, store: RecordStore, as_of: dt.date, written: Written = NOTHING_WRITTEN
    ) -> str:
        """SQL of the rows in order, for ``store``; those that are ``written`` are read.

        The tables that it ``reads`` are not created.
        """
        found = written.get(self.name) or self.sql(as_of, settled_sql(store, as_of))
        return f"SELECT * FROM ({found}) known ORDER BY {self.order}"

    def rows(
        self, store: RecordStore, as_of: dt.date, written: Written = NOTHING_WRITTEN
    ) -> list[tuple[Any, ...]]:
        """The same rows in memory; for small results."""
        needed = () if self.name in written else self.reads
        try:
            for query in needed:
                sql = query.sql(as_of, settled_sql(store, as_of))
                store.rows(f"CREATE OR REPLACE TEMP TABLE {query.name} AS {sql}")
            return store.rows(self.rows_sql(store, as_of, written))
        finally:
            for query in needed:
                store.rows(f"DROP TABLE IF EXISTS temp.{query.name}")


SETTLED = KnownQuery("settled_payrolls", lambda _: SETTLED_SQL, "payroll_id")
"""What was paid on each payroll, which several queries read."""


def written_rows_sql(folder: Path) -> str:
    """SQL of the rows that another engine wrote to ``folder``.

    Raises:
        WrittenRowsMissing: there is no file of them.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise WrittenRowsMissing(path=str(folder))
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    # A folder named ``as_of=...`` above the files would add its column to each row.
    return f"SELECT * FROM read_parquet([{quoted}], hive_partitioning = false)"
