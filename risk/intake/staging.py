"""Storing of good rows as versions: new rows are stored, known ones count as repeated.

Rows are staged first and compared as a set. A second import of the same file must change nothing,
and the last row of a file must win. Per group of rows with the same key and ``known_at``, in file
order:

* a row equal to the previous one is repeated;
* of the others, the last is repeated if it equals the current stored version (the latest arrival),
  any other if it equals any stored version;
* if any row of the group is new, the last one is stored too.

A row that is alone in its group, in the file and in the store, is new and needs no comparison. In
most files this holds for all rows, and they are stored as staged. Where a row has no day of
knowledge, all rows of a key are one group for this.

Fields that a row leaves empty and another source knows are filled first
(:mod:`risk.intake.other_sources`).

Rows without a day of knowledge form one group per key. If the key is new, the first of them unfolds
into the versions it must have had (:mod:`risk.intake.unfolded_versions`). Every other is a later
row, known on the day of the book: the last of them is repeated if it equals the version of the
newest book (:mod:`risk.intake.book_order`) or, in an older book, the version that was current on
its day, and any of them if the same file was imported before. So the same list sent again on
another day adds nothing; that a newer book repeats the newest version is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from risk.contract import KNOWN_AT, DatedBy, Table
from risk.intake import imported_files
from risk.intake.book_order import evidence_sql
from risk.intake.column_parsers import ARROW
from risk.intake.imported_files import SourceFile, record_borrowed, record_confirmed
from risk.intake.other_sources import BORROWED, fill_from_other_sources
from risk.intake.row_parser import Batch
from risk.intake.unfolded_versions import (
    BookDay,
    later_day_sql,
    most_versions,
    undated_fact_sql,
    unfolded_sql,
)
from risk.store.row_hashes import columns
from risk.store.store import RecordStore

STAGED = "intake_staged"
"""Table of the good rows of the file being imported."""

DUPLICATES = "intake_duplicates"
"""Table of the groups that have several good rows, see :meth:`Staging.find_duplicates`."""

_BATCH, _STAGED, _KNOWN = "intake_batch", STAGED, "intake_known"
_COMPARED, _LATER, _JUDGED = "intake_compared", "intake_later", "intake_judged"


@dataclass(frozen=True)
class Stored:
    """Result of storing a file: new rows, and how many of them were dated by rule.

    ``undated_facts`` are rows with a fact that has no date and counts from the start; ``missing``
    are records of earlier files of the series that this full book no longer has; ``filled`` are
    rows with a field that another source knew.
    """

    accepted: int
    missing: int
    filled: int
    dated_by_rule: int = 0
    undated_facts: int = 0


class Staging:
    """Staged good rows of one file for ``table``. Use inside one transaction."""

    def __init__(self, store: RecordStore, table: Table, file: SourceFile, book: BookDay) -> None:
        self._store = store
        self._table = table
        self._file = file
        self._book = book
        self._names = [name for name, _ in columns(table)]
        self._schema = pa.schema(
            [(field.name, ARROW[field.type]) for field in (*table.fields, KNOWN_AT)]
            + [("line", pa.int64())]
        )
        self._lines = self._undated = 0
        self._duplicates = self._compared = self._known = 0
        kinds = ", ".join(f"{name} {kind}" for name, kind in columns(table))
        store.rows(f"CREATE OR REPLACE TEMP TABLE {_STAGED} ({kinds}, line BIGINT, since DATE)")
        imported_files.create_table(store)

    def add(self, batch: Batch) -> None:
        """Stage the good rows of ``batch`` after those already staged."""
        if not batch.good:
            return
        lines = pa.array(np.arange(self._lines, self._lines + batch.good))
        self._lines += batch.good
        arrays = [batch.columns[name] for name in self._names] + [lines]
        staged = pa.table(
            [
                pa.array(cells, field.type) if isinstance(cells, list) else cells
                for cells, field in zip(arrays, self._schema, strict=True)
            ],
            schema=self._schema,
        )
        self._undated += staged[KNOWN_AT.name].null_count
        with registered(self._store, _BATCH, staged):
            self._store.rows(f"INSERT INTO {_STAGED} SELECT *, NULL FROM {_BATCH}")

    @property
    def _group(self) -> tuple[str, ...]:
        """Columns that rows must share to be compared: the day of knowledge, if all have one."""
        return self._table.key if self._undated else (*self._table.key, KNOWN_AT.name)

    def find_duplicates(self) -> int:
        """Collect the keys that several rows have, and return how many there are.

        If all rows have a day of knowledge, several with the same. Call it when all rows are
        staged.
        """
        key = ", ".join(self._group)
        self._duplicates = self._collect(
            f"CREATE OR REPLACE TEMP TABLE {DUPLICATES} AS"
            f" SELECT {key} FROM {_STAGED} GROUP BY {key} HAVING count(*) > 1"
        )
        return self._duplicates

    def commit(self) -> Stored:
        """Store the new rows in file order; call :meth:`find_duplicates` before."""
        missing = imported_files.missing_rows(self._store, self._table, self._file, _STAGED)
        again = bool(self._undated) and imported_files.was_imported(
            self._store, self._table, self._file
        )
        filled = fill_from_other_sources(
            self._store, self._table, _STAGED, self._book, self._file.origin
        )
        if self._duplicates or self._has_stored():
            self._compared = self._collect(_compared_sql(self._table, self._group))
        if self._compared:
            self._compare(again=again)
        stored = Stored(self._lines - self._known, missing, filled)
        arrivals = self._draw_arrivals() if stored.accepted else range(0)
        if stored.accepted:
            stored = self._insert(arrivals.start, stored)
        digest = self._file.digest if self._undated else ""
        imported_files.record_import(
            *(self._store, self._table, self._file, self._book, arrivals), digest=digest
        )
        if filled:
            number = f"{arrivals.start} + line * {self._stride}"
            lent = f"SELECT {number} AS arrival, fields AS borrowed FROM {BORROWED}"
            record_borrowed(self._store, self._table, lent + self._without_known)
        names = (_STAGED, DUPLICATES, _COMPARED, _LATER, _JUDGED, _KNOWN, BORROWED)
        self._store.rows("; ".join(f"DROP TABLE IF EXISTS temp.{name}" for name in names))
        return stored

    def _has_stored(self) -> bool:
        """Whether the table has rows already."""
        return bool(self._store.rows(f"SELECT 1 FROM {self._table.name} LIMIT 1"))

    def _compare(self, *, again: bool) -> None:
        """Find the lines whose rows are later ones, and those that are known already."""
        self._store.rows(_later_sql(self._table))
        stored_rows = _stored_sql(self._table, undated=bool(self._undated))
        self._store.rows(_judged_sql(self._table, self._book, stored_rows, again=again))
        self._known = self._collect(_known_lines_sql(self._table))
        if self._undated and not again:
            record_confirmed(self._store, self._table, _confirmed_sql(self._book), self._book.day)

    def _insert(self, first: int, stored: Stored) -> Stored:
        """Insert the new rows under arrival numbers from ``first``."""
        if self._undated != self._lines:
            self._insert_dated(first)
        if self._undated:
            if self._compared:
                self._insert_later(first)
            stored = self._insert_unfolded(first, stored)
        return stored

    def _collect(self, sql: str) -> int:
        """Number of rows of the table that ``sql`` creates."""
        return int(self._store.rows(sql)[0][0])

    @property
    def _without_known(self) -> str:
        """SQL that leaves out the lines that are known already."""
        return f" ANTI JOIN {_KNOWN} USING (line)" if self._known else ""

    @property
    def _stride(self) -> int:
        """Arrival numbers per line: one for each version it may unfold into."""
        return most_versions(self._table) if self._undated else 1

    def _draw_arrivals(self) -> range:
        # Numbers are drawn first: a sequence used in a parallel query has no order. They are
        # consecutive because only this process draws.
        count = self._lines * self._stride
        drawn = self._store.rows(f"SELECT min(nextval('arrivals')) FROM range({count})")
        return range(int(drawn[0][0]), int(drawn[0][0]) + count)

    def _insert_dated(self, first: int) -> None:
        # INSERT ... SELECT without a join preserves the order of the lines.
        others = self._without_known
        order = " ORDER BY line" if others else ""
        self._store.rows(
            f"INSERT INTO {self._table.name} ({self._listed}, known_at, arrival, dated_by)"
            f" SELECT {self._listed}, known_at, {first} + line * {self._stride},"
            f" '{DatedBy.GIVEN}' FROM {_STAGED}{others} WHERE known_at IS NOT NULL{order}"
        )

    def _insert_later(self, first: int) -> None:
        self._store.rows(
            f"INSERT INTO {self._table.name} ({self._listed}, known_at, arrival, dated_by)"
            f" SELECT {self._listed}, {later_day_sql(self._table, self._book)},"
            f" {first} + line * {self._stride}, '{self._book.dated_by}'"
            f" FROM {_STAGED} SEMI JOIN {_LATER} USING (line) ANTI JOIN {_KNOWN} USING (line)"
            " ORDER BY line"
        )

    def _insert_unfolded(self, first: int, stored: Stored) -> Stored:
        if self._table.named_in:
            self._store.rows(_since_sql(self._table))
        others = order = ""
        if self._compared:
            others = f" ANTI JOIN {_LATER} USING (line) ANTI JOIN {_KNOWN} USING (line)"
            order = " ORDER BY line, step"
        rows = f"(SELECT {self._listed}, line, since FROM {_STAGED}{others} WHERE known_at IS NULL)"
        self._store.rows(
            f"INSERT INTO {self._table.name} ({self._listed}, known_at, arrival, dated_by)"
            f" SELECT {self._listed}, known_at, {first} + line * {self._stride} + step,"
            f" '{DatedBy.UNFOLDED}' FROM ({unfolded_sql(self._table, rows, self._book)}){order}"
        )
        unfolded, undated_facts = self._store.rows(
            f"SELECT count(*), count(*) FILTER ({undated_fact_sql(self._table)}) FROM {rows}"
        )[0]
        return replace(stored, dated_by_rule=unfolded, undated_facts=undated_facts)

    @property
    def _listed(self) -> str:
        return ", ".join(field.name for field in self._table.fields)


@contextmanager
def registered(store: RecordStore, name: str, rows: pa.Table) -> Iterator[None]:
    """Make ``rows`` available to queries as ``name`` within the block."""
    store.connection.register(name, rows)
    try:
        yield
    finally:
        store.connection.unregister(name)


def _compared_sql(table: Table, group: Sequence[str]) -> str:
    """SQL that collects the lines whose ``group`` occurs again in the file, or in the store."""
    in_file, in_store = _same(group, "s", DUPLICATES), _same(group, "s", "stored")
    return f"""
