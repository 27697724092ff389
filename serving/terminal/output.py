"""Writing to a terminal, a pipe, a file: readable in each, control codes only in the first."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from serving.errors import CommandError


class CannotWrite(CommandError):
    """A file asked for cannot be written."""

    code = "cannot_write"


def print_line(message: str) -> None:
    """One line of the answer, on standard output."""
    sys.stdout.write(f"{message}\n")


def print_note(message: str) -> None:
    """One line beside the answer, on standard error."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def print_json(value: object) -> None:
    """``value`` as indented JSON on standard output."""
    print_line(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_bytes(content: bytes) -> None:
    """Bytes on standard output, untouched."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def require_parent_folder(path: Path) -> None:
    """Refuse a file whose folder is missing before the work for it is done.

    Raises:
        CannotWrite: there is no such folder.
    """
    if not path.parent.is_dir():
        raise CannotWrite(path=str(path), detail=os.strerror(errno.ENOENT))


def require_file_path(path: str) -> Path:
    """``path`` where a file can be made; as :func:`require_parent_folder`.

    Raises:
        CannotWrite: there is no such folder, or ``path`` is one.
    """
    file = Path(path)
    require_parent_folder(file)
    if file.is_dir():
        raise CannotWrite(path=path, detail=os.strerror(errno.EISDIR))
    return file


def write_file(path: Path, content: bytes) -> None:
    """Write ``path`` whole or not at all.

    Raises:
        CannotWrite: the folder is missing or may not be written to.
    """
    with atomic_write(path) as beside:
        beside.write_bytes(content)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A place beside ``path`` to write to, which becomes ``path`` at the end.

    Where that end is not reached, ``path`` stays as it was and nothing is left beside it.

    Raises:
        CannotWrite: the folder is missing or may not be written to.
    """
    beside = path.with_name(f".{path.name}.part")
    with convert_os_errors(path):
        try:
            yield beside
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


@contextmanager
def convert_os_errors(path: Path) -> Iterator[None]:
    """Tells of what the operating system refuses meanwhile as a failure to write ``path``.

    Raises:
        CannotWrite: it refused.
    """
    try:
        yield
    except BrokenPipeError:  # whoever reads the answer has gone: that is no matter of ``path``
        raise
    except OSError as error:
        told = os.strerror(error.errno) if error.errno else str(error)
        raise CannotWrite(path=str(path), detail=told) from error


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> None:
    """A table on standard output; columns numbered in ``right`` are set flush right."""
    from serving.documents.text_table import format_table as drawn

    sys.stdout.write(drawn(headings, rows, right))


Step = Callable[[str, float], None]


@contextmanager
def progress() -> Iterator[Step]:
    """Shows steps of long work on standard error: a bar on a terminal, else a line per tenth.

    The step is called with what is being done and the share done, from 0 to 1.
    """
    if not sys.stderr.isatty():
        yield _line_per_step()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def step(name: str, share: float) -> None:
            bar.update(task, description=name, completed=share)

        yield step


@contextmanager
def row_progress() -> Iterator[Callable[[str, int], None]]:
    """Shows how many rows of which file have been read, on standard error."""
    from rich.console import Console

    if not sys.stderr.isatty():
        yield _line_per_file()
        return
    with Console(stderr=True).status("") as status:
        yield lambda file, rows: status.update(f"{file} {rows:,}")


def _line_per_file() -> Callable[[str, int], None]:
    seen: set[str] = set()

    def step(file: str, rows: int) -> None:
        if file not in seen:
            seen.add(file)
            print_note(file)

    return step


def _line_per_step() -> Step:
    tenth = -1

    def step(name: str, share: float) -> None:
        nonlocal tenth
        now = int(share * 10)
        if now != tenth:
            tenth = now
            print_note(f"{share:4.0%} {name}")

    return step


def cell_text(value: Any) -> str:
    """A cell's text: empty for None."""
    return "" if value is None else str(value)
