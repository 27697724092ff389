"""The day of an import must not lie before that of an earlier one.

Of undated books the one of the newest day decides. While the clock is set back, a corrected book
would look older than the book it corrects, and change nothing.
"""

from __future__ import annotations

import datetime as dt

from risk.errors import WagewatchError
from risk.intake.imported_files import last_import_day
from risk.store.store import RecordStore


class ClockBehindImports(WagewatchError):
    """Records were imported on the day ``last``, which is later than ``today`` by the clock."""

    code = "clock_behind_imports"


def require_import_day(store: RecordStore, today: dt.date) -> None:
    """Check that nothing was imported on a later day than ``today``.

    Raises:
        ClockBehindImports: something was.
    """
    last = last_import_day(store)
    if last is not None and last > today:
        raise ClockBehindImports(last=last.isoformat(), today=today.isoformat())
