"""Clock of the return of a deposit after completion: public notice, check, return."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from risk.calendar.working_days import add_working_days
from risk.deposits.rule_tables import RuleTable


@dataclass(frozen=True)
class ReturnClock:
    """Days of a return whose notice is put up on ``notice_from``.

    The notice is public until ``notice_until``; the check ends by ``check_by`` and the money or the
    guarantee goes back by ``return_by``, None where the table states no such term. ``planned`` is
    False if the holiday plan of a year was unknown.
    """

    notice_from: dt.date
    notice_until: dt.date
    check_by: dt.date | None
    return_by: dt.date | None
    planned: bool


def return_clock(table: RuleTable | None, notice_from: dt.date) -> ReturnClock | None:
    """The clock under ``table``; None without a table or if it states no days of notice."""
    if table is None or table.notice_days is None:
        return None
    until = notice_from + dt.timedelta(days=table.notice_days)
    if table.check_working_days is None:
        return ReturnClock(notice_from, until, None, None, planned=True)
    check = add_working_days(until, table.check_working_days)
    if table.return_working_days is None:
        return ReturnClock(notice_from, until, check.day, None, planned=check.planned)
    back = add_working_days(check.day, table.return_working_days)
    return ReturnClock(
        notice_from, until, check.day, back.day, planned=check.planned and back.planned
    )
