"""Runs feature steps inside the record store's own DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from features.catalogue import Step
from risk.contract import STORED_TABLES
from risk.records import RecordStore, versions_select, world

if TYPE_CHECKING:
    import pyarrow as pa

_FUNCTIONS = (
    "CREATE OR REPLACE TEMP MACRO days_between(earlier, later) AS datediff('day', earlier, later)",
    "CREATE OR REPLACE TEMP MACRO months_later(day, n) AS CAST(day + to_months(n) AS DATE)",
)


class DuckDBEngine:
    """Keeps each step as a temporary table of one connection; nothing is written to the store."""

    def __init__(
        self,
        store: RecordStore,
        as_ofs: Sequence[dt.date],
        *,
        told_before: dt.date | None = None,
    ) -> None:
        """An engine for ``as_ofs``.

        With ``told_before`` it sees a store in which nothing known on or after that day was ever
        told: what the leak check compares with.
        """
        self._connection = store.cursor()
        self.kind = store.kind
        for sql in _FUNCTIONS:
            self._connection.execute(sql)
        self._connection.execute("CREATE OR REPLACE TEMP TABLE as_ofs (as_of DATE)")
        self._connection.executemany(
            "INSERT INTO as_ofs VALUES (?)", [[day] for day in sorted(set(as_ofs))]
        )

        if told_before is not None:
            self._hide_from(told_before)

    def _hide_from(self, day: dt.date) -> None:
        # A temporary view goes before the stored table of the same name.
        stored = self.rows("SELECT current_database()")[0][0]
        views: dict[str, str] = {}
        for name in STORED_TABLES:
            views[f"told_{name}"] = (
                f"SELECT * FROM \"{stored}\".main.{name} WHERE known_at < DATE '{day.isoformat()}'"
            )
        for name, table in STORED_TABLES.items():
            views[f"told_{name}_versions"] = versions_select(table, "told_")
        for name in STORED_TABLES:
            views[name] = f"SELECT * FROM told_{name}"
            views[f"{name}_versions"] = f"SELECT * FROM told_{name}_versions"
        views.update(world(self.kind, "told_"))
        for name, sql in views.items():
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")

    def run(self, steps: Iterable[Step], done: Callable[[str], None] | None = None) -> None:
        """Compute ``steps`` in order; ``done`` hears each name."""
        for step in steps:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {step.name} AS {step.sql}")
            if done:
                done(step.name)

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to ``sql`` over the steps run so far."""
        return self._connection.sql(sql, params=list(parameters)).to_arrow_table()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The same as plain rows."""
        return self._connection.execute(sql, list(parameters)).fetchall()

    def close(self) -> None:
        """Drop all temporary tables."""
        self._connection.close()
