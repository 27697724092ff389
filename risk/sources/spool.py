"""Spool of a pull: rows of whole units on disk until they are imported.

A pull may take hours, in which the record store stays free for others. So rows are first appended
to one CSV file per table, and a journal gets a line for each whole unit. If the process is killed,
the next pull cuts the files after the last whole unit and goes on. All files are imported together,
in the order in which a folder of them would be, so that interruptions change no record.

Rows with other columns than those before go to another file of their table, ``payments-2.csv``.
Files of a source that has files are copied.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk.contract import KNOWN_AT, STORED_TABLES, Field
from risk.file_locks import try_lock
from risk.sources.cells import Cell, cell_text
from risk.sources.errors import PullRunning
from risk.sources.meter import Meter
from risk.sources.private_files import open_no_link, open_private
from risk.sources.source import PulledFile, PulledRow, Unit

_JOURNAL = "units.jsonl"
_COPIES = "files"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class FetchedUnit:
    """Unit that is whole in the spool.

    ``rows`` is the number of its rows by the file they are in, without suffix; ``files`` are the
    names of the files it consists of.
    """

    key: str
    once: bool
    mark: str
    rows: Mapping[str, int]
    files: tuple[str, ...] = ()


def table_of(file: str) -> str:
    """Return the table of a file of rows, by its name without suffix.

    >>> table_of("payments-2")
    'payments'
    """
    return file.split("-", maxsplit=1)[0]


@dataclass(frozen=True)
class _Entry:
    """Line of the journal: a unit, and the sizes of all files after it."""

    unit: FetchedUnit
    sizes: Mapping[str, int]
    headers: Mapping[str, list[str]]


class Spool:
    """Files of one pull in ``folder``; ``began`` is the day and ``digest`` that of the settings."""

    def __init__(self, folder: Path, began: dt.date, digest: str) -> None:
        self.folder = folder
        self.began = began
        self.digest = digest
        self.units: list[FetchedUnit] = []
        self._headers: dict[str, list[str]] = {}

    @property
    def row_files(self) -> list[tuple[Path, str]]:
        """CSV files with their tables."""
        counts = sum((Counter(unit.rows) for unit in self.units), Counter[str]())
        return [(self._path(file), table_of(file)) for file in self._headers if counts[file]]

    @property
    def copies(self) -> Path | None:
        """Folder of the copied files; None if there are none."""
        return self.folder / _COPIES if any(unit.files for unit in self.units) else None

    def add(self, unit: Unit, meter: Meter, *, partial: bool = False) -> FetchedUnit:
        """Fetch a unit and append it; without ``partial`` nothing of it stays after an exception.

        With ``partial`` the rows that came before an exception count as the unit.
        """
        before = self._sizes()
        headers = {file: list(names) for file, names in self._headers.items()}
        rows: Counter[str] = Counter()
        files: list[str] = []
        try:
            self._append(unit, rows, files, meter)
            fetched = FetchedUnit(unit.key, unit.once, unit.mark(), dict(rows), tuple(files))
        except BaseException:
            if partial:
                self.units.append(FetchedUnit(unit.key, False, "", dict(rows), tuple(files)))
            else:
                self._headers = headers
                self._cut(before)
                self._delete_copies(files)
            raise
        self._write_entry(_Entry(fetched, self._sizes(), self._headers))
        self.units.append(fetched)
        return fetched

    def delete(self) -> None:
        """Delete the files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _append(self, unit: Unit, counts: Counter[str], copied: list[str], meter: Meter) -> None:
        opened: dict[str, _RowFile] = {}
        try:
            for pulled in unit.fetch():
                if isinstance(pulled, PulledFile):
                    copied.append(pulled.name)
                    self._copy(pulled, meter)
                    continue
                meter.count_row()
                name = self._file_of(pulled)
                if name not in opened:
                    opened[name] = _RowFile(self._path(name), pulled.table, self._headers[name])
                opened[name].write(pulled.cells)
                counts[name] += 1
        finally:
            for file in opened.values():
                file.close()

    def _file_of(self, row: PulledRow) -> str:
        """File of the row's table that has its columns; it is made if there is none."""
        header = list(row.cells)
        number = 0
        while True:
            number += 1
            name = row.table if number == 1 else f"{row.table}-{number}"
            if name not in self._headers:
                self._headers[name] = header
                with open_private(self._path(name), "x") as new:
                    csv.writer(new).writerow(header)
            if self._headers[name] == header:
                return name

    def _copy(self, file: PulledFile, meter: Meter) -> None:
        target = self.folder / _COPIES / file.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A link put in place of the file since it was found is not followed.
        with open_no_link(file.path) as read, open_private(target, "wb") as written:
            while block := read.read(_BLOCK):
                meter.count_bytes(len(block))
                written.write(block)

    def _path(self, file: str) -> Path:
        return self.folder / f"{file}.csv"

    def _sizes(self) -> dict[str, int]:
        return {file: self._path(file).stat().st_size for file in self._headers}

    def _cut(self, sizes: Mapping[str, int]) -> None:
        """Cut all files of rows to ``sizes`` and delete those that are not in it."""
        for path in self.folder.glob("*.csv"):
            if path.stem in sizes:
                os.truncate(path, sizes[path.stem])
            else:
                path.unlink()

    def _delete_copies(self, names: Iterable[str]) -> None:
        for name in names:
            (self.folder / _COPIES / name).unlink(missing_ok=True)

    def _write_entry(self, entry: _Entry) -> None:
        unit = entry.unit
        line = {
            "key": unit.key,
            "once": unit.once,
            "mark": unit.mark,
            "rows": dict(unit.rows),
            "files": list(unit.files),
            "sizes": dict(entry.sizes),
            "headers": dict(entry.headers),
        }
        with open_private(self.folder / _JOURNAL, "a") as journal:
            journal.write(f"{json.dumps(line, ensure_ascii=False)}\n")

    def _recover(self, entries: list[_Entry]) -> None:
        self.units = [entry.unit for entry in entries]
        last = entries[-1]
        self._headers = dict(last.headers)
        self._cut(last.sizes)
        whole = {self.folder / _COPIES / name for unit in self.units for name in unit.files}
        for path in (self.folder / _COPIES).rglob("*"):
            if path.is_file() and path not in whole:
                path.unlink()


