"""Sheets read by a child process (``worker``), which the system ends at its limits."""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from risk.intake.cells import Row
from risk.intake.file_errors import FileTooHeavy, FileTooSlow
from risk.intake.readers.formats import Format
from risk.intake.readers.sheet import CellRange, Sheet, check_filled
from risk.intake.readers.worker import CPU_SECONDS, MEMORY_BYTES, SheetSummary, main
from risk.process_limits import ended_by_cpu_limit

_REUSED_BELOW_KIB = 160 * 2**10
"""A child that needed more memory is not used for the next file."""


_COMMAND = (sys.executable, "-P", "-c", f"from {main.__module__} import main; main()")


class ReaderProcess:
    """Child process; requests of several threads are answered one after the other."""

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        # The child reads untrusted files, so it gets no settings, which may hold passwords.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("WAGEWATCH_")
        }
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def request(self, file: str, name: str, *arguments: Any) -> Any:
        """Answer of the child; ``file`` is the name of the file in use.

        Raises:
            IntakeFailure: the file cannot be read, or the child was ended at one of its limits.
            OSError: the child could not open the file.
        """
        with self._lock:
            kind, value = self._ask(file, name, arguments)
        if kind == "failure":
            failure, fields = value
            raise failure(**{**fields, "file": fields["file"] or file})
        if kind == "os_error":
            raise OSError(*value)
        return value

    def end(self) -> None:
        """End the child."""
        process = self._process
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()

    @property
    def runs(self) -> bool:
        """Whether the child can answer."""
        return self._process.poll() is None

    def _ask(self, file: str, name: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101  opened as pipes
        assert stdout is not None  # noqa: S101
        try:
            pickle.dump((name, arguments), stdin)
            stdin.flush()
            answer: tuple[str, Any] = pickle.load(stdout)  # noqa: S301  from our own child
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            if ended_by_cpu_limit(self._process.wait()):
                raise FileTooSlow(file=file, allowed=CPU_SECONDS) from error
            raise FileTooHeavy(file=file, allowed=MEMORY_BYTES >> 20) from error
        return answer


@dataclass(frozen=True)
class ChildSheet:
    """Sheet ``index`` of the file that ``process`` has open."""

    process: ReaderProcess
    file: str
    index: int
    name: str
    strict_width: bool
    hidden: bool

    @cached_property
    def merges(self) -> Sequence[CellRange]:
        """Merged ranges of the sheet."""
        found: Sequence[CellRange] = self.process.request(self.file, "merges", self.index)
        return found

    @cached_property
    def hidden_rows(self) -> frozenset[int]:
        """Numbers of hidden rows."""
        found: frozenset[int] = self.process.request(self.file, "hidden_rows", self.index)
        return found

    def rows(self) -> Iterator[Row]:
        """Yield rows; of a long run of blank rows only the first.

        Raises:
            IntakeFailure: the file is damaged further down, needs too much memory or time, or
                a row has too many cells.
        """
        stream = self.process.request(self.file, "start", self.index)
        try:
            while (batch := self.process.request(self.file, "next", stream)) is not None:
                for row in batch:
                    check_filled(self.file, row[1])
                    yield row
        finally:
            if self.process.runs:
                self.process.request(self.file, "stop", stream)


@contextmanager
def child_sheets(path: Path, kind: Format) -> Iterator[Sequence[Sheet]]:
    """Open a file in a child process.

    Raises:
        IntakeFailure: the file cannot be read; the subclass gives the reason.
    """
    process = _idle.take()
    try:
        summaries: list[SheetSummary] = process.request(
            path.name, "open", str(path.absolute()), kind
        )
        yield [
            ChildSheet(process, path.name, index, one.name, one.strict_width, one.hidden)
            for index, one in enumerate(summaries)
        ]
    finally:
        _idle.give_back(process)


class _IdleProcess:
    """Keeps one child for the next file: starting one takes as long as reading a small file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: ReaderProcess | None = None
        self._owner = os.getpid()

    def take(self) -> ReaderProcess:
        with self._lock:
            process, self._process = self._process, None
            owned = self._owner == os.getpid()
        # After a fork the child belongs to the other process.
        return process if process is not None and owned and process.runs else ReaderProcess()

    def give_back(self, process: ReaderProcess) -> None:
        reusable = process.runs and process.request("", "close") < _REUSED_BELOW_KIB
        with self._lock:
            if reusable and self._process is None:
                self._process, self._owner = process, os.getpid()
                return
        process.end()

    def end(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.end()
            self._process = None


_idle = _IdleProcess()
atexit.register(_idle.end)
