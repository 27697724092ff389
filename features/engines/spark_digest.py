"""The digest of the records that Spark reads, equal to :meth:`RecordStore.digest` of the same rows.

Executors hash their own rows by the SQL of the record store, in DuckDB: Spark writes some numbers
otherwise as text, so hashes of its own would differ. Sums over parts add up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from risk.contract import STORED_TABLES, Table
from risk.store.connection import connect
from risk.store.row_hashes import Sums, columns, records_digest, row_sums_sql

if TYPE_CHECKING:
    import pyarrow as pa

    from features.engines.spark import SparkEngine

_SUMS_SCHEMA = "count BIGINT, low STRING, high STRING"
"""Sums exceed 64 bits, so they travel as text."""


def digest_on_spark(engine: SparkEngine, as_of: dt.date) -> str:
    """SHA-256 over all rows as known before ``as_of``, whatever their order."""
    return records_digest({name: _sums(engine, table, as_of) for name, table in _filled(engine)})


def _filled(engine: SparkEngine) -> list[tuple[str, Table]]:
    asked = " UNION ALL ".join(
        f"SELECT '{name}' AS name WHERE EXISTS (SELECT 1 FROM {name})" for name in STORED_TABLES
    )
    return [(str(name), STORED_TABLES[str(name)]) for (name,) in engine.rows(asked)]


def _sums(engine: SparkEngine, table: Table, as_of: dt.date) -> Sums:
    names = ", ".join(name for name, _ in columns(table))
    day = f"DATE '{as_of.isoformat()}'"
    known = f"known_at < {day} AND (superseded_at IS NULL OR superseded_at >= {day})"
    rows = engine.frame(f"SELECT {names} FROM {table.name}_versions WHERE {known}")
    sql = row_sums_sql(table, "batch")

    def summed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield _hashed(batches, sql)

    count, low, high = 0, 0, 0
    for part in rows.mapInArrow(summed, _SUMS_SCHEMA).collect():
        count, low, high = count + part[0], low + int(part[1]), high + int(part[2])
    return (count, low, high) if count else (0, None, None)


def _hashed(batches: Iterator[pa.RecordBatch], sql: str) -> pa.RecordBatch:
    """The sums of all ``batches`` as one row."""
    import pyarrow as pa

    count, low, high = 0, 0, 0
    with connect(threads=1) as connection:
        for batch in batches:
            connection.register("batch", pa.Table.from_batches([batch]))
            sums = connection.execute(sql).fetchall()[0]
            count, low, high = count + sums[0], low + (sums[1] or 0), high + (sums[2] or 0)
    cells = ([count], [str(low)], [str(high)])
    return pa.RecordBatch.from_arrays([pa.array(cell) for cell in cells], ["count", "low", "high"])
