"""Sheets with one row per worker (wage sheets, day-by-day attendance, rosters), read as totals.

Only totals per project, team and month leave this package. What is about a person (name, numbers,
signature) is used to count persons while a sheet is read, and is neither stored nor shown.
"""

from risk.intake.worker_sheets.detection import has_worker_sheets
from risk.intake.worker_sheets.errors import WorkerClaims, WorkerSheetUnplaced
from risk.intake.worker_sheets.team_totals import WorkerSheets, read_worker_sheets, worker_level

__all__ = [
    "WorkerClaims",
    "WorkerSheetUnplaced",
    "WorkerSheets",
    "has_worker_sheets",
    "read_worker_sheets",
    "worker_level",
]
