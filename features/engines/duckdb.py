"""Runs feature steps in the DuckDB database of the record store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from features.catalogue import Step
from features.engines.partitioned import write_partitioned
from features.sql_tables import tables_read
from risk.contract import STORED_TABLES
from risk.flags.minimum_wages import minimum_wages
from risk.minimum_wage import minimum_wages_sql
from risk.store.staged import Staged
from risk.store.store import RecordStore

if TYPE_CHECKING:
    import pyarrow as pa

FUNCTIONS = (
    "CREATE OR REPLACE TEMP MACRO days_between(earlier, later) AS datediff('day', earlier, later)",
    "CREATE OR REPLACE TEMP MACRO months_later(day, n) AS CAST(day + to_months(n) AS DATE)",
)

_ROWS_AT_ONCE = 16_384
"""Rows per record batch when a result is written: 19 MB at 144 features."""

_VERSIONS = "_versions"


class DuckDBEngine:
    """Runs each step as a temporary table of one connection; nothing is written to the store."""

    def __init__(
        self,
        store: RecordStore,
        as_ofs: Sequence[dt.date],
        *,
        known_before: dt.date | None = None,
    ) -> None:
        """An engine for ``as_ofs``.

        With ``known_before`` records known on or after that day are hidden, as the leakage check
        needs.
        """
        self._store = store
        self.kind = store.kind
        # A view of one date has found its superseded rows, and has no other reader now.
        self._is_shared = known_before is None and [*as_ofs] == [store.settled_at]
        self._connection = store.connection if self._is_shared else store.cursor()
        self._created: dict[str, str] = {}
        self._row_id_tables = set() if self._is_shared else self._tables_with_row_ids(known_before)
        for sql in FUNCTIONS:
            self._connection.execute(sql)
        wages = minimum_wages_sql(store.minimum_wages or minimum_wages())
        self._create_views({"minimum_wages": wages})
        self.set_dates(as_ofs)
        if known_before is not None:
            self._create_views(store.filtered_views(known_before))

    def set_dates(self, as_ofs: Sequence[dt.date]) -> None:
        """Replace the dates by ``as_ofs``; steps must run again."""
        self._create("TABLE", "as_ofs", "(as_of DATE)")
        self.days = tuple(sorted(set(as_ofs)))
        for day in self.days:
            self._connection.execute("INSERT INTO as_ofs VALUES (?)", [day])

    def _create_views(self, views: Mapping[str, str]) -> None:
        for name, sql in views.items():
            self._create("VIEW", name, f"AS {sql}")

    def _create(self, relation: str, name: str, body: str) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP {relation} {name} {body}")
        self._created[name] = relation

    def _tables_with_row_ids(self, known_before: dt.date | None) -> set[str]:
        """Tables with rows, whose versions can be derived from their stored rows alone."""
        if known_before is not None or self.kind != "project":
            return set()
        # The records of a folder are views, whose rows have no row ids. Nothing is superseded in an
        # empty table, and to plan that takes as long as in a full one.
        stored = self.rows(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND estimated_size > 0"
        )
        return {str(row[0]) for row in stored} & set(STORED_TABLES) - {"complaints"}

    def _prepare_versions(self, sql: str) -> None:
        """Find the superseded rows of the tables ``sql`` reads, once for all steps."""
        for name in sorted(self._row_id_tables & _tables_with_versions(sql)):
            self._row_id_tables.discard(name)
            for prepared in self._store.superseded_sql(STORED_TABLES[name]):
                self._connection.execute(prepared)

    def run(self, steps: Iterable[Step], done: Callable[[str], None] | None = None) -> None:
        """Run ``steps`` in order; ``done`` is called with the name of each."""
        for step in steps:
            self._prepare_versions(step.sql)
            relation = "VIEW" if step.inlined else "TABLE"
            self._create(relation, step.name, f"AS {step.sql}")
            if done:
                done(step.name)

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The result of ``sql`` over the steps run so far."""
        return self._connection.sql(sql, params=list(parameters)).to_arrow_table()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The result of ``sql`` as tuples."""
        return self._connection.execute(sql, list(parameters)).fetchall()

    def stage(self, sql: str, staged: Staged) -> None:
        """Add the result to ``staged``, a table of the store's own connection."""
        if self._is_shared:
            staged.insert(sql)
        else:
            staged.add(self.fetch(sql))

    def write(self, sql: str, folder: str) -> None:
        """Write the result to ``FOLDER/as_of=YYYY-MM-DD/part-*.parquet``; see :class:`Engine`.

        Raises:
            OSError: the folder cannot be written.
        """
        batches = self._connection.sql(sql).to_arrow_reader(_ROWS_AT_ONCE)
        write_partitioned(batches, self.days, Path(folder))

    def close(self) -> None:
        """Drop all temporary tables."""
        if not self._is_shared:
            self._connection.close()
            return
        for name, relation in self._created.items():
            self._connection.execute(f"DROP {relation} temp.{name}")
        self._created.clear()


def _tables_with_versions(sql: str) -> set[str]:
    """The tables whose view ``<table>_versions`` is read by ``sql``."""
    return {name.removesuffix(_VERSIONS) for name in tables_read(sql) if name.endswith(_VERSIONS)}
