"""Table of a file: by its name, else by the headers of its sheets."""

from __future__ import annotations

from pathlib import Path

from risk.contract import Table
from risk.intake.file_errors import TableNotRecognised
from risk.intake.layouts.arbitration import without_arbitration
from risk.intake.layouts.sheet_parts import open_tables
from risk.intake.sheet_selection import recognise_table
from risk.intake.table_detection import detect_table, tables_in_name


def table_of_file(path: Path) -> Table:
    """Table of the file ``path``; the headers decide where the name is not certain.

    Raises:
        TableNotRecognised: neither the name nor the headers say which.
        TableAmbiguous: the name says several, and the headers none.
        IntakeFailure: the name does not say which, and the file cannot be read.
    """
    named = tables_in_name(path.stem)
    if named.certain:
        return detect_table(path)
    with open_tables(path) as opened:
        sheets, _ = without_arbitration(opened, file=path.name)
        try:
            return recognise_table(sheets, file=path.name, named=named.table)
        except TableNotRecognised:
            if not named.tables:
                raise
            return detect_table(path)
