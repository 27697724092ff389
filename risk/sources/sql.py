"""Sources of the kind ``sql``: another system's database, with one SELECT per table of records.

The folder ``queries`` has files such as ``payments.sql``; their columns are named by the contract
or by a layout. The session is read only and rows are streamed. A table with a column in
``incremental`` is read from the last value of that column on, in parts, so that a bound or an
interruption loses only the last part; other tables are read whole each time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from sqlalchemy import Connection, CursorResult, Engine, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from risk.contract import STORED_TABLES, Table
from risk.intake.layouts.layout import source_layouts
from risk.sources.cells import Cell
from risk.sources.columns import Columns, match_columns
from risk.sources.errors import SourceError, SourceRefused, SourceUnavailable, UnitRefused
from risk.sources.politeness import Pacer, TryAgain
from risk.sources.secrets import Secret, read_secret
from risk.sources.select import require_select
from risk.sources.settings import SourceSettings
from risk.sources.source import PulledRow, SourceContext, Unit

PART = 50_000
"""Rows of one part of an incremental table; rows of one value of its column stay together."""

_FETCHED = 1000
"""Rows the database sends at once."""

_MOST_QUERY = 100_000
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
_EXTRAS = {"psycopg": "postgresql", "pymysql": "mysql"}
_DATES = {"since", "until"}


class Settings(SourceSettings):
    """Settings of a database.

    ``url`` is an SQLAlchemy URL without password, which is the secret. ``queries`` is a folder in
    the workspace. ``incremental`` names a column of a query by table, for example the time of the
    last change.
    """

    allowed: ClassVar[Mapping[str, str]] = {"url": "sql_url"}

    url: Annotated[str, Field(min_length=3, max_length=1000)]
    queries: Annotated[str, Field(min_length=1, max_length=500)] = "queries"
    incremental: Mapping[str, str] = {}

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str) -> str:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ValueError(url) from error
        if parsed.password is not None:
            raise ValueError("password")
        return url

    @field_validator("incremental")
    @classmethod
    def _of_tables(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        if not set(columns) <= set(STORED_TABLES) or not all(columns.values()):
            raise ValueError(columns)
        return columns


class QueriesMissing(SourceError):
    """The folder has no query file, or one with another name than a table's.

    Carries ``folder``, ``found`` and ``allowed``.
    """

    code = "queries_missing"


class DriverMissing(SourceError):
    """The driver of the database is not installed. Carries ``driver`` and ``extra``."""

    code = "driver_missing"


class IncrementalColumnMissing(UnitRefused):
    """The query has no such column. Carries ``table``, ``column`` and ``found``."""

    code = "incremental_column_missing"


class DateMissing(UnitRefused):
    """The query needs a date that the settings do not have. Carries ``table`` and ``name``."""

    code = "query_date_missing"


class ColumnRepeated(UnitRefused):
    """Two columns of a query have one name. Carries ``table`` and ``column``."""

    code = "query_column_repeated"


class CellUnsupported(UnitRefused):
    """A column has values that no field can hold. Carries ``table``, ``column`` and ``found``."""

    code = "cell_unsupported"


@contextmanager
def open_source(settings: Settings, context: SourceContext) -> Iterator[SqlSource]:
    """Connect to the database for the time of a pull, in one read-only transaction.

    Raises:
        QueriesMissing, QueryRefused: there is no query, or one is no SELECT.
        SecretMissing, DriverMissing: there is no password or no driver.
        SourceUnavailable, SourceRefused: the database cannot be reached, or refuses the user.
    """
    queries = _queries(settings, context)
    secret = read_secret(settings, context.folder)
    engine = _engine(settings, secret)
    pacer = Pacer(settings.name, 10.0, context.meter)
    try:
        with pacer.call(lambda: _connect(settings, engine, secret)) as connection:
            _bound_session(connection, context.meter.seconds_left)
            yield SqlSource(settings, context, connection, queries, secret)
    finally:
        engine.dispose()


class SqlSource:
    """Open database; see :class:`risk.sources.source.Source`."""

    def __init__(
        self,
        settings: Settings,
        context: SourceContext,
        connection: Connection,
        queries: Mapping[str, str],
        secret: Secret,
    ) -> None:
        self._settings = settings
        self._context = context
        self._connection = connection
        self._queries = queries
        self._secret = secret
        self._layouts = source_layouts(context.path("layouts"), settings.layout)

    def units(self, taken: Mapping[str, str]) -> Iterator[Unit]:
        """Yield a unit per table, of an incremental table one per part."""
        for name, query in self._queries.items():
            table = STORED_TABLES[name]
            column = self._settings.incremental.get(name)
            if column is None:
                yield Unit(name, partial(self._whole, table, query))
            else:
                yield from self._parts(_Parts(self, table, query, column, taken.get(name, "")))

    def _whole(self, table: Table, query: str) -> Iterator[PulledRow]:
        with self.execute(table, query, {}) as result:
            columns = self.columns(table, list(result.keys()))
            for row in self.rows(table, result):
                yield PulledRow(table.name, columns.cells(self.converted(table, row)))

    def _parts(self, parts: _Parts) -> Iterator[Unit]:
        try:
            while not parts.ended:
                yield Unit(parts.table.name, parts.fetch, goes_on=True, mark=parts.mark)
        finally:
            parts.close()

    @contextmanager
    def execute(
        self, table: Table, query: str, values: Mapping[str, Any]
    ) -> Iterator[CursorResult[Any]]:
        """Run a query with the dates it names and ``values``; the result is streamed.

        Raises:
            UnitRefused: the database refuses the query.
        """
        self._context.meter.count_request()
        statement = text(query)
        dates = {
            name: self._date(table, name) for name in statement.compile().params if name in _DATES
        }
        try:
            result = self._connection.execute(
                statement,
                {**dates, **values},
                execution_options={"stream_results": True, "yield_per": _FETCHED},
            )
        except SQLAlchemyError as error:
            raise self._refusal(table, error) from error
        with result:
            yield result

    def rows(self, table: Table, result: CursorResult[Any]) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a result by column.

        Raises:
            SourceUnavailable: the connection was cut.
            UnitRefused: the database failed to compute a row.
        """
        blocks, names = result.partitions(_FETCHED), list(result.keys())
        while True:
            self._context.meter.check_time()
            try:
                block = next(blocks, None)
            except SQLAlchemyError as error:
                raise self._refusal(table, error) from error
            if block is None:
                return
            yield from (dict(zip(names, row, strict=True)) for row in block)

    def columns(self, table: Table, names: Sequence[str]) -> Columns:
        """Return how the columns of a result are read.

        Raises:
            ColumnRepeated: two columns have one name.
        """
        for name, count in Counter(names).items():
            if count > 1:
                raise self.refused(table, ColumnRepeated, column=name)
        found = match_columns(table, names, self._layouts)
        if found.unread:
            self._context.meter.unread[table.name] = found.unread
        return found

    def converted(self, table: Table, row: Mapping[str, Any]) -> dict[str, Cell]:
        """Return the cells of a row.

        Raises:
            CellUnsupported: a value is neither text, number, date nor truth value.
        """
        return {name: self._cell(table, name, value) for name, value in row.items()}

    def quoted(self, column: str) -> str:
        """Return a column's name for a query."""
        return self._connection.dialect.identifier_preparer.quote(column)

    def refused(self, table: Table, refusal: type[UnitRefused], **fields: object) -> UnitRefused:
        """Return a refusal of a table's unit."""
        return refusal(source=self._settings.name, table=table.name, **fields)

    def _cell(self, table: Table, name: str, value: object) -> Cell:
        if value is None or isinstance(value, str | bool | int | float | Decimal):
            return value
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            return value.astimezone(ZoneInfo(self._context.timezone)).date()
        if isinstance(value, dt.date):
            return value
        if isinstance(value, bytes | memoryview | dict | list | tuple | set):
            raise self.refused(table, CellUnsupported, column=name, found=type(value).__name__)
        return str(value)

    def _date(self, table: Table, name: str) -> dt.date:
        if name == "until":
            return self._settings.last_day(self._context.today)
        if self._settings.since is None:
            raise self.refused(table, DateMissing, name=name)
        return self._settings.since

    def _refusal(self, table: Table, error: SQLAlchemyError) -> SourceError:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return SourceUnavailable(source=self._settings.name, reason="connection_cut")
        self._connection.rollback()
        detail = f"{table.name}.sql: {_detail(error, self._secret)}"
        return UnitRefused(source=self._settings.name, detail=detail)


