"""Detection of a file's table from its name."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from risk.contract import STORED_TABLES, Table
from risk.intake.file_errors import TableAmbiguous, TableUnknown


def detect_table(path: Path) -> Table:
    """Table whose English or Chinese name is in the file's name; the longest name wins.

    >>> detect_table(Path("2024年工程项目台账.xlsx")).name
    'projects'
    >>> detect_table(Path("payments_2024-05.csv")).name
    'payments'

    Raises:
        TableUnknown: the file's name contains no table name.
        TableAmbiguous: it contains two table names of the same length.
    """
    stem = unicodedata.normalize("NFKC", path.stem).casefold()
    lengths = {table.name: _match(table, stem) for table in STORED_TABLES.values()}
    matches = {name: length for name, length in lengths.items() if length}
    if not matches:
        raise TableUnknown(file=path.name, allowed=allowed_names())
    longest = max(matches.values())
    found = [name for name, length in matches.items() if length == longest]
    if len(found) > 1:
        raise TableAmbiguous(file=path.name, found=", ".join(found), allowed=allowed_names())
    return STORED_TABLES[found[0]]


def has_table_name(path: Path) -> bool:
    """Whether the file's name contains a table name."""
    stem = unicodedata.normalize("NFKC", path.stem).casefold()
    return any(_match(table, stem) for table in STORED_TABLES.values())


def allowed_names() -> str:
    """All table names, English and Chinese, as one line of text."""
    return ", ".join(f"{table.name}/{table.zh}" for table in STORED_TABLES.values())


def _match(table: Table, stem: str) -> int:
    """Length of the longest name of ``table`` in ``stem``; 0 if there is none."""
    # English names must be whole words: "cases" is not in "showcases".
    english = re.search(rf"(?<![a-z]){table.name}(?![a-z])", stem)
    return max(len(table.name) if english else 0, len(table.zh) if table.zh in stem else 0)
