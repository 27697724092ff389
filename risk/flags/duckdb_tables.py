"""The snapshot of the red flags as temporary tables of DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from risk.flags.snapshot import TERM_FUNCTIONS

if TYPE_CHECKING:
    import duckdb


_MACROS = (
    "months_after(day, n) AS CAST(day + to_months(CAST(n AS INTEGER)) AS DATE)",
    "days_after(day, n) AS CAST(day + to_days(CAST(n AS INTEGER)) AS DATE)",
    "days_between(earlier, later) AS datediff('day', earlier, later)",
    "evidence_item(place, source_table, record_id, known_at) AS {'place': place,"
    " 'table': source_table, 'record_id': record_id, 'known_at': known_at}",
    *(f"{one.name}({', '.join(one.parameters)}) AS {one.sql}" for one in TERM_FUNCTIONS),
)


class DuckDBTables:
    """Creates the snapshot in a connection; see :class:`risk.flags.snapshot.SnapshotTables`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._created: list[str] = []

    def create(self, name: str, sql: str) -> None:
        """Create the table ``name`` as the result of ``sql``."""
        self._create(name, sql)

    def create_of_rows(
        self, name: str, kinds: Mapping[str, str], rows: Sequence[tuple[object, ...]]
    ) -> None:
        """Create the table ``name`` of ``rows``, with columns and SQL types in ``kinds``."""
        cells = ", ".join(
            f"unnest(CAST(${n} AS {kind}[])) AS {column}"
            for n, (column, kind) in enumerate(kinds.items(), start=1)
        )
        self._create(name, f"SELECT {cells}", [[row[n] for row in rows] for n in range(len(kinds))])

    def drop(self) -> None:
        """Drop the tables, whose copies of all records take as much memory as the records."""
        for name in self._created:
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._created.clear()

    def create_functions(self) -> None:
        """Create the functions that rules call."""
        for macro in _MACROS:
            self._connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")

    def _create(self, name: str, sql: str, parameters: object = None) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", parameters)
        self._created.append(name)
