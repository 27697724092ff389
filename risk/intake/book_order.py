"""The order of undated books: the newest one decides the present state of a record.

A book counts for its day, the stated one or that of the import, and a version for the newest book
that has it; a version with its own day of knowledge counts for that day. Books may arrive in
another order than that of their days, and a version may be known only later than the book that
corrects it (an event planned for next month and then moved). In both cases another version would
follow the newest one. The newest is then stored again, known on the day of the version it replaces,
but not before its own book. So an older book changes only the time before the newer one.
"""

from __future__ import annotations

import datetime as dt

from risk.contract import DatedBy, Table
from risk.effective_rows import effective_rows_sql
from risk.intake.imported_files import (
    BORROWED_FIELDS,
    CONFIRMED_VERSIONS,
    book_days_sql,
    record_borrowed,
    record_copies,
)
from risk.store.store import RecordStore

_COPIES = "intake_copies"


def evidence_sql(table: Table, keys: str) -> str:
    """SQL of the stored versions of ``keys`` that count, each with its book's day and origin.

    They are called ``evidence`` and ``origin``, which is empty for books and records sent;
    ``borrowed`` are the fields it has from other origins.

    ``keys`` is SQL of rows with the columns of the key.
    """
    same = _same(table, "stored", "k")
    given_later = f"""
      EXISTS (FROM of_keys given WHERE {_same(table, "given", "r")}
        AND coalesce(given.dated_by, 'given') = 'given' AND given.arrival > r.arrival)
    """
    book_day = f"""
      CASE
        WHEN coalesce(r.dated_by, 'given') = 'given' THEN r.known_at
        WHEN r.dated_by IN ('{DatedBy.UNFOLDED}', '{DatedBy.SEALED}') AND {given_later}
          THEN r.known_at
        ELSE coalesce(book.book_day, r.known_at) END
    """
    return f"""
      WITH of_keys AS (
        SELECT stored.* FROM {table.name} stored SEMI JOIN ({keys}) k ON {same}
      )
      SELECT r.*, greatest({book_day}, again.book_day) AS evidence,
        coalesce(book.origin, '') AS origin, coalesce(lent.fields, []) AS borrowed
      FROM ({effective_rows_sql(table, "of_keys")}) r
      LEFT JOIN ({book_days_sql(table)}) book
        ON r.arrival BETWEEN book.first_arrival AND book.last_arrival
      LEFT JOIN {BORROWED_FIELDS} lent
        ON lent.table_name = '{table.name}' AND lent.arrival = r.arrival
      LEFT JOIN {CONFIRMED_VERSIONS} again
        ON again.table_name = '{table.name}' AND again.arrival = r.arrival
    """


def restore_newest_books(
    store: RecordStore, table: Table, first_arrival: int, *, today: dt.date
) -> None:
    """Let the newest book decide the present state of records with later rows in this import.

    Call it in the transaction that stored rows from ``first_arrival`` on, after they were dated.
    """
    key = ", ".join(table.key)
    later = ", ".join(f"'{one}'" for one in (DatedBy.STATED, DatedBy.IMPORT, DatedBy.SEALED))
    keys = (
        f"SELECT {key} FROM {table.name}"
        f" WHERE arrival >= {int(first_arrival)} AND dated_by IN ({later})"
    )
    if not store.rows(f"SELECT 1 FROM ({keys}) LIMIT 1"):
        return
    copies = _copies_sql(table, keys, first_arrival)
    store.rows(f"CREATE OR REPLACE TEMP TABLE {_COPIES} AS {copies}")
    for day, origin, count in store.rows(
        f"SELECT evidence, origin, count(*) FROM {_COPIES} GROUP BY ALL ORDER BY ALL"
    ):
        first = store.rows(f"SELECT min(nextval('arrivals')) FROM range({count})")[0][0]
        _insert(store, table, day, origin, first)
        record_copies(store, table, today, range(first, first + count), day, origin)
    store.rows(f"DROP TABLE {_COPIES}")


def _insert(store: RecordStore, table: Table, day: dt.date, origin: str, first: int) -> None:
    listed = ", ".join(field.name for field in table.fields)
    order = ", ".join([*table.key, "copied_on"])
    copies = f"FROM {_COPIES} WHERE evidence = $1 AND origin = $2"
    number = f"{first} - 1 + row_number() OVER (ORDER BY {order})"
    store.rows(
        f"INSERT INTO {table.name} ({listed}, known_at, withdrawn, dated_by, arrival)"
        f" SELECT {listed}, copied_on, withdrawn, copied_by, {number}"
        f" {copies} ORDER BY {order}",
        [day, origin],
    )
    record_borrowed(store, table, f"SELECT {number} AS arrival, borrowed {copies}", [day, origin])


def _copies_sql(table: Table, keys: str, first_arrival: int) -> str:
    """SQL of the newest book's version of each key, once per day on which another follows it."""
    key = ", ".join(table.key)
    copied_on = "greatest(v.known_at, newest.evidence)"
    return f"""
      WITH versions AS ({evidence_sql(table, keys)}),
      newest AS (
        SELECT * FROM versions
        QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY evidence DESC, arrival DESC) = 1
      )
      SELECT DISTINCT newest.*, {copied_on} AS copied_on,
        CASE WHEN newest.dated_by IN ('{DatedBy.IMPORT}', '{DatedBy.SEALED}', '{DatedBy.MERGED}')
          THEN newest.dated_by ELSE '{DatedBy.STATED}' END AS copied_by
      FROM versions v JOIN newest ON {_same(table, "v", "newest")}
      WHERE (v.known_at, v.arrival) > (newest.known_at, newest.arrival)
        AND greatest(v.arrival, newest.arrival) >= {int(first_arrival)}
    """


def _same(table: Table, one: str, other: str) -> str:
    # Parts of a key may be NULL, and NULL equals NULL here.
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in table.key)
