"""Failure of worker-level sheets that cannot be attributed."""

from __future__ import annotations

from risk.intake.file_errors import IntakeFailure


class WorkerSheetUnplaced(IntakeFailure):
    """No total of a worker-level file can be placed. Carries ``lacking``, what has to be added."""

    code = "worker_sheet_unplaced"


class WorkerPaidUnplaced(WorkerSheetUnplaced):
    """A list says only what was paid, and not for which payroll.

    Carries also ``amount`` and the number of ``payrolls`` of the project and month.
    """

    code = "worker_paid_unplaced"


class WorkerClaims(IntakeFailure):
    """The file lists wages owed to workers, which is no wage sheet."""

    code = "worker_claims"
