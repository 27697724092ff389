"""Child process that reads workbooks, HTML and Parquet under limits of memory and time.

A few kilobytes of such a file can ask for gigabytes or hours. The operating system ends the child
where it exceeds a limit; the importing process only sees batches of rows. Requests and answers are
pickled on the standard streams, one answer per request.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from risk.intake.cells import Row, is_blank
from risk.intake.file_errors import FileTooHeavy, FileUnreadable, IntakeFailure
from risk.intake.readers.formats import Format
from risk.intake.readers.sheet import Sheet
from risk.process_limits import limit_cpu_time, limit_memory, peak_memory

MEMORY_BYTES = 448 * 2**20
"""Memory a child may allocate."""

CPU_SECONDS = 10
"""Processor time a child may spend on one request, such as the next rows."""

MAX_BLANK_RUN = 100
"""Blank rows in sequence that are passed on; the others of a longer run are skipped."""

_FIRST_ROWS = 60
_BATCH_ROWS = 1_000
_BATCH_CELLS = 20_000

Opener: TypeAlias = Callable[[Path], AbstractContextManager[Sequence[Sheet]]]


@dataclass(frozen=True)
class SheetSummary:
    """What is known of a sheet without reading its rows."""

    name: str
    strict_width: bool
    hidden: bool


class _Requests:
    """The file in use and its streams of rows; a method per kind of request."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._sheets: Sequence[Sheet] = ()
        self._streams: dict[int, Iterator[list[Row]]] = {}
        self._ids = count()

    def open(self, path: str, kind: Format) -> list[SheetSummary]:
        self._sheets = self._stack.enter_context(_opener(kind)(Path(path)))
        return [SheetSummary(one.name, one.strict_width, one.hidden) for one in self._sheets]

    def merges(self, index: int) -> Any:
        return tuple(self._sheets[index].merges)

    def hidden_rows(self, index: int) -> Any:
        return frozenset(self._sheets[index].hidden_rows)

    def start(self, index: int) -> int:
        """Id of a new stream of the rows of a sheet."""
        stream = next(self._ids)
        self._streams[stream] = batches(self._sheets[index].rows())
        return stream

    def next(self, stream: int) -> list[Row] | None:
        """Next rows of a stream; None at its end."""
        found = next(self._streams[stream], None)
        if found is None:
            del self._streams[stream]
        return found

    def stop(self, stream: int) -> None:
        self._streams.pop(stream, None)

    def close(self) -> int:
        """Close the file; the peak of the memory in use, in KiB."""
        self._streams.clear()
        self._sheets = ()
        self._stack.close()
        return peak_memory()


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows in batches, the first one small; long runs of blank rows are shortened."""
    batch: list[Row] = []
    limit, cells, blank = _FIRST_ROWS, 0, 0
    for number, row in rows:
        blank = blank + 1 if is_blank(row) else 0
        if blank > MAX_BLANK_RUN:
            continue
        batch.append((number, () if blank else row))
        cells += len(row)
        if len(batch) >= limit or cells >= _BATCH_CELLS:
            yield batch
            batch, cells, limit = [], 0, _BATCH_ROWS
    if batch:
        yield batch


def main() -> None:
    """Answer requests from standard input until it ends, within the limits."""
    limit_memory(MEMORY_BYTES)
    source, target = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # a library that prints must not disturb the answers
    requests = _Requests()
    while True:
        try:
            name, arguments = pickle.load(source)  # noqa: S301  from the parent process
        except EOFError:
            return
        limit_cpu_time(CPU_SECONDS)
        _answer(target, _result(requests, name, arguments))


def _result(requests: _Requests, name: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "value", getattr(requests, name)(*arguments)
    except IntakeFailure as failure:
        return "failure", (type(failure), dict(failure.fields))
    except MemoryError:
        return "failure", (FileTooHeavy, {"file": "", "allowed": MEMORY_BYTES >> 20})
    except OSError as error:
        return "os_error", (error.errno, error.strerror or str(error))
    except Exception as error:
        return "failure", (FileUnreadable, {"file": "", "reason": type(error).__name__})


def _answer(target: BinaryIO, result: tuple[str, Any]) -> None:
    target.write(pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL))
    target.flush()


def _opener(kind: Format) -> Opener:
    """Reader of a format; its libraries are imported only when it is needed."""
    if kind is Format.XLSX:
        from risk.intake.readers.xlsx import xlsx_sheets

        return xlsx_sheets
    if kind is Format.PARQUET:
        from risk.intake.readers.parquet import parquet_sheets

        return parquet_sheets
    if kind is Format.HTML:
        from risk.intake.readers.html import html_sheets

        return html_sheets
    if kind is Format.XML:
        from risk.intake.readers.xml_book import xml_book_sheets

        return xml_book_sheets
    from risk.intake.readers.binary_book import binary_book_sheets

    return binary_book_sheets
