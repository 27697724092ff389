"""Record store: every version of every record, in one DuckDB file.

Each table of the contract is one table with its fields (money in fen, months as their first day)
and ``known_at``. ``arrival`` is a number that grows with every stored version; ``dated_by`` says
where ``known_at`` comes from (:class:`risk.contract.DatedBy`, NULL is given); ``withdrawn`` marks a
version in which the authority took the record back (NULL is false). Rows are never overwritten.

The ``<table>_versions`` views give the state before a date: ``superseded_at`` is the day from which
a later version replaces a row. They have neither withdrawn versions nor those that dated ones
replaced (:mod:`risk.effective_rows`).
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from risk.contract import KNOWN_AT, OWN_TABLES, STORED_AS, STORED_TABLES, TABLES, Table
from risk.effective_rows import effective_rows_sql
from risk.errors import WagewatchError
from risk.store.connection import connect
from risk.store.row_hashes import Sums, columns, records_digest, row_sums_sql
from risk.store.row_sums import COLUMNS, ROW_SUMS, known_sums
from risk.store.temp_directory import TempDirectory, acquire
from risk.unit_kinds import EMPLOYERS_SCHEMA, Kind, base_views

if TYPE_CHECKING:
    from risk.minimum_wage import MinimumWage

_OPENINGS = "openings"
_SEALS = "seals"
_SCHEMA = "stored_schema"
_FILTERED = "filtered_"

MARKS: Mapping[str, str] = {"dated_by": "VARCHAR", "withdrawn": "BOOLEAN"}
"""SQL types of the stored columns that describe a version; they are in no digest."""


class RecordStoreBusy(WagewatchError):
    """Another process has the record store open."""

    code = "record_store_busy"


class RecordStoreUnreadable(WagewatchError):
    """The file is not a record store."""

    code = "record_store_unreadable"


class RecordStoreMissing(WagewatchError):
    """There is no record store yet: nothing was imported."""

    code = "record_store_missing"


@dataclass(frozen=True)
class FeedSpan:
    """Contents of one table: distinct rows, versions, and first and last ``known_at``."""

    table: str
    rows: int
    versions: int
    first_known_at: dt.date | None
    last_known_at: dt.date | None


class RecordStore:
    """Open record store. Use as a context manager; one process writes at a time.

    ``kind`` is the kind of unit its tables show, see :mod:`risk.unit_kinds`. ``last_arrival`` is
    the largest arrival number its tables show; None for all rows.
    """

    kind: Kind = "project"
    last_arrival: int | None = None
    minimum_wages: Sequence[MinimumWage] | None = None
    """Minimum wages for features of this store; None for those shipped with the law."""
    settled_at: dt.date | None = None
    """The date of its table of payments by payroll, see :mod:`risk.store.settled`."""
    memory_gb: float | None = None
    """The memory limit; None for that of DuckDB."""
    _lacks_employer_views = False
    _caches_superseded = False
    _database_name = ""

    def __init__(
        self, path: Path | str, *, read_only: bool = False, memory_gb: float | None = None
    ) -> None:
        """Open ``path`` (or ``":memory:"``), creating the tables if the store is new.

        Data beyond ``memory_gb`` is spilled to disk, see :mod:`risk.store.temp_directory`; by
        default DuckDB uses up to 80 % of the machine's memory.

        Raises:
            RecordStoreBusy: another process has the file open.
            RecordStoreMissing: the file does not exist and ``read_only`` is set.
            RecordStoreUnreadable: the file is not a record store.
        """
        self._views: list[RecordStore] = []
        if str(path) != ":memory:":
            if read_only and not Path(path).is_file():
                raise RecordStoreMissing(path=str(path))
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            self.connection = connect(str(path), read_only=read_only)
            if read_only and not self._has_current_schema():
                self._reopen_upgraded(path)
        except duckdb.ConnectionException as error:
            # Open in this process with other options.
            raise RecordStoreBusy(path=str(path)) from error
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise RecordStoreBusy(path=str(path)) from error
            raise RecordStoreUnreadable(path=str(path)) from error
        self._temp_directory = self._set_temp_directory(
            None if str(path) == ":memory:" else Path(path)
        )
        self.memory_gb = memory_gb
        self._limit_memory(1)
        if not read_only:
            self._prepare_to_write(is_temporary=str(path) == ":memory:")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and what it was :meth:`for_kind`; further use is an error."""
        for view in self._views:
            view.close()
        self.connection.close()
        if self._temp_directory:
            self._temp_directory.release()
            self._temp_directory = None

    def for_kind(self, kind: Kind) -> RecordStore:
        """The same store with the views of ``kind``; closing it leaves this one open."""
        return self._view(kind, self.last_arrival)

    def up_to(self, arrival: int) -> RecordStore:
        """The same store without the rows that arrived after ``arrival``; read only.

        Versions, supersession, linked complaints and the views of employers are derived from the
        remaining rows, as they were when ``arrival`` was the newest. Closing it leaves this one
        open.
        """
        return self._view(self.kind, arrival)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """New connection to the same store, kind and rows; close it after use."""
        cursor = self.connection.cursor()
        self._show_views(cursor)
        return cursor

    def stored(self, table: str) -> str:
        """SQL for the stored rows of ``table``, whichever kind of unit the store shows."""
        name = f'"{self._database()}".main.{table}'
        is_limited = self.last_arrival is not None and table in STORED_TABLES
        return f"(FROM {name} WHERE {self.row_filter()})" if is_limited else name

    def row_filter(self, known_before: dt.date | None = None) -> str:
        """SQL condition of the stored rows shown, of those known before ``known_before``."""
        conditions = []
        if self.last_arrival is not None:
            conditions.append(f"arrival <= {int(self.last_arrival)}")
        if known_before is not None:
            conditions.append(f"known_at < DATE '{known_before.isoformat()}'")
        return " AND ".join(conditions) or "true"

    def filtered_views(self, known_before: dt.date | None = None) -> Mapping[str, str]:
        """SQL of temporary views that hide the rows outside :meth:`row_filter`.

        On one connection, a temporary view hides the stored table or view of the same name.
        """
        condition, database = self.row_filter(known_before), self._database()
        views = {
            f"{_FILTERED}{name}": f'SELECT * FROM "{database}".main.{name} WHERE {condition}'
            for name in STORED_TABLES
        }
        for name, table in STORED_TABLES.items():
            views[f"{_FILTERED}{name}_versions"] = versions_sql(table, _FILTERED)
        for name in STORED_TABLES:
            views[name] = f"SELECT * FROM {_FILTERED}{name}"
            views[f"{name}_versions"] = f"SELECT * FROM {_FILTERED}{name}_versions"
        views.update(views_for_kind(self.kind, _FILTERED))
        return views

    def superseded_sql(self, table: Table) -> tuple[str, str]:
        """:func:`superseded_sql` over the rows this store shows."""
        stored = f'"{self._database()}".main.{table.name}'
        return superseded_sql(
            table, f"(SELECT *, rowid AS place FROM {stored} WHERE {self.row_filter()})"
        )

    def cache_superseded(self) -> None:
        """Compute once which rows are superseded, for all later queries of this connection.

        Use it for a store with many queries and no writes in between.
        """
        if self.kind != "project":
            return  # its tables are views, whose rows have no rowid
        for name, table in STORED_TABLES.items():
            is_linked = name == "complaints"
            for sql in self._linked_sql() if is_linked else self.superseded_sql(table):
                self.connection.execute(sql)
        self._caches_superseded = True

    def _linked_sql(self) -> tuple[str, str]:
        """SQL for a temporary table of the versions of complaints, and for the view of them.

        They depend on the links too, and to plan that takes as long as to make the table.
        """
        is_limited = self.last_arrival is not None
        rows = _FILTERED if is_limited else f'"{self._database()}".main.'
        return (
            "CREATE OR REPLACE TEMP TABLE linked_complaints AS"
            f" {versions_sql(STORED_TABLES['complaints'], rows)}",
            "CREATE OR REPLACE TEMP VIEW complaints_versions AS FROM linked_complaints",
        )

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; pass values as ``parameters``, never inside ``sql``."""
        return self.connection.execute(sql, list(parameters)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Transaction that is committed if the block succeeds and rolled back otherwise."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def leaving_memory(self, share: float) -> Iterator[None]:
        """Use less than the memory limit in the block, and leave ``share`` of it to the program."""
        # What is in use may not fit into less; then nothing is left.
        with suppress(duckdb.OutOfMemoryException):
            self._limit_memory(1 - share)
        try:
            yield
        finally:
            self._limit_memory(1)

    def _limit_memory(self, share: float) -> None:
        if self.memory_gb is not None:
            megabytes = int(self.memory_gb * 1000 * share)
            self.connection.execute(f"SET memory_limit = '{megabytes}MB'")

    def feeds(self) -> list[FeedSpan]:
        """Contents of each table in contract order, then of our own tables that have rows."""
        filled = self.tables_with_rows()
        return [
            self._feed(table) if name in filled else FeedSpan(name, 0, 0, None, None)
            for name, table in STORED_TABLES.items()
            if name in filled or name not in OWN_TABLES
        ]

    def missing_feeds(self) -> list[str]:
        """Tables of the contract without rows."""
        filled = self.tables_with_rows()
        return [name for name in TABLES if name not in filled]

    def tables_with_rows(self, after: int | None = None) -> set[str]:
        """Names of the stored tables with any row, or any whose arrival number exceeds ``after``.

        One query; queries of empty tables take as long to plan as those of full ones.
        """
        condition = "" if after is None else f" WHERE arrival > {int(after)}"
        query = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (FROM {name}{condition})" for name in STORED_TABLES
        )
        return {name for (name,) in self.rows(query)}

    def last_drawn(self) -> int:
        """The last arrival number that was drawn, also for rows that were rolled back; else 0."""
        query = (
            "SELECT coalesce(last_value, start_value - 1) FROM duckdb_sequences()"
            " WHERE sequence_name = 'arrivals'"
        )
        return int(self.rows(query)[0][0])

    def has_table(self, name: str) -> bool:
        """Whether the store has a table that imports create; one opened read-only may lack it."""
        # Without a query, which takes a millisecond, and leaves a transaction as it is.
        try:
            self.connection.table(name)
        except duckdb.CatalogException:
            return False
        return True

    def digest(self, as_of: dt.date) -> str:
        """SHA-256 over all rows as known before ``as_of``, independent of their order.

        Each row's text is hashed and the hashes are summed, so the same rows give the same digest
        in any order of arrival. Where the superseded rows are cached, sums that an import stored
        are used (:mod:`risk.store.row_sums`).
        """
        filled = self.tables_with_rows()
        known = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
        tables = [STORED_TABLES[name] for name in STORED_TABLES if name in filled]
        stored = known_sums(self, [table for table in tables if self._is_cached(table)], as_of)
        found: dict[str, Sums] = {}
        for table in tables:
            shown = f"(FROM {table.name}_versions WHERE {known})"
            sums = stored.get(table.name)
            found[table.name] = sums or self.rows(row_sums_sql(table, shown), [as_of])[0]
        return records_digest(found)

    def _is_cached(self, table: Table) -> bool:
        return self._caches_superseded and table.name != "complaints"

    def _feed(self, table: Table) -> FeedSpan:
        key = ", ".join(table.key)
        row = self.rows(
            f"SELECT (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {table.name})),"
            f" count(*), min(known_at), max(known_at) FROM {table.name}"
        )[0]
        return FeedSpan(table.name, *row)

    def _view(self, kind: Kind, last_arrival: int | None) -> RecordStore:
        view = object.__new__(RecordStore)
        view.kind, view.last_arrival = kind, last_arrival
        view.minimum_wages, view.memory_gb = self.minimum_wages, self.memory_gb
        view.connection, view._views = self.connection.cursor(), []
        view._temp_directory = None
        if kind == "employer" and self._lacks_employer_views:
            view.connection.execute(_employer_views_sql())
            self._lacks_employer_views = False
        view._lacks_employer_views = self._lacks_employer_views
        view._show_views(view.connection)
        self._views.append(view)
        return view

    def _show_views(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let ``connection`` read the views of the store's kind, of the rows the store shows."""
        _set_search_path(connection, self.kind)
        if self.last_arrival is not None:
            for name, sql in self.filtered_views().items():
                connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")

    def _database(self) -> str:
        if not self._database_name:
            self._database_name = str(self.rows("SELECT current_database()")[0][0])
        return self._database_name

    def _set_temp_directory(self, store: Path | None) -> TempDirectory | None:
        directory = acquire(store)
        if directory:
            place = str(directory.folder).replace("'", "''")
            # A connection that outlived its store may already use another folder; it stays there.
            with suppress(duckdb.NotImplementedException):
                self.connection.execute(f"SET temp_directory = '{place}'")
        return directory

    def _has_current_schema(self) -> bool:
        """Whether the last release that opened the store for writing had this schema."""
        newest = f"(SELECT mark FROM main.{_OPENINGS} ORDER BY after_arrival DESC LIMIT 1)"
        try:
            found = self.rows(f"SELECT digest FROM main.{_SCHEMA} WHERE opening = {newest}")
        except duckdb.CatalogException:  # a new file, or one of an earlier release
            return False
        return found == [(_schema_digest(),)]

    def _reopen_upgraded(self, path: Path | str) -> None:
        """Bring the schema up to date and open the store read-only again.

        If it cannot be written now, it is read as it is, provided that it has all tables and
        columns.
        """
        complete = self._is_complete()
        self.connection.close()
        try:
            RecordStore(path).close()
        except (RecordStoreBusy, RecordStoreUnreadable):
            if not complete:
                raise
        self.connection = connect(str(path), read_only=True)

    def _is_complete(self) -> bool:
        found = {row[0] for row in self.rows("SELECT table_name FROM duckdb_tables()")}
        schemas = {row[0] for row in self.rows("SELECT schema_name FROM duckdb_schemas()")}
        complete = {*STORED_TABLES, _OPENINGS, _SEALS} <= found and EMPLOYERS_SCHEMA in schemas
        return complete and not self._missing_columns()

    def _missing_columns(self) -> list[tuple[str, str, str]]:
        """(table, column, SQL type) of the columns that an earlier release did not store."""
        found = set(
            self.rows(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main'"
            )
        )
        return [
            (name, column, kind)
            for name, table in STORED_TABLES.items()
            for column, kind in optional_columns(table).items()
            if (name, column) not in found
        ]

    def _prepare_to_write(self, *, is_temporary: bool) -> None:
        """Create what is missing; ``is_temporary`` stores are new and often read by one kind."""
        # Outside the transaction: the query fails on a new file.
        is_current = not is_temporary and self._has_current_schema()
        with self.transaction():
            if is_temporary:
                self._lacks_employer_views = True
                self.connection.execute(_tables_sql())
                self.connection.execute(_versions_sql())
            elif not is_current:
                self._upgrade_schema()
            self._mark_opening()

    def _upgrade_schema(self) -> None:
        self.connection.execute(_tables_sql())
        for name, column, kind in self._missing_columns():
            self.connection.execute(f"ALTER TABLE {name} ADD COLUMN {column} {kind}")
        self.connection.execute(_versions_sql())
        self.connection.execute(_employer_views_sql())

    def _mark_opening(self) -> None:
        """Store a unique mark for the arrival numbers drawn from now on.

        A store that is rebuilt or restored from a backup draws the same numbers for other rows;
        caches derived from records distinguish them by the mark (``features.cache.fingerprint``).
        """
        drawn = self.last_drawn()
        # Marks of openings that stored nothing are removed.
        self.connection.execute(f"DELETE FROM {_OPENINGS} WHERE after_arrival >= ?", [drawn])
        inserted = f"INSERT INTO {_OPENINGS} VALUES (?, uuid()) RETURNING mark"
        mark = self.rows(inserted, [drawn])[0][0]
        # An earlier release that writes adds an opening without a digest.
        self.connection.execute(f"DELETE FROM {_SCHEMA}")
        self.connection.execute(f"INSERT INTO {_SCHEMA} VALUES (?, ?)", [_schema_digest(), mark])