CREATE OR REPLACE TEMP TABLE {_COMPARED} AS
SELECT line FROM {_STAGED} s SEMI JOIN {DUPLICATES} ON {in_file}
UNION
SELECT line FROM {_STAGED} s SEMI JOIN {table.name} stored ON {in_store}
"""


def _later_sql(table: Table) -> str:
    """SQL that collects the lines without ``known_at`` that are not the first row of their key."""
    key = ", ".join(table.key)
    return f"""
CREATE OR REPLACE TEMP TABLE {_LATER} AS
WITH numbered AS (
  SELECT {key}, line, known_at, row_number() OVER (PARTITION BY {key} ORDER BY line) AS place
  FROM {_STAGED} SEMI JOIN {_COMPARED} USING (line)
)
SELECT line FROM numbered WHERE known_at IS NULL AND place > 1
UNION
SELECT line FROM numbered SEMI JOIN {table.name} stored ON {_same(table.key, "numbered", "stored")}
WHERE numbered.known_at IS NULL
"""


def _since_sql(table: Table) -> str:
    """SQL that fills ``since`` with the day of the earliest record that names the key."""
    (key,) = table.key
    naming = " UNION ALL ".join(
        f"SELECT {name} AS named, known_at FROM {other}" for other, name in table.named_in
    )
    return f"""
