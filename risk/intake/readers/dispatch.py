"""Choice of the reader by the file's content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from risk.intake.file_errors import FileMissing, FileUnreadable
from risk.intake.readers.child import child_sheets
from risk.intake.readers.csv_text import csv_sheets
from risk.intake.readers.formats import Format, detect_format
from risk.intake.readers.sheet import Sheet


@contextmanager
def open_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the sheets of a file, in the order in which they should be tried.

    Text is read in this process; other formats are read in a child process with limits.

    Raises:
        IntakeFailure: the file cannot be read; the subclass gives the reason.
    """
    try:
        kind = detect_format(path)
        opened = csv_sheets(path) if kind is Format.TEXT else child_sheets(path, kind)
        with opened as sheets:
            yield sheets
    except FileNotFoundError as error:
        raise FileMissing(file=path.name) from error
    except OSError as error:
        raise FileUnreadable(file=path.name, reason=error.strerror or str(error)) from error
