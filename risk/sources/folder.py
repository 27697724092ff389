"""Sources of the kind ``folder``: files that another system drops.

Each file is taken once, by the digest of its content, when it has not been written to for a while.
Workbooks and CSV files are imported as they are; rows of JSON files by the contract's names or a
layout. Links are not followed.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from risk.contract import STORED_TABLES, Table
from risk.intake.archives import is_archive
from risk.intake.cells import match_key
from risk.intake.file_errors import IntakeFailure
from risk.intake.layouts.layout import Layout, source_layouts
from risk.intake.named_periods import file_order
from risk.intake.readers import DATA_SUFFIXES
from risk.intake.table_detection import detect_table
from risk.sources.columns import match_columns
from risk.sources.errors import SourceError, UnitRefused
from risk.sources.json_rows import SUFFIXES, json_columns, json_rows
from risk.sources.private_files import open_no_link
from risk.sources.settings import SourceSettings
from risk.sources.source import Pulled, PulledFile, PulledRow, SourceContext, Unit

MAX_DEPTH = 8
MAX_FILES = 10_000

_TEMPORARY = frozenset(
    (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".writing")
)
_HIDDEN = (".", "~$")


def _table_name(name: str) -> str:
    if name and name not in STORED_TABLES:
        raise ValueError(name)
    return name


class Settings(SourceSettings):
    """Settings of a folder.

    ``path`` is absolute or below the workspace. Files whose name fits ``pattern`` are taken, once
    they were not changed for ``settle_seconds``. ``after``: taken files stay, or are moved to the
    folder ``done`` below ``path``. ``table`` is the table of JSON files whose name has none.
    """

    allowed: ClassVar[Mapping[str, str]] = {
        "path": "folder_path",
        "pattern": "folder_pattern",
        "after": "folder_after",
        "done": "folder_done",
        "settle_seconds": "folder_settle_seconds",
        "table": "folder_table",
    }

    path: Annotated[str, Field(min_length=1, max_length=1000)]
    pattern: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    after: Literal["leave", "move"] = "leave"
    done: Annotated[str, Field(pattern=r"^[\w-]{1,80}$")] = "done"
    settle_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 60.0
    table: Annotated[str, AfterValidator(_table_name)] = ""


class FolderUnreadable(SourceError):
    """The folder does not exist or cannot be read. Carries ``path`` and ``detail``."""

    code = "folder_unreadable"


class FolderTooLarge(SourceError):
    """The folder has more files than are searched. Carries ``path`` and ``allowed``."""

    code = "source_folder_too_large"


class FileChanged(UnitRefused):
    """A file changed while it was read; the next pull takes it. Carries ``file``."""

    code = "source_file_changed"


class FileNotMoved(SourceError):
    """A file was taken but cannot be moved. Carries ``file`` and ``detail``."""

    code = "source_file_not_moved"


class JsonTableUnknown(UnitRefused):
    """Nothing says which table a JSON file is of. Carries ``file``."""

    code = "json_table_unknown"


@dataclass(frozen=True)
class FoundFile:
    """File below the folder: its path, its name below the folder, its digest and state."""

    path: Path
    name: str
    digest: str
    state: tuple[int, int, int]


@contextmanager
def open_source(settings: Settings, context: SourceContext) -> Iterator[FolderSource]:
    """Open a folder.

    Raises:
        FolderUnreadable: it does not exist or cannot be read.
    """
    folder = context.path(settings.path)
    if not folder.is_dir():
        detail = os.strerror(2)
        raise FolderUnreadable(source=settings.name, path=str(folder), detail=detail)
    yield FolderSource(settings, context)


def tidy(settings: Settings, context: SourceContext, stored: Set[str]) -> None:
    """Move the files whose content is stored, if the settings say so.

    Raises:
        FileNotMoved: the system refuses it.
    """
    if settings.after != "move":
        return
    top = context.path(settings.path)
    for file in FolderSource(settings, context).found():
        if file.digest in stored:
            try:
                _move(file, top / settings.done)
            except OSError as error:
                detail = error.strerror or str(error)
                raise FileNotMoved(source=settings.name, file=file.name, detail=detail) from error


class FolderSource:
    """Open folder; see :class:`risk.sources.source.Source`."""

    def __init__(self, settings: Settings, context: SourceContext) -> None:
        self._settings = settings
        self._context = context
        self._top = context.path(settings.path)
        self._layouts = source_layouts(context.path("layouts"), settings.layout)

    def units(self, taken: Mapping[str, str]) -> Iterator[Unit]:
        """Yield a unit per file, in the order of months and names."""
        for file in self.found():
            yield Unit(
                file.digest, partial(self._fetch, file), once=True, mark=partial(self._mark, file)
            )

    def found(self) -> list[FoundFile]:
        """Return the record files that are complete; others are listed as skipped.

        Raises:
            FolderUnreadable, FolderTooLarge: the folder cannot be searched.
        """
        try:
            names = sorted(self._names(), key=lambda name: file_order(PurePosixPath(name)))
            files = [self._found(name) for name in names]
        except OSError as error:
            detail = error.strerror or str(error)
            raise FolderUnreadable(
                source=self._settings.name, path=str(self._top), detail=detail
            ) from error
        unique = {file.digest: file for file in reversed(files) if file is not None}
        return [file for file in files if file is not None and unique[file.digest] is file]

    def _names(self) -> Iterator[str]:
        """Names of the files below the folder, without links and hidden ones."""
        folders, count = [(self._top, 0)], 0
        while folders:
            folder, depth = folders.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = Path(entry.path).relative_to(self._top).as_posix()
                    count += 1
                    if count > MAX_FILES:
                        raise FolderTooLarge(
                            source=self._settings.name, path=str(self._top), allowed=MAX_FILES
                        )
                    if entry.is_dir(follow_symlinks=False):
                        if self._enters(name, depth):
                            folders.append((Path(entry.path), depth + 1))
                    elif self._takes(entry, name):
                        yield name

    def _enters(self, name: str, depth: int) -> bool:
        if name == self._settings.done or Path(name).name.startswith(_HIDDEN):
            return False
        if depth >= MAX_DEPTH:
            self._context.meter.skipped.append(f"{name}/")
        return depth < MAX_DEPTH

    def _takes(self, entry: os.DirEntry[str], name: str) -> bool:
        path = Path(entry.name)
        suffix = path.suffix.lower()
        if path.name.startswith(_HIDDEN) or not fnmatch.fnmatch(path.name, self._settings.pattern):
            return False
        is_data = suffix in DATA_SUFFIXES | SUFFIXES or is_archive(path)
        regular = entry.is_file(follow_symlinks=False)
        if not regular or not is_data or suffix in _TEMPORARY or not self._is_settled(entry):
            self._context.meter.skipped.append(name)
            return False
        return True

    def _is_settled(self, entry: os.DirEntry[str]) -> bool:
        """Whether the file has content and was not written to for a while, by its own clock."""
        state = entry.stat(follow_symlinks=False)
        return state.st_size > 0 and abs(time.time() - state.st_mtime) >= (
            self._settings.settle_seconds
        )

    def _found(self, name: str) -> FoundFile | None:
        path = self._top / name
        try:
            with open_no_link(path) as file:
                state = _state(os.fstat(file.fileno()))
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None  # moved away by its owner since it was found
        except OSError:  # not readable, or a link since it was found
            self._context.meter.skipped.append(name)
            return None
        return FoundFile(path, name, digest, state)

    def _fetch(self, file: FoundFile) -> Iterator[Pulled]:
        try:
            if file.path.suffix.lower() in SUFFIXES:
                yield from self._rows(file)
            else:
                yield PulledFile(file.path, file.name)
        except OSError as error:
            raise FileChanged(source=self._settings.name, file=file.name) from error

    def _rows(self, file: FoundFile) -> Iterator[PulledRow]:
        headings = json_columns(file.path, self._settings.name)
        table, headings = self._table(file, headings)
        columns = match_columns(table, headings, self._layouts)
        if columns.unread:
            self._context.meter.unread[table.name] = columns.unread
        for row in json_rows(file.path, self._settings.name):
            yield PulledRow(table.name, columns.cells(row))

    def _table(self, file: FoundFile, keys: list[str]) -> tuple[Table, list[str]]:
        """Table of a JSON file, and its keys in the order of the layout they belong to."""
        layout = next((one for one in self._layouts if one.confirmed and _fits(one, keys)), None)
        if layout is not None:
            by_key = {match_key(key): key for key in keys}
            return layout.table, [by_key.get(match_key(one), one) for one in layout.headings]
        if self._settings.table:
            return STORED_TABLES[self._settings.table], keys
        try:
            return detect_table(file.path), keys
        except IntakeFailure as error:
            raise JsonTableUnknown(source=self._settings.name, file=file.name) from error

    def _mark(self, file: FoundFile) -> str:
        """The file's name, after a check that it is still the same.

        Raises:
            FileChanged: it is another one.
        """
        try:
            same = _state(os.stat(file.path, follow_symlinks=False)) == file.state
        except OSError:
            same = False
        if not same:
            raise FileChanged(source=self._settings.name, file=file.name)
        return file.name


def _fits(layout: Layout, keys: Sequence[str]) -> bool:
    """Whether a JSON file has the headings of a layout, in any order."""
    return {match_key(key) for key in keys} == {match_key(one) for one in layout.headings if one}


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _move(file: FoundFile, done: Path) -> None:
    target = done / file.name
    if target.exists():
        target = target.with_name(f"{target.stem}-{file.digest[:12]}{target.suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file.path, target)