UPDATE {_STAGED} SET since = first_named.known_at
FROM (SELECT named, min(known_at) AS known_at FROM ({naming}) GROUP BY named) first_named
WHERE first_named.named = {_STAGED}.{key}
"""


def _stored_sql(table: Table, *, undated: bool) -> str:
    """SQL of the stored versions of the keys in ``changed``, with ``evidence``, the book's day.

    ``evidence`` is NULL where a later row with its own dates replaced the version. Rows with their
    own day are compared with versions of that day only, and need no ``evidence``.
    """
    same_key = _same(table.key, "changed", "stored")
    stored = f"SELECT stored.* FROM {table.name} stored SEMI JOIN changed ON {same_key}"
    if not undated:
        return f"SELECT *, known_at AS evidence FROM ({stored})"
    dated = evidence_sql(table, f"SELECT {', '.join(table.key)} FROM changed")
    return f"""
      SELECT s.*, e.evidence FROM ({stored}) s
      LEFT JOIN (SELECT arrival, evidence FROM ({dated})) e USING (arrival)
    """


def _judged_sql(table: Table, book: BookDay, stored_rows: str, *, again: bool) -> str:
    """SQL that collects the lines that differ from the one before, and whether they are new.

    ``newest_arrival`` is that of the version of the newest book. ``stored_rows`` is
    :func:`_stored_sql`. ``again``: the same file was imported before, so that any equal row is
    repeated.
    """
    key = ", ".join(table.key)
    same_key = _same(table.key, "changed", "stored")
    older = f"newest_book > DATE '{book.day.isoformat()}'"
    last = "equals_one" if again else f"equals_newest OR ({older} AND equals_current)"
    return f"""
