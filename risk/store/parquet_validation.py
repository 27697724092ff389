"""Contents of a folder of partitioned Parquet, validated against the contract."""

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
from risk.store.row_hashes import columns
from risk.store.store import MARKS, RecordStore, optional_columns

YEAR_FOLDER = "known_year"
_YEAR = re.compile(rf"{YEAR_FOLDER}=([0-9]{{4}})")
_ARRIVAL = ("arrival", "BIGINT")


@dataclass(frozen=True)
class FolderProblem:
    """Violation of the contract; its text is ``record_folders.<code>`` in the catalogue."""

    code: str
    where: str
    found: str = ""
    allowed: str = ""

    def message(self, language: Language) -> str:
        """Text of the problem in ``language``."""
        return text(
            f"record_folders.{self.code}",
            language,
            where=self.where,
            found=self.found,
            allowed=self.allowed,
        )


class RecordsFolderEmpty(WagewatchError):
    """The folder does not exist or has no records."""

    code = "records_folder_empty"


class RecordsFolderRefused(WagewatchError):
    """The folder violates the contract; fields: ``path``, ``problems`` (all of them)."""

    code = "records_folder_refused"

    def message(self, language: Language = "en") -> str:
        """Text of the error in ``language``, with all problems."""
        problems: Sequence[FolderProblem] = self.fields["problems"]
        listed = "; ".join(problem.message(language) for problem in problems)
        return text(f"errors.{self.code}", language, path=self.fields["path"], problems=listed)


@dataclass(frozen=True)
class Partition:
    """Parquet files of one table and one year of ``known_at``."""

    table: str
    year: int
    files: tuple[Path, ...]

    def source(self, store: RecordStore) -> str:
        """SQL of the files' rows; columns missing in some files are NULL there."""
        return records_sql(store, STORED_TABLES[self.table], self.files)


def column_list(table: Table) -> str:
    """All stored columns of ``table``, as SQL."""
    return ", ".join([*(name for name, _ in columns(table)), "arrival", *MARKS])


def records_sql(store: RecordStore, table: Table, files: Sequence[Path | str]) -> str:
    """SQL of the rows of ``files``, with the columns of ``table`` that folders may lack."""
    source = read_parquet_sql(files, "union_by_name := true")
    found = _column_names(store, source)
    missing = "".join(
        f", CAST(NULL AS {kind}) AS {name}"
        for name, kind in optional_columns(table).items()
        if name not in found
    )
    return f"(SELECT *{missing} FROM {source})" if missing else source


def find_partitions(folder: Path) -> dict[str, list[Partition]]:
    """Partitions in ``folder`` by table, in contract order; unexpected entries are ignored."""
    found: dict[str, list[Partition]] = {}
    for name in STORED_TABLES:
        parts = list(_years(folder / name))
        if parts:
            found[name] = parts
    return found


def unexpected_entries(folder: Path) -> list[str]:
    """Entries of ``folder`` that do not belong to a records folder; hidden files are ignored."""
    found = []
    for entry in _visible(folder):
        if entry.name not in STORED_TABLES or not entry.is_dir():
            found.append(entry.name)
            continue
        for year in _visible(entry):
            if not _YEAR.fullmatch(year.name) or not year.is_dir():
                found.append(f"{entry.name}/{year.name}")
                continue
            files = [
                file for file in _visible(year) if file.suffix != ".parquet" or not file.is_file()
            ]
            found.extend(f"{entry.name}/{year.name}/{file.name}" for file in files)
    return found


def find_problems(
    store: RecordStore, folder: Path, parts: Mapping[str, Sequence[Partition]]
) -> list[FolderProblem]:
    """All problems of ``folder``: unexpected entries, columns, types, empty cells, wrong years."""
    found = [FolderProblem("stranger", where) for where in unexpected_entries(folder)]
    for name, years in parts.items():
        try:
            files = [file for year in years for file in year.files]
            laid_out = schema_problems(store, STORED_TABLES[name], files)
            found += laid_out or list(_value_problems(store, STORED_TABLES[name], years))
        except duckdb.Error as error:
            found.append(FolderProblem("unreadable", name, found=str(error).splitlines()[0]))
    return found


