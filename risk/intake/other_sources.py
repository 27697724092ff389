"""Values that a source leaves empty and another source knows.

An empty field is unknown, so a row that lacks a field must not replace what another source knows of
the record. The origin of a row is the name of the source it was pulled from; all books that people
import, and records sent over the API, are one origin, the empty name. A row takes the fields it
lacks from the newest version that each other origin has of the record, if it was known by the
row's day; of several values the newest counts. A source may empty its own values: what a version
has borrowed from others is remembered and never lent.
"""

from __future__ import annotations

from collections.abc import Sequence

from risk.contract import DatedBy, Table
from risk.intake.book_order import evidence_sql
from risk.intake.imported_files import has_other_origins
from risk.intake.unfolded_versions import BookDay, later_day_sql
from risk.store.store import RecordStore

BORROWED = "intake_borrowed"
"""Table of the fields that each line has from other sources."""

_KNOWN = "intake_known_elsewhere"


def fill_from_other_sources(
    store: RecordStore, table: Table, staged: str, book: BookDay, origin: str
) -> int:
    """Fill empty fields of the rows of ``staged``, which has a column ``line``, in place.

    Return the number of rows that got a value; their fields are in :data:`BORROWED`, which
    may be missing without any. Call it before the rows are compared and stored.
    """
    if not has_other_origins(store, table, origin):
        return 0
    store.rows(f"CREATE OR REPLACE TEMP TABLE {BORROWED} (line BIGINT, fields VARCHAR[])")
    fields = [field.name for field in table.fields if field.name not in table.key]
    known = _known_sql(table, fields, staged, book)
    store.rows(f"CREATE OR REPLACE TEMP TABLE {_KNOWN} AS {known}", [origin])
    gained = ", ".join(
        f"CASE WHEN s.{name} IS NULL AND k.{name} IS NOT NULL THEN '{name}' END" for name in fields
    )
    store.rows(f"""
      INSERT INTO {BORROWED} SELECT * FROM (
        SELECT line, list_sort(list_distinct([{gained}])) AS fields
        FROM {staged} s JOIN {_KNOWN} k USING (line)
      ) WHERE len(fields) > 0
    """)
    filled = ", ".join(f"{name} = coalesce({staged}.{name}, k.{name})" for name in fields)
    store.rows(f"UPDATE {staged} SET {filled} FROM {_KNOWN} k WHERE {staged}.line = k.line")
    store.rows(f"DROP TABLE {_KNOWN}")
    return int(store.rows(f"SELECT count(*) FROM {BORROWED}")[0][0])


def _known_sql(table: Table, fields: Sequence[str], staged: str, book: BookDay) -> str:
    """SQL of the values that other origins than $1 know by line.

    Versions that were moved behind a list were known to its book before; the undated row moves too.
    """
    key = ", ".join(table.key)
    same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM v.{name}" for name in table.key)
    values = ", ".join(
        f"arg_max({name}, row(evidence, arrival)) FILTER ({name} IS NOT NULL"
        f" AND NOT list_contains(borrowed, '{name}')) AS {name}"
        for name in fields
    )
    return f"""
      WITH versions AS ({evidence_sql(table, f"SELECT {key} FROM {staged}")}),
      rows AS (
        SELECT {key}, line, known_at AS given, {later_day_sql(table, book)} AS later_day
        FROM {staged}
      ),
      newest AS (
        SELECT s.line, v.*
        FROM rows s JOIN versions v ON {same}
        WHERE v.origin <> $1 AND (
          v.known_at <= coalesce(s.given, s.later_day)
          OR (s.given IS NULL AND v.dated_by = '{DatedBy.SEALED}'
            AND v.evidence <= DATE '{book.day.isoformat()}')
        )
        QUALIFY row_number() OVER (
          PARTITION BY s.line, v.origin ORDER BY v.evidence DESC, v.arrival DESC) = 1
      )
      SELECT line, {values} FROM newest WHERE withdrawn IS NOT TRUE GROUP BY line
    """
