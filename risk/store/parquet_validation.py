"""What a folder of partitioned Parquet holds, and whether it is what the contract allows."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from risk.contract import KNOWN_AT, STORED_TABLES, Table
from risk.errors import WagewatchError
from risk.locale import Language, text
from risk.store.store import RecordStore, columns

YEAR_FOLDER = "known_year"
_YEAR = re.compile(rf"{YEAR_FOLDER}=([0-9]{{4}})")
_ARRIVAL = ("arrival", "BIGINT")


@dataclass(frozen=True)
class Problem:
    """Something that is not as the contract says; ``code`` is worded under ``record_folders``."""

    code: str
    where: str
    found: str = ""
    allowed: str = ""

    def said(self, language: Language) -> str:
        """The problem in a few words."""
        return text(
            f"record_folders.{self.code}",
            language,
            where=self.where,
            found=self.found,
            allowed=self.allowed,
        )


class RecordsFolderEmpty(WagewatchError):
    """There is no such folder, or no records in it."""

    code = "records_folder_empty"


class RecordsFolderRefused(WagewatchError):
    """The folder is not what the contract allows; carries ``problems``, all of them."""

    code = "records_folder_refused"

    def message(self, language: Language = "en") -> str:
        """The failure in one sentence of ``language``."""
        problems: Sequence[Problem] = self.fields["problems"]
        said = "; ".join(problem.said(language) for problem in problems)
        return text(f"errors.{self.code}", language, path=self.fields["path"], problems=said)


@dataclass(frozen=True)
class Part:
    """The Parquet files of one table and one year of ``known_at``."""

    table: str
    year: int
    files: tuple[Path, ...]

    def source(self) -> str:
        """The files as a table of a query; columns that some lack are empty there."""
        return reading(self.files, "union_by_name := true")


def names_of(table: Table) -> str:
    """The stored columns of ``table`` but ``arrival``, as SQL."""
    return ", ".join(name for name, _ in columns(table))


def parts_of(folder: Path) -> dict[str, list[Part]]:
    """The tables and years in ``folder``, in contract order; strangers are passed over."""
    found: dict[str, list[Part]] = {}
    for name in STORED_TABLES:
        parts = list(_years(folder / name))
        if parts:
            found[name] = parts
    return found


def strangers(folder: Path) -> list[str]:
    """What lies in ``folder`` and is no part of a records folder; hidden files do not count."""
    found = []
    for entry in _shown(folder):
        if entry.name not in STORED_TABLES or not entry.is_dir():
            found.append(entry.name)
            continue
        for year in _shown(entry):
            if not _YEAR.fullmatch(year.name) or not year.is_dir():
                found.append(f"{entry.name}/{year.name}")
                continue
            files = [one for one in _shown(year) if one.suffix != ".parquet" or not one.is_file()]
            found.extend(f"{entry.name}/{year.name}/{one.name}" for one in files)
    return found


def problems_of(
    store: RecordStore, folder: Path, parts: Mapping[str, Sequence[Part]]
) -> list[Problem]:
    """All that is wrong with ``folder``: strangers, columns, types, empty cells, wrong years."""
    found = [Problem("stranger", where) for where in strangers(folder)]
    for name, years in parts.items():
        try:
            files = [file for year in years for file in year.files]
            laid_out = layout_problems(store, STORED_TABLES[name], files)
            found += laid_out or list(_value_problems(store, STORED_TABLES[name], years))
        except duckdb.Error as error:
            found.append(Problem("unreadable", name, found=str(error).splitlines()[0]))
    return found


def _years(folder: Path) -> Iterator[Part]:
    if not folder.is_dir():
        return
    for entry in _shown(folder):
        year = _YEAR.fullmatch(entry.name)
        files = tuple(one for one in _shown(entry) if one.suffix == ".parquet") if year else ()
        if year and files:
            yield Part(folder.name, int(year[1]), files)


def _shown(folder: Path) -> list[Path]:
    """What lies in ``folder``, without what engines leave beside data (``_SUCCESS``, ``.crc``)."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if not one.name.startswith((".", "_")))


def layout_problems(store: RecordStore, table: Table, files: Sequence[Path | str]) -> list[Problem]:
    """Columns of ``table`` that some of ``files`` lack or hold as another type, and columns more.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    wanted = dict([*columns(table), _ARRIVAL])
    source = reading(files, "union_by_name := true")
    found = {row[0] for row in store.rows(f"DESCRIBE SELECT * FROM {source}")}
    problems = [
        Problem("unknown_column", f"{table.name}.{name}") for name in sorted(found - set(wanted))
    ]
    held = store.rows(
        "SELECT name, count(DISTINCT file_name), list(DISTINCT duckdb_type)"
        f" FROM {_call('parquet_schema', files)} GROUP BY name"
    )
    holding = {name: (count, types) for name, count, types in held}
    for name, kind in wanted.items():
        count, types = holding.get(name, (0, []))
        others = sorted(set(types) - {kind})
        if count < len(files):
            problems.append(Problem("missing_column", f"{table.name}.{name}"))
        elif others:
            problems.append(wrong_type(table, name, ", ".join(others), kind))
    return problems


def wrong_type(table: Table, name: str, found: str, kind: str) -> Problem:
    """That a column is ``found`` where the contract has ``kind``."""
    return Problem("wrong_type", f"{table.name}.{name}", found, kind)


def _value_problems(store: RecordStore, table: Table, parts: Sequence[Part]) -> Iterator[Problem]:
    """Cells that must be filled and are not, and rows that lie in another year's folder."""
    filled = [field.name for field in table.fields if field.required]
    filled += [KNOWN_AT.name, _ARRIVAL[0]]
    empty = dict.fromkeys(filled, 0)
    for part in parts:
        counts = ", ".join(f"count(*) - count({name})" for name in filled)
        astray = f"count(*) FILTER (year(known_at) <> {part.year})"
        *missing, away = store.rows(f"SELECT {counts}, {astray} FROM {part.source()}")[0]
        for name, count in zip(filled, missing, strict=True):
            empty[name] += count
        if away:
            yield Problem("wrong_year", f"{table.name}/{YEAR_FOLDER}={part.year}", found=str(away))
    for name, count in empty.items():
        if count:
            yield Problem("empty_cell", f"{table.name}.{name}", found=str(count))


def reading(files: Sequence[Path | str], *options: str) -> str:
    """``files`` as a table of a query; their names are taken as they are, folders add nothing."""
    return _call("read_parquet", files, *options, "hive_partitioning := false")


def _call(function: str, files: Sequence[Path | str], *options: str) -> str:
    # A name of a file is a pattern to the engine: its brackets and stars are escaped.
    named = ", ".join("'" + glob.escape(str(file)).replace("'", "''") + "'" for file in files)
    return f"{function}({', '.join([f'[{named}]', *options])})"