def _years(folder: Path) -> Iterator[Partition]:
    if not folder.is_dir():
        return
    for entry in _visible(folder):
        year = _YEAR.fullmatch(entry.name)
        files = tuple(file for file in _visible(entry) if file.suffix == ".parquet") if year else ()
        if year and files:
            yield Partition(folder.name, int(year[1]), files)


def _visible(folder: Path) -> list[Path]:
    """Entries of ``folder`` without the marker files of engines (``_SUCCESS``, ``.crc``)."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))


def schema_problems(
    store: RecordStore, table: Table, files: Sequence[Path | str]
) -> list[FolderProblem]:
    """Missing, wrongly typed and unknown columns of ``files``, compared with ``table``.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    wanted = dict([*columns(table), _ARRIVAL])
    source = read_parquet_sql(files, "union_by_name := true")
    found = _column_names(store, source)
    problems = [
        FolderProblem("unknown_column", f"{table.name}.{name}")
        for name in sorted(found - set(wanted) - set(MARKS))
    ]
    held = store.rows(
        "SELECT name, count(DISTINCT file_name), list(DISTINCT duckdb_type)"
        f" FROM {_call_sql('parquet_schema', files)} GROUP BY name"
    )
    holding = {name: (count, types) for name, count, types in held}
    for name, kind in {**wanted, **MARKS}.items():
        count, types = holding.get(name, (0, []))
        others = sorted(set(types) - {kind})
        if count < len(files) and name not in optional_columns(table):
            problems.append(FolderProblem("missing_column", f"{table.name}.{name}"))
        elif others:
            problems.append(wrong_type(table, name, ", ".join(others), kind))
    return problems


def _column_names(store: RecordStore, source: str) -> set[str]:
    return {row[0] for row in store.rows(f"DESCRIBE SELECT * FROM {source}")}


def wrong_type(table: Table, name: str, found: str, kind: str) -> FolderProblem:
    """Problem of a column of type ``found`` where the contract has ``kind``."""
    return FolderProblem("wrong_type", f"{table.name}.{name}", found, kind)


def _value_problems(
    store: RecordStore, table: Table, parts: Sequence[Partition]
) -> Iterator[FolderProblem]:
    """Empty cells of required columns, and rows in the folder of another year."""
    filled = [field.name for field in table.fields if field.required]
    filled += [KNOWN_AT.name, _ARRIVAL[0]]
    empty = dict.fromkeys(filled, 0)
    for part in parts:
        counts = ", ".join(f"count(*) - count({name})" for name in filled)
        astray = f"count(*) FILTER (year(known_at) <> {part.year})"
        *missing, away = store.rows(f"SELECT {counts}, {astray} FROM {part.source(store)}")[0]
        for name, count in zip(filled, missing, strict=True):
            empty[name] += count
        if away:
            yield FolderProblem(
                "wrong_year", f"{table.name}/{YEAR_FOLDER}={part.year}", found=str(away)
            )
    for name, count in empty.items():
        if count:
            yield FolderProblem("empty_cell", f"{table.name}.{name}", found=str(count))


def read_parquet_sql(files: Sequence[Path | str], *options: str) -> str:
    """SQL table function over ``files``; folder names add no partition columns."""
    return _call_sql("read_parquet", files, *options, "hive_partitioning := false")


def _call_sql(function: str, files: Sequence[Path | str], *options: str) -> str:
    # DuckDB treats file names as glob patterns, so brackets and stars are escaped.
    named = ", ".join("'" + glob.escape(str(file)).replace("'", "''") + "'" for file in files)
    return f"{function}({', '.join([f'[{named}]', *options])})"
