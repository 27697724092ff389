"""Discovery of record files in the given paths: their tables and the order of import."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from risk.contract import STORED_TABLES, Table
from risk.intake.archives import is_archive, unpack
from risk.intake.file_errors import (
    FileMissing,
    FileUnreadable,
    FolderTooLarge,
    IntakeFailure,
    NoRecordFiles,
    with_label,
)
from risk.intake.named_periods import file_order
from risk.intake.readers import DATA_SUFFIXES
from risk.intake.table_detection import detect_table

MAX_DEPTH = 8
"""Levels of folders searched below a folder named on the command line."""

MAX_FILES = 10_000
"""Maximum number of files below one such folder."""

# Organizations last: an undated one is known from the earliest record that names it.
_ORDER = {
    name: index
    for index, name in enumerate(
        dict.fromkeys(["projects", *sorted(STORED_TABLES, key="organizations".__eq__)])
    )
}


@dataclass(frozen=True)
class DiscoveredFiles:
    """Files to import: projects first, organizations last; failed and skipped files.

    ``labels`` has the name of each file as shown to people: relative to the folder or the archive
    that contains it, with as much of the path before it as distinguishes the files. ``entered`` are
    the subfolders and archives that were read. Files of an archive exist as long as this object.
    """

    files: tuple[tuple[Path, Table], ...]
    failed: tuple[IntakeFailure, ...]
    skipped: tuple[str, ...]
    entered: tuple[str, ...] = ()
    labels: Mapping[Path, str] = field(default_factory=dict)


def find_files(
    paths: Sequence[Path], *, detect: Callable[[Path], Table] = detect_table
) -> DiscoveredFiles:
    """Find record files in ``paths``, in their subfolders and in archives, and their tables.

    ``detect`` returns the table of a file, or raises an :class:`IntakeFailure`.

    In a folder, hidden files, lock files and files of other formats are skipped; a file named in
    ``paths``, or one with a data suffix, must be a record file. Files of one table keep the order
    of ``paths``, in a folder the order of months and names: the later file wins if two have the
    same row on the same day.
    """
    search = _Search(detect)
    for path in paths:
        search.add(path)
    found = search.result()
    if search.unpacked is not None:
        weakref.finalize(found, shutil.rmtree, search.unpacked, ignore_errors=True)
    return found


def in_order(files: Iterable[tuple[Path, Table]]) -> tuple[tuple[Path, Table], ...]:
    """``files`` in the order of import; those of one table keep theirs."""
    return tuple(sorted(files, key=lambda file: _ORDER[file[1].name]))


@dataclass(frozen=True)
class _File:
    path: Path
    label: str


class _Search:
    """Collects the files of several paths."""

    def __init__(self, detect: Callable[[Path], Table]) -> None:
        self._detect = detect
        self.unpacked: str | None = None
        self._files: dict[Path, Table] = {}
        self._labels: dict[Path, str] = {}
        self._origins: dict[Path, Path] = {}
        self._origin = Path()
        self._failed: list[IntakeFailure] = []
        self._skipped: list[str] = []
        self._entered: list[str] = []

    def result(self) -> DiscoveredFiles:
        return DiscoveredFiles(
            in_order(self._files.items()),
            tuple(self._failed),
            tuple(self._skipped),
            tuple(self._entered),
            _distinct(self._labels, self._origins),
        )

    def add(self, path: Path) -> None:
        absolute = Path(os.path.abspath(path))
        try:
            self._origin = absolute if path.is_dir() else absolute.parent
            if path.is_dir():
                self._add_folder(path)
            elif not path.exists():
                self._failed.append(FileMissing(file=str(path)))
            elif is_archive(path):
                self._add_archive(_File(path, path.name))
            else:
                self._add_file(_File(path, path.name))
        except OSError as error:
            reason = error.strerror or str(error)
            self._failed.append(FileUnreadable(file=str(path), reason=reason))
        except IntakeFailure as failure:
            self._failed.append(failure)

    def _add_folder(self, top: Path) -> None:
        before = len(self._files) + len(self._failed)
        found = sorted(self._walk(top), key=lambda file: file_order(file.path.relative_to(top)))
        for file in found:
            try:
                if not _is_data(file.path):
                    self._skipped.append(file.label)
                elif is_archive(file.path):
                    self._add_archive(file)
                else:
                    self._add_file(file)
            except IntakeFailure as failure:
                self._failed.append(failure)
        if len(self._files) + len(self._failed) == before:
            raise NoRecordFiles(file=str(top))

    def _add_file(self, file: _File) -> None:
        try:
            self._files[file.path] = self._detect(file.path)
        except IntakeFailure as failure:
            raise with_label(failure, file.path.name, file.label) from failure
        self._labels[file.path] = file.label
        self._origins[file.path] = self._origin

    def _add_archive(self, archive: _File) -> None:
        if self.unpacked is None:
            self.unpacked = tempfile.mkdtemp(prefix="wagewatch-")
        into = Path(tempfile.mkdtemp(dir=self.unpacked))
        unpacked, other = unpack(archive.path, into)
        self._skipped.extend(f"{archive.label}/{name}" for name in other)
        self._entered.append(archive.label)
        for path in sorted(unpacked, key=lambda path: file_order(path.relative_to(into))):
            label = f"{archive.label}/{path.relative_to(into).as_posix()}"
            try:
                self._add_file(_File(path, label))
            except IntakeFailure as failure:
                self._failed.append(failure)
        if not unpacked:
            raise NoRecordFiles(file=archive.label)

    def _walk(self, top: Path) -> Iterator[_File]:
        """Files below ``top``; a folder that links back to one already entered is not entered."""
        seen = {os.path.realpath(top)}
        folders = [(top, 0)]
        count = 0
        while folders:
            folder, depth = folders.pop()
            if depth:
                self._entered.append(folder.relative_to(top).as_posix())
            for path in sorted(folder.iterdir(), reverse=True):
                label = path.relative_to(top).as_posix()
                if not path.is_dir():
                    count += 1
                    if count > MAX_FILES:
                        raise FolderTooLarge(file=str(top), allowed=MAX_FILES)
                    if path.is_file():
                        yield _File(path, label)
                elif _is_hidden(path) or depth == MAX_DEPTH or os.path.realpath(path) in seen:
                    self._skipped.append(f"{label}/")
                else:
                    seen.add(os.path.realpath(path))
                    folders.append((path, depth + 1))


def _distinct(labels: Mapping[Path, str], origins: Mapping[Path, Path]) -> dict[Path, str]:
    """Labels, those that several files have with the name or the path of the folder before."""
    found = dict(labels)
    for prefix in (lambda origin: origin.name, Path.as_posix):
        counts = Counter(found.values())
        for path, label in found.items():
            if counts[label] > 1:
                found[path] = f"{prefix(origins[path])}/{labels[path]}"
    return found


def _is_hidden(path: Path) -> bool:
    return path.name.startswith((".", "~$"))


def _is_data(path: Path) -> bool:
    return not _is_hidden(path) and (path.suffix.lower() in DATA_SUFFIXES or is_archive(path))
