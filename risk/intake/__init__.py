"""Intake: files of records in, nothing lost.

Readers give rows, ``headers`` and ``parsing`` understand them, ``checks`` judges them, ``storing``
keeps what is new, ``quarantine`` keeps what has to be mended; ``importing`` drives it all.
"""

from risk.intake.importing import Progress, import_file, import_into, import_paths
from risk.intake.quarantine import quarantined_counts, quarantined_rows, write_quarantine
from risk.intake.report import FileReport, ImportReport, TableReport
from risk.intake.waiting import waiting_rows

__all__ = [
    "FileReport",
    "ImportReport",
    "Progress",
    "TableReport",
    "import_file",
    "import_into",
    "import_paths",
    "quarantined_counts",
    "quarantined_rows",
    "waiting_rows",
    "write_quarantine",
]
