"""Parquet through pyarrow, batch by batch. Rows are numbered from 1."""

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
from risk.intake.readers.sheet import Sheet

_BATCH = 8_192


@dataclass(frozen=True)
class ParquetSheet:
    """A Parquet file; row 0 holds the names of its columns."""

    path: Path
    file: Any
    name: str = ""
    strict_width: bool = False

    def rows(self) -> Iterator[Row]:
        """The column names as row 0, then every row.

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
        try:
            for batch in self.file.iter_batches(batch_size=_BATCH):
                yield [column.to_pylist() for column in batch.columns]
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ParquetBroken(file=self.path.name) from error


@contextmanager
def parquet_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """The file's one sheet.

    Raises:
        ParquetBroken: no Parquet file, or a damaged one.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ParquetBroken(file=path.name) from error
    with file:
        yield [ParquetSheet(path, file)]