class _Parts:
    """Parts of an incremental table, read from one streamed result."""

    def __init__(self, source: SqlSource, table: Table, query: str, column: str, last: str) -> None:
        self.table = table
        self.ended = False
        self._source = source
        self._query = query
        self._column = column
        self._last = _load(last)
        self._open: tuple[Columns, Iterator[Mapping[str, Any]]] | None = None
        self._result: Any = None

    def mark(self) -> str:
        """Return the last value of the column so far; empty before the first row."""
        return _dump(self._last)

    def fetch(self) -> Iterator[PulledRow]:
        """Yield the rows of the next part; an exception ends all parts."""
        try:
            yield from self._part()
        except BaseException:
            self.ended = True
            raise

    def close(self) -> None:
        """Close the result."""
        if self._result is not None:
            self._result.__exit__(None, None, None)

    def _part(self) -> Iterator[PulledRow]:
        columns, rows = self._opened()
        for count, row in enumerate(rows):
            value = row[self._column]
            # Rows of one value are not parted: the next pull begins with that value.
            if count >= PART and value != self._last:
                self._open = columns, chain([row], rows)
                return
            self._last = self._last if value is None else value
            cells = columns.cells(self._source.converted(self.table, row))
            yield PulledRow(self.table.name, cells)
        self.ended = True

    def _opened(self) -> tuple[Columns, Iterator[Mapping[str, Any]]]:
        """The columns, and the rows that follow; the query is run once."""
        if self._open is None:
            self._result = self._source.execute(self.table, self._statement(), self._values())
            result = self._result.__enter__()
            names = list(result.keys())
            if self._column not in names:
                raise self._source.refused(
                    *(self.table, IncrementalColumnMissing),
                    column=self._column,
                    found=", ".join(names),
                )
            columns = self._source.columns(self.table, names)
            self._open = columns, self._source.rows(self.table, result)
        return self._open

    def _statement(self) -> str:
        column = self._source.quoted(self._column)
        # Rows without a value come with every pull: nothing says whether they changed.
        where = "" if self._last is None else f" WHERE {column} >= :last_value OR {column} IS NULL"
        return f"SELECT * FROM ({self._query}) pulled_rows{where} ORDER BY {column}"

    def _values(self) -> Mapping[str, Any]:
        return {} if self._last is None else {"last_value": self._last}