def new_spool(folder: Path, began: dt.date, digest: str) -> Spool:
    """Return an empty spool in ``folder``, which is made or emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    spool = Spool(folder, began, digest)
    with open_private(folder / _JOURNAL, "x") as journal:
        journal.write(f"{json.dumps({'began': began.isoformat(), 'digest': digest})}\n")
    return spool


def left_spool(folder: Path) -> Spool | None:
    """Return the whole units of a pull that was interrupted; None if there are none."""
    try:
        lines = (folder / _JOURNAL).read_text(encoding="utf-8").split("\n")
        head = json.loads(lines[0])
        spool = Spool(folder, dt.date.fromisoformat(head["began"]), head["digest"])
        # The last line is empty, or was not written to its end.
        entries = [_entry(json.loads(line)) for line in lines[1:-1]]
    except (OSError, ValueError, KeyError):
        return None
    if not entries or not _complete(spool, entries[-1]):
        return None
    spool._recover(entries)
    return spool


@contextmanager
def lock(folder: Path, source: str) -> Iterator[None]:
    """Hold the source's lock in ``folder``, which is made.

    Raises:
        PullRunning: another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open_private(folder / "lock", "a") as file:
        if not try_lock(file):
            raise PullRunning(source=source)
        yield


class _RowFile:
    """File of rows, open to append rows with the columns ``header``."""

    def __init__(self, path: Path, table: str, header: list[str]) -> None:
        self._fields = [_contract_field(table, name) for name in header]
        self._file = open_private(path, "a")
        self._writer = csv.writer(self._file)

    def write(self, cells: Mapping[str, Cell]) -> None:
        """Append a row."""
        self._writer.writerow(
            [
                cell if field is None else cell_text(cell, field)
                for cell, field in zip(cells.values(), self._fields, strict=True)
            ]
        )

    def close(self) -> None:
        self._file.close()


def _contract_field(table: str, name: str) -> Field | None:
    if name == KNOWN_AT.name:
        return KNOWN_AT
    return next((field for field in STORED_TABLES[table].fields if field.name == name), None)


def _entry(line: Mapping[str, Any]) -> _Entry:
    unit = FetchedUnit(line["key"], line["once"], line["mark"], line["rows"], tuple(line["files"]))
    return _Entry(unit, line["sizes"], line["headers"])


def _complete(spool: Spool, last: _Entry) -> bool:
    """Whether the files are at least as long as the journal says."""
    paths = {file: spool._path(file) for file in last.sizes}
    return all(
        path.is_file() and path.stat().st_size >= last.sizes[file] for file, path in paths.items()
    )
