"""Readers, one per file format, with a common protocol."""

from risk.intake.readers.dispatch import open_sheets
from risk.intake.readers.formats import DATA_SUFFIXES, Format, detect_format
from risk.intake.readers.sheet import CellRange, Sheet, first_rows

__all__ = [
    "DATA_SUFFIXES",
    "CellRange",
    "Format",
    "Sheet",
    "detect_format",
    "first_rows",
    "open_sheets",
]