def optional_columns(table: Table) -> dict[str, str]:
    """SQL types of the stored columns that files of earlier releases lack, by name."""
    added = {field.name: STORED_AS[field.type] for field in table.fields if field.added}
    return {**added, **MARKS}


def _tables_sql() -> str:
    """SQL that creates the tables a store lacks, and the sequence of arrivals."""
    tables = {
        _SEALS: "digest VARCHAR NOT NULL, sealed_through DATE NOT NULL, arrival BIGINT",
        _OPENINGS: "after_arrival BIGINT, mark UUID",
        _SCHEMA: "digest VARCHAR NOT NULL, opening UUID NOT NULL",
        ROW_SUMS: COLUMNS,
        **{name: _columns_sql(table) for name, table in STORED_TABLES.items()},
    }
    created = (f"CREATE TABLE IF NOT EXISTS {name} ({body})" for name, body in tables.items())
    return "; ".join(["CREATE SEQUENCE IF NOT EXISTS arrivals", *created])


def _columns_sql(table: Table) -> str:
    body = ", ".join(f"{name} {kind}" for name, kind in columns(table))
    marks = ", ".join(f"{name} {kind}" for name, kind in MARKS.items())
    return f"{body}, arrival BIGINT NOT NULL, {marks}"


@functools.cache
def _versions_sql() -> str:
    """SQL that creates or replaces the ``_versions`` views of all stored tables."""
    return "; ".join(
        f"CREATE OR REPLACE VIEW {name}_versions AS {versions_sql(table)}"
        for name, table in STORED_TABLES.items()
    )


