"""Writes tables for programs as Parquet or CSV, by the suffix of the file."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from serving.errors import CommandError

if TYPE_CHECKING:
    import pyarrow as pa

TableFormat = Literal["parquet", "csv"]

PARQUET_SUFFIXES = (".parquet", ".pq")


class TableFormatUnknown(CommandError):
    """The suffix of the file is none that tables are written as. Carries ``found``."""

    code = "table_format_unknown"


def table_format(path: Path) -> TableFormat:
    """Return the format that the suffix of ``path`` asks for; Parquet without a suffix.

    Raises:
        TableFormatUnknown: it asks for another one.
    """
    suffix = path.suffix.lower()
    if suffix in ("", *PARQUET_SUFFIXES):
        return "parquet"
    if suffix == ".csv":
        return "csv"
    raise TableFormatUnknown(found=path.suffix, path=str(path))


def write_table(tables: Iterable[pa.Table], path: Path, form: TableFormat) -> int:
    """Write ``tables`` of one schema below each other into ``path``; return the number of rows.

    Raises:
        OSError: the file cannot be written; a partial file may remain.
    """
    rows = 0
    with ExitStack() as opened:
        writer: Any = None
        for table in tables:
            shaped = _for_csv(table) if form == "csv" else _with_timestamps(table)
            writer = writer or opened.enter_context(_writer(path, shaped.schema, form))
            writer.write_table(shaped)
            rows += int(table.num_rows)
    return rows


def _writer(path: Path, schema: pa.Schema, form: TableFormat) -> Any:
    if form == "csv":
        from pyarrow.csv import CSVWriter

        return CSVWriter(path, schema)
    from pyarrow.parquet import ParquetWriter

    return ParquetWriter(path, schema)


def _with_timestamps(table: pa.Table) -> pa.Table:
    """Return ``table`` with dates as timestamps, which pandas reads as datetime64."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_date(field.type):
            cast = table.column(index).cast(pa.timestamp("us"))
            table = table.set_column(index, field.with_type(cast.type), cast)
    return table


def _for_csv(table: pa.Table) -> pa.Table:
    """Return ``table`` with days as YYYY-MM-DD, and text that begins like a formula escaped."""
    import pyarrow as pa

    from serving.documents.csv import escape_text

    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            column = table.column(index).cast(pa.date32())
        elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            values = (escape_text(value) for value in table.column(index).to_pylist())
            column = pa.array(values, pa.string())
        else:
            continue
        table = table.set_column(index, pa.field(field.name, column.type), column)
    return table
