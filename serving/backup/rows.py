"""Tables of the service database as JSON lines, and back at any migration.

The first line of a file names the columns; files of format 1 have none, and their values are in the
order of the table's columns at their migration.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    func,
    insert,
    select,
    text,
    true,
)

from serving.db.engine import utc
from serving.db.tables import METADATA, PROBES, SESSIONS

ROWS_AT_ONCE = 500
BATCH_CHARACTERS = 2 * 2**20
"""Characters and bytes of a batch in its columns without a fixed length; one row may hold more."""

MOST_LINE = 256 * 2**20
"""Characters of a line, a row; the largest hold whole lists."""

_VERSION_TABLE = "alembic_version"

_LEFT_OUT = frozenset({SESSIONS.name, PROBES.name})
"""Tables of the running service; people sign in again after a restore."""

TABLES = tuple(table for table in METADATA.sorted_tables if table.name not in _LEFT_OUT)
"""Tables in a backup."""


def dump_tables(connection: Connection, folder: Path) -> int:
    """Write all tables to files in ``folder``; return the number of rows."""
    return sum(dump_rows(connection, table, folder / f"{table.name}.jsonl") for table in TABLES)


def load_tables(connection: Connection, folder: Path, *, with_columns: bool) -> int:
    """Insert the rows of the files in ``folder`` into the tables there are; return their number.

    Raises:
        KeyError, ValueError, TypeError: a file is missing or does not fit its table.
    """
    tables = reflected(connection)
    files = {path.stem: path for path in folder.glob("*.jsonl")}
    names = {table.name for table in tables} - _LEFT_OUT
    if names != set(files):
        raise KeyError(", ".join(sorted(names ^ set(files))))
    rows = 0
    for table in tables:
        if table.name not in _LEFT_OUT:
            rows += _load(connection, table, files[table.name], with_columns=with_columns)
    return rows


def reflected(connection: Connection) -> list[Table]:
    """Return the tables of the database as they are, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != _VERSION_TABLE]


def dump_rows(
    connection: Connection, table: Table, path: Path, where: ColumnElement[bool] | None = None
) -> int:
    """Write the rows of a table, or those that meet ``where``; return their number."""
    wanted = true() if where is None else where
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps([column.name for column in table.columns]) + "\n")
        # A cursor of the server: else the driver fetches all rows of a table at once.
        at_once = _rows_at_once(connection, table, wanted)
        query = select(table).where(wanted).execution_options(yield_per=at_once)
        for row in connection.execute(query):
            file.write(json.dumps([_plain(value) for value in row]) + "\n")
            count += 1
    return count


def _rows_at_once(connection: Connection, table: Table, wanted: ColumnElement[bool]) -> int:
    """Return how many rows of a table fit into a batch, whichever they are.

    A hundred lists of a province hold as much as a million visits.
    """
    sizes = [func.coalesce(func.max(_size(one)), 0) for one in table.columns if _is_long(one)]
    if not sizes:
        return ROWS_AT_ONCE
    longest = int(sum(connection.execute(select(*sizes).where(wanted)).one()))
    return max(1, min(ROWS_AT_ONCE, BATCH_CHARACTERS // max(longest, 1)))


def _is_long(column: Column[Any]) -> bool:
    return isinstance(column.type, LargeBinary | JSON | Text)


def _size(column: Column[Any]) -> Any:
    # The length of bytes is read without the bytes; JSON has none on PostgreSQL.
    return func.length(column if isinstance(column.type, LargeBinary) else cast(column, Text))


def _load(connection: Connection, table: Table, path: Path, *, with_columns: bool) -> int:
    count = 0
    for batch in read_rows(path, table, with_columns=with_columns):
        connection.execute(insert(table), batch)
        count += len(batch)
    _reset_sequence(connection, table)
    return count


def read_rows(
    path: Path, table: Table, *, with_columns: bool = True
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a file in batches.

    Raises:
        ValueError, TypeError: they do not fit ``table``.
    """
    batch: list[dict[str, Any]] = []
    characters = 0
    with path.open(encoding="utf-8") as file:
        names = json.loads(_line(file)) if with_columns else [c.name for c in table.columns]
        if set(names) != set(table.columns.keys()):
            raise ValueError(f"{table.name}: {names}")
        columns = [table.columns[name] for name in names]
        while line := _line(file):
            pairs = zip(columns, json.loads(line), strict=True)
            batch.append({column.name: _value(value, column) for column, value in pairs})
            characters += len(line)
            if len(batch) == ROWS_AT_ONCE or characters > BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
    if batch:
        yield batch


def _line(file: IO[str]) -> str:
    line = file.readline(MOST_LINE + 1)
    if len(line) > MOST_LINE:
        raise ValueError(f"line of more than {MOST_LINE >> 20} Mi characters")
    return line


def _reset_sequence(connection: Connection, table: Table) -> None:
    """Reset the id sequence: PostgreSQL does not advance it for rows with explicit ids."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    last = connection.execute(text(f"SELECT max(id) FROM {table.name}")).scalar()
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last, :used)"),
        {"name": table.name, "last": last or 1, "used": last is not None},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dt.datetime):
        return utc(value).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value


def _value(value: Any, column: Column[Any]) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(column.type, DateTime):
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if isinstance(column.type, Date) else value