def known_kinds(store: RecordStore, as_of: dt.date) -> list[Kind]:
    """Kinds of unit with any unit known before ``as_of``; always includes projects."""
    query = "SELECT EXISTS (FROM projects WHERE known_at < ?)"
    [(has_employers,)] = store.for_kind("employer").rows(query, [as_of])
    return ["project", "employer"] if has_employers else ["project"]


def views_for_kind(kind: Kind, prefix: str) -> Mapping[str, str]:
    """SQL of the views of ``kind`` that differ from the stored tables, with ``_versions`` views.

    ``prefix`` is put in front of the names of stored tables.
    """
    view = dict(base_views(kind, prefix))
    for name in list(view):
        table = STORED_TABLES.get(name)
        if table is not None and f"{name}_versions" not in view:
            view[f"{name}_versions"] = versions_sql(table, rows=f"({view[name]})")
    return view


@functools.cache
def _employer_views_sql() -> str:
    """SQL that creates or replaces the views of employers."""
    views = (
        f"CREATE OR REPLACE VIEW {EMPLOYERS_SCHEMA}.{name} AS {sql}"
        for name, sql in views_for_kind("employer", "main.").items()
    )
    return "; ".join([f"CREATE SCHEMA IF NOT EXISTS {EMPLOYERS_SCHEMA}", *views])