def _queries(settings: Settings, context: SourceContext) -> dict[str, str]:
    """The SELECT of each table that has a query file, in the order of import."""
    folder = context.path(settings.queries)
    files = {path.stem: path for path in sorted(folder.glob("*.sql"))}
    unknown = sorted(set(files) - set(STORED_TABLES))
    if not files or unknown:
        raise QueriesMissing(
            source=settings.name,
            folder=str(folder),
            found=", ".join(f"{name}.sql" for name in unknown) or "-",
            allowed=", ".join(f"{name}.sql" for name in STORED_TABLES),
        )
    return {
        name: require_select(_read(files[name]), source=settings.name, file=files[name].name)
        for name in STORED_TABLES
        if name in files
    }


def _read(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(_MOST_QUERY)


def _engine(settings: Settings, secret: Secret) -> Engine:
    url = _read_only_file(_with_driver(make_url(settings.url)))
    if secret.reveal():
        url = url.set(password=secret.reveal())
    try:
        # hide_parameters: values never become part of an error.
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ModuleNotFoundError as error:
        driver = str(error.name)
        extra = _EXTRAS.get(driver, driver)
        raise DriverMissing(source=settings.name, driver=driver, extra=extra) from error
    except SQLAlchemyError as error:
        raise SourceRefused(source=settings.name, detail=type(error).__name__) from error


def _with_driver(url: URL) -> URL:
    """``url`` with the driver that Wagewatch offers where it names none."""
    driver = _DRIVERS.get(url.drivername)
    return url.set(drivername=f"{url.drivername}+{driver}") if driver else url


def _read_only_file(url: URL) -> URL:
    """``url`` of an SQLite file so that a missing one is not made; of other databases as it is."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(database=f"file:{quote(url.database)}", query={"mode": "ro", "uri": "true"})


def _connect(settings: Settings, engine: Engine, secret: Secret) -> Connection:
    options: dict[str, Any] = {}
    if engine.dialect.name in ("postgresql", "mysql", "mariadb"):
        options["isolation_level"] = "REPEATABLE READ"
    if engine.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    try:
        return engine.connect().execution_options(**options)
    except DBAPIError as error:
        if _is_refused(error):
            detail = _detail(error, secret)
            raise SourceRefused(source=settings.name, detail=detail) from error
        raise TryAgain("cannot_connect") from error


def _bound_session(connection: Connection, seconds: float) -> None:
    """Bound the time of queries, and make the session read only where no option does."""
    name = connection.dialect.name
    if name == "postgresql":
        limit = {"limit": str(int(seconds * 1000) + 1)}
        connection.execute(text("SELECT set_config('statement_timeout', :limit, false)"), limit)
    elif name in ("mysql", "mariadb"):
        connection.execute(text("SET SESSION TRANSACTION READ ONLY"))
        if getattr(connection.dialect, "is_mariadb", False):
            connection.execute(text("SET SESSION max_statement_time = :limit"), {"limit": seconds})
        else:
            connection.execute(
                text("SET SESSION max_execution_time = :limit"), {"limit": int(seconds * 1000) + 1}
            )
    elif name == "sqlite":
        connection.execute(text("PRAGMA query_only = ON"))
    connection.commit()


def _is_refused(error: DBAPIError) -> bool:
    """Whether the database answered and refused the user or the database's name."""
    words = str(error.orig).lower()
    state = str(getattr(error.orig, "sqlstate", None) or "")
    signs = ("authentication", "access denied", "does not exist", "unknown database", "no password")
    return state.startswith(("28", "3D")) or any(sign in words for sign in signs)


def _detail(error: SQLAlchemyError, secret: Secret) -> str:
    """First line of the database's message; of errors in data only their class.

    Messages about values would show the content of rows.
    """
    original = getattr(error, "orig", None)
    state = str(getattr(original, "sqlstate", None) or "")
    if original is None or type(original).__name__ == "DataError" or state.startswith("22"):
        return type(original or error).__name__
    return secret.redact(str(original).strip().split("\n")[0])[:300]


def _dump(value: object) -> str:
    if value is None:
        return ""
    kinds = {dt.datetime: "datetime", dt.date: "date", int: "int", Decimal: "decimal", str: "text"}
    kind = kinds.get(type(value), "text")
    shown = value.isoformat() if isinstance(value, dt.date) else str(value)
    return json.dumps({"kind": kind, "value": shown})


def _load(mark: str) -> Any:
    if not mark:
        return None
    stored = json.loads(mark)
    kinds: Mapping[str, Callable[[str], Any]] = {
        "datetime": dt.datetime.fromisoformat,
        "date": dt.date.fromisoformat,
        "int": int,
        "decimal": Decimal,
        "text": str,
    }
    return kinds[stored["kind"]](stored["value"])
