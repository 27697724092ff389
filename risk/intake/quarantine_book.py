"""The quarantine as a workbook for people: one sheet per table, with the reasons in words.

All cells are text, so that a spreadsheet program keeps codes and months as written. Corrected in
place, the workbook can be imported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

from risk.contract import KNOWN_AT, STORED_TABLES, Table
from risk.intake.cells import CUT_OFF
from risk.intake.csv_escaping import escape_quote
from risk.intake.file_errors import TableUnknown
from risk.intake.headers import QUARANTINE_ID
from risk.intake.quarantine import (
    QuarantinedRow,
    quarantine_digest,
    quarantined_counts,
    quarantined_rows,
    record_written,
    written_digest,
)
from risk.intake.readers import Sheet
from risk.intake.row_errors import Problem
from risk.intake.text_workbook import TextWorkbook, open_text_workbook
from risk.locale import Language, text
from risk.store.store import RecordStore

BOOK_NAME = "待修改.xlsx"
MAX_ROWS = 1_000_000
"""Rows of a sheet; a spreadsheet holds little more."""

_MAX_CELL = 32_767
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_WIDTH = 18
_WIDTHS = (20, 24, 8, 60)
_PROBLEMS_CACHED = 1_000


def write_quarantine(store: RecordStore, folder: Path, *, language: Language = "zh") -> None:
    """Write all quarantined rows to one workbook in ``folder``; remove it if there are none.

    The headings are the Chinese ones of the contract. The workbook is replaced atomically, and
    left as it is if the rows are those of the last time. CSV files written by earlier releases are
    removed.
    """
    path = folder / BOOK_NAME
    digest = f"{language} {quarantine_digest(store)}"
    if path.is_file() and written_digest(store) == digest:
        return
    counts = {name: count for name, count in quarantined_counts(store).items() if count}
    if counts:
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with open_text_workbook(part) as book:
            for name in counts:
                _write_table(book, store, STORED_TABLES[name], language)
        part.replace(path)
    else:
        path.unlink(missing_ok=True)
    for name in STORED_TABLES:
        (folder / f"{name}.csv").unlink(missing_ok=True)
    record_written(store, digest)


def is_quarantine_book(path: Path) -> bool:
    """Whether the file is named like the workbook; what is added to its name does not matter."""
    return path.suffix.lower() == ".xlsx" and Path(BOOK_NAME).stem in path.stem


def tables_of_sheets(sheets: Sequence[Sheet]) -> list[tuple[Table, Sheet]]:
    """Sheets of the workbook with the tables they are named after.

    Raises:
        TableUnknown: no sheet is named after a table.
    """
    tables = {table.zh: table for table in STORED_TABLES.values()}
    names = [(sheet.name.rstrip(" 0123456789"), sheet) for sheet in sheets]
    found = [(tables[name], sheet) for name, sheet in names if name in tables]
    if not found:
        raise TableUnknown(file=BOOK_NAME, allowed="、".join(tables))
    return found


def _write_table(book: TextWorkbook, store: RecordStore, table: Table, language: Language) -> None:
    rows = quarantined_rows(store, table)
    widths = [*_WIDTHS, *[_WIDTH] * (len(table.fields) + 1)]
    for number, first in enumerate(rows, start=1):
        name = table.zh if number == 1 else f"{table.zh} {number}"
        of_sheet = chain([first], islice(rows, MAX_ROWS - 1))
        book.add_sheet(name, widths, _sheet_rows(table, of_sheet, language))


def _sheet_rows(
    table: Table, rows: Iterator[QuarantinedRow], language: Language
) -> Iterator[Sequence[str]]:
    """Cells of the header and of ``rows``."""
    fields = [*table.fields, KNOWN_AT]

    @lru_cache(_PROBLEMS_CACHED)  # rows of a file tend to have the same problems
    def described(problems: tuple[Problem, ...]) -> str:
        return _writable("；".join(problem.message(table, language) for problem in problems))

    labels = [text(f"intake.quarantine.{key}", language) for key in ("file", "row", "problems")]
    yield [QUARANTINE_ID, *labels, *(field.zh for field in fields)]
    for row in rows:
        cells = [_writable(escape_quote(row.cells.get(field.name, ""))) for field in fields]
        # Surplus cells are written too, so that an uncorrected row is refused again.
        cells += [
            _writable(escape_quote(cell)) for name, cell in row.cells.items() if name[0] == "+"
        ]
        yield [row.id, _writable(row.file), str(row.row), described(row.problems), *cells]


def _writable(cell: str) -> str:
    """``cell`` as a workbook can hold it.

    A cell that does not fit, or has a character that no workbook can hold, is refused again until
    it is corrected.
    """
    written = _UNWRITABLE.sub("\u2400", cell)
    # Spreadsheets count in units of UTF-16.
    return written if len(written.encode("utf-16-le")) <= 2 * _MAX_CELL else CUT_OFF
