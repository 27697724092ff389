"""The red flags by Spark: the snapshot and the rules from the same SQL text as on DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from risk.flags.engine import rule_sql
from risk.flags.law import Law
from risk.flags.rules import RULES
from risk.flags.snapshot import TERM_FUNCTIONS, Function, create_snapshot
from risk.flags.written import FLAGS_FOLDER
from risk.store.settled import SETTLED_SQL

if TYPE_CHECKING:
    from features.engines.spark import SparkEngine


def _signature(function: Function) -> str:
    parameters = ", ".join(f"{name} {kind}" for name, kind in function.parameters.items())
    return f"{function.name}({parameters})"


_FUNCTIONS = {
    "months_after(day DATE, n DOUBLE) RETURNS DATE": "add_months(day, CAST(n AS INT))",
    "days_after(day DATE, n DOUBLE) RETURNS DATE": "date_add(day, CAST(n AS INT))",
    "evidence_item(place INT, source_table STRING, record_id STRING, known_at DATE)"
    " RETURNS STRUCT<place: INT, table: STRING, record_id: STRING, known_at: DATE>": (
        "named_struct('place', place, 'table', source_table, 'record_id', record_id,"
        " 'known_at', known_at)"
    ),
    **{f"{_signature(one)} RETURNS {one.returns}": one.sql for one in TERM_FUNCTIONS},
}


_TINY = frozenset({"this_day", "law_regions", "working_days"})
"""Tables that are as quickly computed again as read."""


class SparkTables:
    """Creates the snapshot in a session; see :class:`risk.flags.snapshot.SnapshotTables`."""

    def __init__(self, engine: SparkEngine) -> None:
        self._engine = engine

    def create(self, name: str, sql: str) -> None:
        """Create the table ``name`` as the result of ``sql``; most are read by several rules."""
        self._engine.view(name, sql, materialised=name not in _TINY)

    def create_of_rows(
        self, name: str, kinds: Mapping[str, str], rows: Sequence[tuple[object, ...]]
    ) -> None:
        """Create the table ``name`` of ``rows``, with columns and SQL types in ``kinds``."""
        import pyarrow as pa

        # From Arrow, which needs no Python on the executors.
        types = {
            "STRING": pa.string(), "DATE": pa.date32(), "DOUBLE": pa.float64(),
            "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(),
        }  # fmt: skip
        cells = {
            column: pa.array([row[place] for row in rows], types[kind])
            for place, (column, kind) in enumerate(kinds.items())
        }
        frame = self._engine.session.createDataFrame(pa.table(cells))
        self._engine.name(name, frame, materialised=name not in _TINY)

    def create_functions(self) -> None:
        """Create the functions that rules call."""
        for signature, sql in _FUNCTIONS.items():
            self._engine.session.sql(
                f"CREATE OR REPLACE TEMPORARY FUNCTION {signature} RETURN {sql}"
            )


def write_flags(engine: SparkEngine, as_of: dt.date, law: Law, folder: str) -> None:
    """Write the rows of each rule to ``FOLDER/_flags/CODE/part-*.parquet``."""
    create_snapshot_on_spark(engine, as_of, law)
    for rule in RULES:
        if engine.kind in rule.kinds:
            rows = engine.frame(rule_sql(rule))
            rows.write.mode("overwrite").parquet(f"{folder}/{FLAGS_FOLDER}/{rule.code}")


def create_snapshot_on_spark(engine: SparkEngine, as_of: dt.date, law: Law) -> None:
    """Create the tables that rules read, see :mod:`risk.flags.snapshot`, in ``engine``."""
    create_snapshot(SparkTables(engine), as_of, None, law, f"({SETTLED_SQL})")
