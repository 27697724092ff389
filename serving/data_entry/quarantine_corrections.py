"""Corrected rows of the quarantine as a file to import, like the corrected workbook."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from risk.contract import KNOWN_AT, STORED_TABLES
from risk.intake.csv_escaping import escape_cell
from risk.intake.headers import QUARANTINE_ID

Document = Mapping[str, Any]


def file_name(table: str) -> str:
    """Name of the file of corrected rows of ``table``; it says the table.

    >>> file_name("payrolls")
    'payrolls.csv'
    """
    return f"{table}.csv"


def corrected_rows(
    rows: Sequence[Document], cells: Mapping[str, Mapping[str, str]]
) -> dict[str, list[Document]]:
    """Rows of the overview with corrected ``cells`` (by id and field), by table.

    Only rows in which a cell changed are returned.
    """
    found: dict[str, list[Document]] = {}
    for row in rows:
        changed = {
            name: value
            for name, value in cells.get(row["id"], {}).items()
            if value != row["cells"].get(name, "")
        }
        if changed:
            mended = {**row, "cells": {**row["cells"], **changed}}
            found.setdefault(row["table"], []).append(mended)
    return found


def write_rows(path: Path, table: str, rows: Sequence[Document]) -> None:
    """Write corrected rows of one table with their ids, so that they replace the bad ones."""
    fields = [*STORED_TABLES[table].fields, KNOWN_AT]
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([QUARANTINE_ID, *(field.zh for field in fields)])
        for row in rows:
            cells = row["cells"]
            surplus = [cell for name, cell in cells.items() if name.startswith("+")]
            texts = [*(cells.get(field.name, "") for field in fields), *surplus]
            writer.writerow([row["id"], *map(escape_cell, texts)])