@functools.cache
def _schema_digest() -> str:
    """SHA-256 of the SQL of all tables and views, equal as long as a release changes none."""
    whole = "; ".join([_tables_sql(), _versions_sql(), _employer_views_sql()])
    return hashlib.sha256(whole.encode()).hexdigest()


def _set_search_path(connection: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    if kind == "employer":
        connection.execute(f"SET search_path = '{EMPLOYERS_SCHEMA},main'")


def versions_sql(table: Table, prefix: str = "", rows: str | None = None) -> str:
    """SQL for every version of ``table`` with ``superseded_at``.

    It reads the stored table, whose name is preceded by ``prefix``, or the subquery ``rows``.

    A complaint that names no project gets the project a person linked it to, and
    ``linked_org_id``, from the day that decision was known; a project named in the authority's own
    record takes precedence.
    """
    if table.name == "complaints":
        return _linked_complaints(prefix)
    key = ", ".join(table.key)
    effective = effective_rows_sql(table, rows or prefix + table.name)
    return f"""
        SELECT * FROM (
          SELECT *, lead(known_at) OVER (PARTITION BY {key} ORDER BY known_at, arrival)
            AS superseded_at
          FROM ({effective}) effective
        ) v WHERE withdrawn IS NOT TRUE
    """


def superseded_sql(table: Table, stored: str) -> tuple[str, str]:
    """SQL for a temporary table of superseded rows, and for a versions view that joins it.

    ``stored`` is SQL for the rows of the stored table, with their row ids as ``place``. Both belong
    to the connection and hide the stored view. The window covers only keys with several versions; a
    window over all rows would sort the whole table on every read. Not for complaints, whose
    versions depend on their links too.
    """
    key = ", ".join(table.key)
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM again.{name}" for name in table.key)
    return (
        f"""
        CREATE OR REPLACE TEMP TABLE {table.name}_superseded AS
        WITH several AS (
          SELECT t.*
          FROM {stored} t
          JOIN (SELECT {key} FROM {stored} GROUP BY {key}
                HAVING count(*) > 1 OR bool_or(withdrawn)) again ON {same}
        ), effective AS (
          SELECT place, withdrawn,
                 lead(known_at) OVER (PARTITION BY {key} ORDER BY known_at, arrival)
                   AS superseded_at
          FROM ({effective_rows_sql(table, "several")}) e
        )
        SELECT several.place, effective.superseded_at,
               effective.place IS NULL OR effective.withdrawn IS TRUE AS hidden
        FROM several LEFT JOIN effective ON effective.place = several.place
        WHERE effective.superseded_at IS NOT NULL OR effective.place IS NULL
           OR effective.withdrawn IS TRUE
        """,
        f"""
        CREATE OR REPLACE TEMP VIEW {table.name}_versions AS
        SELECT t.* EXCLUDE (place), s.superseded_at
        FROM {stored} t LEFT JOIN {table.name}_superseded s ON s.place = t.place
        WHERE s.hidden IS NOT TRUE
        """,
    )


def _linked_complaints(prefix: str) -> str:
    # Each version combines the latest version of the complaint with the latest link decision.
    fields = [name for name, _ in columns(TABLES["complaints"]) if name != KNOWN_AT.name]
    selected = ", ".join(
        "coalesce(report.project_id, link.project_id) AS project_id"
        if name == "project_id"
        else f"report.{name} AS {name}"
        for name in fields
    )
    complaints = effective_rows_sql(TABLES["complaints"], f"{prefix}complaints")
    return f"""
        WITH effective AS ({complaints}), changes AS (
          SELECT complaint_id, known_at, arrival, 1 AS is_report, 0 AS is_link
          FROM effective
          UNION ALL
          SELECT complaint_id, known_at, arrival, 0, 1 FROM {prefix}links
        ), states AS (
          SELECT complaint_id, known_at, arrival,
                 sum(is_report) OVER so_far AS report_no, sum(is_link) OVER so_far AS link_no,
                 lead(known_at) OVER (
                   PARTITION BY complaint_id ORDER BY known_at, arrival, is_report)
                   AS superseded_at
          FROM changes
          WINDOW so_far AS (PARTITION BY complaint_id ORDER BY known_at, arrival, is_report
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        ), report AS (
          SELECT *, row_number() OVER (PARTITION BY complaint_id ORDER BY known_at, arrival)
                      AS report_no
          FROM effective
        ), link AS (
          SELECT complaint_id,
                 CASE WHEN counts THEN project_id END AS project_id,
                 CASE WHEN counts THEN org_id END AS org_id, link_no
          FROM (
            SELECT *, decision = 'linked' AND withdrawn IS NOT TRUE AS counts,
                   row_number() OVER (PARTITION BY complaint_id ORDER BY known_at, arrival)
                     AS link_no
            FROM {prefix}links
          ) numbered
        )
        SELECT {selected}, states.known_at, states.arrival, report.dated_by, report.withdrawn,
               link.org_id AS linked_org_id,
               report.project_id IS NULL
                 AND (link.project_id IS NOT NULL OR link.org_id IS NOT NULL) AS linked,
               states.superseded_at
        FROM states
        JOIN report
          ON report.complaint_id = states.complaint_id AND report.report_no = states.report_no
        LEFT JOIN link
          ON link.complaint_id = states.complaint_id AND link.link_no = states.link_no
        WHERE report.withdrawn IS NOT TRUE
    """
