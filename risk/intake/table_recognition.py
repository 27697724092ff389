"""Table of a file: by its name, else by the headers of its sheets."""

from __future__ import annotations

from pathlib import Path

from risk.contract import Table
from risk.intake.file_errors import TableAmbiguous, TableUnknown
from risk.intake.readers import open_sheets
from risk.intake.sheet_selection import recognise_table
from risk.intake.table_detection import detect_table


def table_of_file(path: Path) -> Table:
    """Table of the file ``path``.

    Raises:
        TableNotRecognised: neither the name nor the headers say which.
        IntakeFailure: the name does not say which, and the file cannot be read.
    """
    try:
        return detect_table(path)
    except (TableUnknown, TableAmbiguous):
        with open_sheets(path) as sheets:
            return recognise_table(sheets, file=path.name)
