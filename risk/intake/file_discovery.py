"""Discovery of record files in the given paths: their tables and the order of import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from risk.contract import STORED_TABLES, Table
from risk.intake.file_errors import FileMissing, FileUnreadable, IntakeFailure
from risk.intake.readers import DATA_SUFFIXES
from risk.intake.table_detection import detect_table

_ORDER = {name: index for index, name in enumerate(dict.fromkeys(["projects", *STORED_TABLES]))}


@dataclass(frozen=True)
class DiscoveredFiles:
    """Files to import in the contract's order, projects first; failed and skipped files."""

    files: tuple[tuple[Path, Table], ...]
    failed: tuple[IntakeFailure, ...]
    skipped: tuple[str, ...]


def find_files(paths: Sequence[Path]) -> DiscoveredFiles:
    """Find record files in ``paths`` and their tables; subfolders of a folder are not searched.

    In a folder, hidden files and files of other formats are skipped; a file named in ``paths``, or
    one with a data suffix, must be a record file. Files of one table keep the order of ``paths``,
    in a folder the order of names: the later file wins if two have the same row on the same day.
    """
    files: dict[Path, Table] = {}
    failed: list[IntakeFailure] = []
    skipped: list[str] = []
    for path, named in _expand(paths, failed):
        if not named and (path.name.startswith((".", "~$")) or not _has_data_suffix(path)):
            skipped.append(path.name)
            continue
        try:
            files[path] = detect_table(path)
        except IntakeFailure as failure:
            failed.append(failure)
    ordered = sorted(files.items(), key=lambda file: _ORDER[file[1].name])
    return DiscoveredFiles(tuple(ordered), tuple(failed), tuple(skipped))


def _expand(paths: Sequence[Path], failed: list[IntakeFailure]) -> Iterator[tuple[Path, bool]]:
    """Yield every file, and whether ``paths`` names it directly."""
    for path in paths:
        try:
            if path.is_dir():
                yield from ((file, False) for file in sorted(path.iterdir()) if file.is_file())
            elif path.exists():
                yield path, True
            else:
                failed.append(FileMissing(file=str(path)))
        except OSError as error:
            failed.append(FileUnreadable(file=str(path), reason=error.strerror or str(error)))


def _has_data_suffix(path: Path) -> bool:
    return path.suffix.lower() in DATA_SUFFIXES
