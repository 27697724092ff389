"""Spool of a pull: rows of whole units on disk until they are imported.

A pull may take hours, in which the record store stays free for others. So rows are first appended
to one CSV file per table, and a journal gets a line for each whole unit. If the process is killed,
the next pull cuts the files after the last whole unit and goes on. All files are imported together,
in the order in which a folder of them would be, so that interruptions change no record.

The files have the columns of the contract only, and personal numbers in texts are masked.
"""

from __future__ import annotations

import csv
import datetime as dt
import fcntl
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from risk.contract import KNOWN_AT, STORED_TABLES, Field, FieldType
from risk.intake.personal_numbers import FIRM_CODES, is_identity_number, mask_personal_numbers
from risk.sources.errors import PullRunning
from risk.sources.meter import Meter
from risk.sources.source import Cell, PulledRow, Unit

_JOURNAL = "units.jsonl"


@dataclass(frozen=True)
class FetchedUnit:
    """Unit that is whole in the spool: its key and mark, and the number of its rows by table."""

    key: str
    once: bool
    mark: str
    rows: Mapping[str, int]


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
    def files(self) -> dict[str, Path]:
        """CSV files by table, of the tables with rows."""
        counts = sum((Counter(unit.rows) for unit in self.units), Counter[str]())
        return {table: self._path(table) for table in STORED_TABLES if counts[table]}

    def add(self, unit: Unit, meter: Meter, *, partial: bool = False) -> FetchedUnit:
        """Fetch a unit and append it; without ``partial`` nothing of it stays after an exception.

        With ``partial`` the rows that came before an exception count as the unit.
        """
        before = self._sizes()
        headers = {table: list(names) for table, names in self._headers.items()}
        rows: Counter[str] = Counter()
        try:
            self._append(unit.fetch(), rows, meter)
            fetched = FetchedUnit(unit.key, unit.once, unit.mark(), dict(rows))
        except BaseException:
            if partial:
                self.units.append(FetchedUnit(unit.key, False, "", dict(rows)))
            else:
                self._headers = headers
                self._cut(before)
            raise
        self._write_entry(_Entry(fetched, self._sizes(), self._headers))
        self.units.append(fetched)
        return fetched

    def delete(self) -> None:
        """Delete the files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _append(self, rows: Iterable[PulledRow], counts: Counter[str], meter: Meter) -> None:
        files: dict[str, _TableFile] = {}
        try:
            for table, cells in rows:
                meter.count_row()
                if table not in files:
                    files[table] = self._open(table, list(cells))
                files[table].write(cells)
                counts[table] += 1
        finally:
            for file in files.values():
                file.close()

    def _open(self, table: str, names: list[str]) -> _TableFile:
        path = self._path(table)
        if table not in self._headers:
            self._headers[table] = names
            with _open_private(path, "x") as new:
                csv.writer(new).writerow(names)
        return _TableFile(path, table, self._headers[table])

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.csv"

    def _sizes(self) -> dict[str, int]:
        return {table: self._path(table).stat().st_size for table in self._headers}

    def _cut(self, sizes: Mapping[str, int]) -> None:
        """Cut all files to ``sizes`` and delete those that are not in it."""
        for path in self.folder.glob("*.csv"):
            if path.stem in sizes:
                os.truncate(path, sizes[path.stem])
            else:
                path.unlink()

    def _write_entry(self, entry: _Entry) -> None:
        with _open_private(self.folder / _JOURNAL, "a") as journal:
            unit = entry.unit
            line = {
                "key": unit.key,
                "once": unit.once,
                "mark": unit.mark,
                "rows": dict(unit.rows),
                "sizes": dict(entry.sizes),
                "headers": dict(entry.headers),
            }
            journal.write(f"{json.dumps(line, ensure_ascii=False)}\n")

    def _recover(self, entries: list[_Entry]) -> None:
        self.units = [entry.unit for entry in entries]
        last = entries[-1] if entries else None
        self._headers = dict(last.headers) if last else {}
        self._cut(last.sizes if last else {})


def new_spool(folder: Path, began: dt.date, digest: str) -> Spool:
    """Return an empty spool in ``folder``, which is made or emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    spool = Spool(folder, began, digest)
    with _open_private(folder / _JOURNAL, "x") as journal:
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
    with _open_private(folder / "lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PullRunning(source=source) from error
        yield


class _TableFile:
    """File of a table, open to append rows with the columns ``header``."""

    def __init__(self, path: Path, table: str, header: list[str]) -> None:
        self._fields = [_contract_field(table, name) for name in header]
        self._header = header
        self._file = _open_private(path, "a")
        self._writer = csv.writer(self._file)

    def write(self, cells: Mapping[str, Cell]) -> None:
        """Append a row.

        Raises:
            ValueError: the row has other columns than the first one of the table.
        """
        if list(cells) != self._header:
            raise ValueError(f"columns {list(cells)}, not {self._header}")
        self._writer.writerow(
            [_text(cell, one) for cell, one in zip(cells.values(), self._fields, strict=True)]
        )

    def close(self) -> None:
        self._file.close()


def _contract_field(table: str, name: str) -> Field:
    return KNOWN_AT if name == KNOWN_AT.name else STORED_TABLES[table].field(name)


def _text(cell: Cell, field: Field) -> str:
    """Return a cell as a CSV file of records has it; personal numbers are masked."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return _without_personal_numbers(cell, field)
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        return cell.strftime("%Y-%m") if field.type is FieldType.MONTH else cell.isoformat()
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _without_personal_numbers(text: str, field: Field) -> str:
    if field.type is FieldType.TEXT:
        return mask_personal_numbers(text)
    return "" if field.name in FIRM_CODES and is_identity_number(text) else text


def _open_private(path: Path, mode: str) -> io.TextIOWrapper:
    """Open a text file that only its owner may read."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, mode, encoding="utf-8", newline="", opener=opener)  # type: ignore[return-value]


def _entry(line: Mapping[str, Any]) -> _Entry:
    unit = FetchedUnit(line["key"], line["once"], line["mark"], line["rows"])
    return _Entry(unit, line["sizes"], line["headers"])


def _complete(spool: Spool, last: _Entry) -> bool:
    """Whether the files are at least as long as the journal says."""
    paths = {table: spool._path(table) for table in last.sizes}
    return all(
        path.is_file() and path.stat().st_size >= last.sizes[table] for table, path in paths.items()
    )
