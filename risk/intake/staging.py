"""Storing of good rows as versions: new rows are stored, known ones count as repeated.

Rows are staged first and compared as a set. A second import of the same file must change nothing,
and the last row of a file must win. Per group of rows with the same key and ``known_at``, in file
order:

* a row equal to the previous one is repeated;
* of the others, the last is repeated if it equals the current stored version (the latest arrival),
  any other if it equals any stored version;
* if any row of the group is new, the last one is stored too.

A row whose key occurs once in the file and never in the store is new and needs no comparison. In
most files this holds for all rows, and they are stored as staged.

Rows that are known on the import day for lack of a date form one group per key and are compared
without ``known_at``; their current version is the key's latest, so that the same list sent again on
another day adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from risk.contract import KNOWN_AT, Table
from risk.intake.column_parsers import ARROW
from risk.intake.row_parser import Batch
from risk.store.store import RecordStore, columns

STAGED = "intake_staged"
"""Table of the good rows of the file being imported."""

_BATCH, _STAGED, _KNOWN = "intake_batch", STAGED, "intake_known"


class Staging:
    """Staged good rows of one file for ``table``. Use inside one transaction."""

    def __init__(self, store: RecordStore, table: Table) -> None:
        self._store = store
        self._table = table
        self._names = [name for name, _ in columns(table)]
        self._schema = pa.schema(
            [(field.name, ARROW[field.type]) for field in (*table.fields, KNOWN_AT)]
            + [("dated_today", pa.bool_()), ("line", pa.int64())]
        )
        self._lines = 0
        kinds = ", ".join(f"{name} {kind}" for name, kind in columns(table))
        store.rows(
            f"CREATE OR REPLACE TEMP TABLE {_STAGED} ({kinds}, dated_today BOOLEAN, line BIGINT)"
        )

    def add(self, batch: Batch) -> None:
        """Stage the good rows of ``batch`` after those already staged."""
        lines = pa.array(np.arange(self._lines, self._lines + batch.good))
        self._lines += batch.good
        arrays = [batch.columns[name] for name in self._names] + [batch.dated_today, lines]
        staged = pa.table(
            [
                pa.array(cells, field.type) if isinstance(cells, list) else cells
                for cells, field in zip(arrays, self._schema, strict=True)
            ],
            schema=self._schema,
        )
        with registered(self._store, _BATCH, staged):
            self._store.rows(f"INSERT INTO {_STAGED} SELECT * FROM {_BATCH}")

    def commit(self) -> int:
        """Store the new rows in file order and return their number."""
        self._store.rows(_known_lines_sql(self._table))
        known: int = self._store.rows(f"SELECT count(*) FROM {_KNOWN}")[0][0]
        accepted = self._lines - known
        if accepted:
            # Numbers are drawn first: a sequence used in a parallel query has no order. They are
            # consecutive because only this process draws.
            drawn = self._store.rows(f"SELECT min(nextval('arrivals')) FROM range({self._lines})")
            first, names = int(drawn[0][0]), ", ".join(self._names)
            # INSERT ... SELECT without a join preserves the order of the lines.
            others = f" ANTI JOIN {_KNOWN} USING (line) ORDER BY line" if known else ""
            self._store.rows(
                f"INSERT INTO {self._table.name} ({names}, arrival)"
                f" SELECT {names}, {first} + line FROM {_STAGED}{others}"
            )
        self._store.rows(f"DROP TABLE {_KNOWN}")
        self._store.rows(f"DROP TABLE {_STAGED}")
        return accepted


@contextmanager
def registered(store: RecordStore, name: str, rows: pa.Table) -> Iterator[None]:
    """Make ``rows`` available to queries as ``name`` within the block."""
    store.connection.register(name, rows)
    try:
        yield
    finally:
        store.connection.unregister(name)


def _known_lines_sql(table: Table) -> str:
    """SQL that collects the lines not to be stored in the table ``intake_known``."""
    key = ", ".join(table.key)
    same_key = _same(table.key, "changed", "stored")
    in_file, in_store = _same(table.key, "s", "duplicates"), _same(table.key, "s", "stored")
    return f"""
CREATE OR REPLACE TEMP TABLE {_KNOWN} AS
WITH duplicates AS (
  SELECT {key} FROM {_STAGED} GROUP BY {key} HAVING count(*) > 1
),
to_compare AS (
  SELECT line FROM {_STAGED} s SEMI JOIN duplicates ON {in_file}
  UNION
  SELECT line FROM {_STAGED} s SEMI JOIN {table.name} stored ON {in_store}
),
staged AS (
  SELECT {key}, known_at, dated_today, line,
    CASE WHEN NOT dated_today THEN known_at END AS day,
    {_content(table)} AS content
  FROM {_STAGED} SEMI JOIN to_compare USING (line)
),
compared AS (
  SELECT *, lag(content) OVER (PARTITION BY {key}, day ORDER BY line) AS before FROM staged
),
changed AS (
  SELECT *, lead(line) OVER (PARTITION BY {key}, day ORDER BY line) IS NULL AS is_last
  FROM compared WHERE before IS NULL OR before <> content
),
stored AS (
  SELECT {key}, known_at, arrival, {_content(table)} AS content FROM {table.name} stored
  SEMI JOIN changed ON {same_key}
),
matched AS (
  SELECT changed.line,
    bool_or(stored.content = changed.content) AS equals_one,
    arg_max(stored.content = changed.content, row(stored.known_at, stored.arrival))
      AS equals_winner
  FROM changed JOIN stored ON {same_key}
    AND (changed.dated_today OR stored.known_at = changed.known_at)
  GROUP BY changed.line
),
judged AS (
  SELECT changed.*,
    NOT coalesce(CASE WHEN is_last THEN equals_winner ELSE equals_one END, false) AS is_new
  FROM changed LEFT JOIN matched USING (line)
),
grouped AS (
  SELECT *, bool_or(is_new) OVER (PARTITION BY {key}, day) AS any_new FROM judged
)
SELECT line FROM to_compare
EXCEPT
SELECT line FROM grouped WHERE is_new OR (is_last AND any_new)
"""


def _same(key: Iterable[str], one: str, other: str) -> str:
    # Parts of a key may be NULL (attendance without a contract), and NULL equals NULL here.
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in key)


def _content(table: Table) -> str:
    """SQL for a digest of all fields except ``known_at``; NULL differs from every text."""
    texts = [
        f"coalesce(replace(CAST({field.name} AS VARCHAR), '|', '||'), '|n')"
        for field in table.fields
    ]
    return "md5_number(" + " || '|;' || ".join(texts) + ")"


def newest_arrival(store: RecordStore, tables: Iterable[Table]) -> int:
    """Largest arrival number stored so far; 0 if there is none."""
    largest = " UNION ALL ".join(f"SELECT max(arrival) AS a FROM {table.name}" for table in tables)
    newest: int = store.rows(f"SELECT coalesce(max(a), 0) FROM ({largest})")[0][0]
    return newest
