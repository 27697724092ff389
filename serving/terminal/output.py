"""Output to terminals, pipes and files; control codes are written to terminals only."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from serving.errors import CommandError


class CannotWrite(CommandError):
    """A file cannot be written."""

    code = "cannot_write"


class NoRoom(CommandError):
    """The disk of a file to be written is full."""

    code = "no_room"


def print_line(message: str) -> None:
    """Print a line of the result to standard output."""
    sys.stdout.write(f"{message}\n")


def print_note(message: str) -> None:
    """Print a line of information to standard error."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def print_json(value: object) -> None:
    """Print ``value`` as indented JSON to standard output."""
    print_line(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_bytes(content: bytes) -> None:
    """Write bytes to standard output unchanged."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def require_parent_folder(path: Path) -> None:
    """Check that the folder of a file exists before computing its content.

    Raises:
        CannotWrite: the folder does not exist.
    """
    if not path.parent.is_dir():
        raise CannotWrite(path=str(path), detail=os.strerror(errno.ENOENT))


def require_file_path(path: str) -> Path:
    """Return ``path`` after checking that a file can be created there.

    Raises:
        CannotWrite: its folder does not exist, or ``path`` is a folder.
    """
    file = Path(path)
    require_parent_folder(file)
    if file.is_dir():
        raise CannotWrite(path=path, detail=os.strerror(errno.EISDIR))
    return file


def write_file(path: Path, content: bytes) -> None:
    """Write ``path`` atomically.

    Raises:
        CannotWrite: the folder is missing or not writable.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder that is renamed to ``path`` at the end.

    After an exception ``path`` is unchanged and the temporary file is removed.

    Raises:
        CannotWrite: the folder is missing or not writable.
    """
    temporary = path.with_name(f".{path.name}.part")
    with convert_os_errors(path):
        try:
            temporary.touch()  # content can take minutes to compute
            yield temporary
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def convert_os_errors(path: Path) -> Iterator[None]:
    """Raise any :class:`OSError` of the block as :class:`CannotWrite` of ``path``.

    Raises:
        CannotWrite: the operating system refused an operation.
        NoRoom: there is no room on the disk.
    """
    try:
        yield
    except BrokenPipeError:  # the reader of standard output closed it, which is not about ``path``
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(path=str(path)) from error
        raise CannotWrite(path=str(path), detail=_reason(error)) from error


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def _reason(error: OSError) -> str:
    if error.errno:
        return os.strerror(error.errno)
    if isinstance(error, shutil.Error):
        # Of a copied folder it lists every file that was not written.
        _, target, reason = error.args[0][0]
        return f"{target}: {str(reason).partition(':')[0]}"
    return str(error)


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> None:
    """Print a table to standard output; the columns with indices ``right`` are right-aligned."""
    from serving.documents.text_table import format_table

    sys.stdout.write(format_table(headings, rows, right))


Step = Callable[[str, float], None]


@contextmanager
def progress() -> Iterator[Step]:
    """Show the progress of long work on standard error: a bar on a terminal, else a line per 10%.

    Yields a callback that takes the name of the step and the share done, from 0 to 1.
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
    """Show on standard error how many rows of which file have been read."""
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
    """Return the text of a table cell: empty for None."""
    return "" if value is None else str(value)
