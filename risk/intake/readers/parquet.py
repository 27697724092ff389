"""Parquet reader (pyarrow), batch by batch. Rows are numbered from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from risk.intake.cells import Row
from risk.intake.file_errors import ParquetBroken
from risk.intake.readers.sheet import CellRange, Sheet

_BATCH = 8_192


@dataclass(frozen=True)
class ParquetSheet:
    """Parquet file as a sheet; row 0 has the column names."""

    path: Path
    file: Any
    name: str = ""
    strict_width: bool = False
    hidden: bool = False
    merges: tuple[CellRange, ...] = ()
    hidden_rows: tuple[int, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield the column names as row 0, then every row.

        Raises:
            ParquetBroken: the file is damaged further down.
        """
        yield 0, self.file.schema_arrow.names
        number = 0
        for columns in self._batches():
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, cells

    def _batches(self) -> Iterator[list[list[Any]]]:
        with _errors_as_broken(self.path):
            for batch in self.file.iter_batches(batch_size=_BATCH):
                yield [column.to_pylist() for column in batch.columns]


@contextmanager
def parquet_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the file as one sheet.

    Raises:
        ParquetBroken: the file is not Parquet or is damaged.
    """
    with _errors_as_broken(path):
        file = pq.ParquetFile(path)
    with file:
        yield [ParquetSheet(path, file)]


@contextmanager
def _errors_as_broken(path: Path) -> Iterator[None]:
    try:
        yield
    except MemoryError:  # of Arrow too: the file is not broken but too large
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ParquetBroken(file=path.name) from error
