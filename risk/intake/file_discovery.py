"""Which files of the given paths are records, of which table, in which order."""

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
    """The files to import in the contract's order, projects first, and what else was met."""

    files: tuple[tuple[Path, Table], ...]
    failed: tuple[IntakeFailure, ...]
    skipped: tuple[str, ...]


def find_files(paths: Sequence[Path]) -> DiscoveredFiles:
    """Looks into folders (not into theirs) and tells every file's table.

    In a folder, hidden files and files of other formats are skipped; a file that is named itself,
    or has a data suffix, must be a record. Files of one table keep the order given, and in a folder
    go by name: the later file wins where two tell of one row on the same day.
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
    """Every file, and whether it was named itself."""
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
