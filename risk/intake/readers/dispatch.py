"""Choice of the reader by the file's suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

from risk.intake.file_errors import (
    FileEmpty,
    FileMissing,
    FileUnreadable,
    FormatUnsupported,
    OldWorkbook,
)
from risk.intake.readers.csv_text import csv_sheets
from risk.intake.readers.parquet import parquet_sheets
from risk.intake.readers.sheet import Sheet
from risk.intake.readers.xlsx import xlsx_sheets

_Opener: TypeAlias = Callable[[Path], AbstractContextManager[Sequence[Sheet]]]

_READERS: Mapping[str, _Opener] = {
    ".csv": csv_sheets,
    ".xlsx": xlsx_sheets,
    ".xlsm": xlsx_sheets,
    ".parquet": parquet_sheets,
}

_OLD_WORKBOOKS = frozenset((".xls", ".et"))

DATA_SUFFIXES = frozenset(_READERS) | _OLD_WORKBOOKS
"""Suffixes of record files, including old workbook formats, which are refused."""

ALLOWED_SUFFIXES = ".csv, .xlsx, .parquet"


@contextmanager
def open_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the sheets of a file, in the order in which they should be tried.

    Raises:
        IntakeFailure: the file cannot be read; the subclass gives the reason.
    """
    suffix = path.suffix.lower()
    if suffix in _OLD_WORKBOOKS:
        raise OldWorkbook(file=path.name)
    if suffix not in _READERS:
        raise FormatUnsupported(file=path.name, found=suffix or "-", allowed=ALLOWED_SUFFIXES)
    try:
        if path.stat().st_size == 0:
            raise FileEmpty(file=path.name)
        with _READERS[suffix](path) as sheets:
            yield sheets
    except FileNotFoundError as error:
        raise FileMissing(file=path.name) from error
    except OSError as error:
        raise FileUnreadable(file=path.name, reason=error.strerror or str(error)) from error