CREATE OR REPLACE TEMP TABLE {_JUDGED} AS
WITH staged AS (
  SELECT {key}, known_at, line, {later_day_sql(table, book)} AS later_day,
    {_content(table)} AS content
  FROM {_STAGED} SEMI JOIN {_COMPARED} USING (line)
),
compared AS (
  SELECT *, lag(content) OVER (PARTITION BY {key}, known_at ORDER BY line) AS before FROM staged
),
changed AS (
  SELECT *, lead(line) OVER (PARTITION BY {key}, known_at ORDER BY line) IS NULL AS is_last
  FROM compared WHERE before IS NULL OR before <> content
),
stored AS (
  SELECT {key}, known_at, arrival, dated_by, withdrawn, evidence, {_content(table)} AS content
  FROM ({stored_rows})
),
matched AS (
  SELECT changed.line, stored.known_at, stored.arrival, stored.evidence, changed.later_day,
    stored.withdrawn IS NOT TRUE AND stored.content = changed.content AS equal
  FROM changed JOIN stored ON {same_key} AND (
    changed.known_at IS NULL
    OR (stored.known_at = changed.known_at AND coalesce(stored.dated_by, 'given') = 'given')
  )
),
found AS (
  SELECT line, bool_or(equal) AS equals_one,
    max(evidence) AS newest_book,
    arg_max(arrival, row(evidence, arrival)) FILTER (evidence IS NOT NULL) AS newest_arrival,
    coalesce(arg_max(equal, row(evidence, arrival)) FILTER (evidence IS NOT NULL), false)
      AS equals_newest,
    coalesce(arg_max(equal, row(known_at, arrival))
      FILTER (evidence IS NOT NULL AND known_at <= later_day), false) AS equals_current
  FROM matched GROUP BY line
)
SELECT changed.*, equals_newest, newest_book, newest_arrival, NOT coalesce(CASE
    WHEN NOT is_last THEN equals_one
    WHEN known_at IS NOT NULL THEN equals_newest
    ELSE {last} END, false) AS is_new
FROM changed LEFT JOIN found USING (line)
"""


def _confirmed_sql(book: BookDay) -> str:
    """SQL for ``arrival`` of the versions of older books that are repeated in ``book``."""
    older = f"newest_book < DATE '{book.day.isoformat()}'"
    return (
        f"SELECT newest_arrival AS arrival FROM {_JUDGED}"
        f" WHERE known_at IS NULL AND is_last AND equals_newest AND {older}"
    )


def _known_lines_sql(table: Table) -> str:
    """SQL that collects the lines not to be stored in the table ``intake_known``."""
    key = ", ".join(table.key)
    return f"""
CREATE OR REPLACE TEMP TABLE {_KNOWN} AS
WITH grouped AS (
  SELECT *, bool_or(is_new) OVER (PARTITION BY {key}, known_at) AS any_new FROM {_JUDGED}
)
SELECT line FROM {_COMPARED}
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
