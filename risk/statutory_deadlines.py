"""Statutory time limits of cases, of transfers to the police and of listings.

The terms are cited data in ``statutory_deadlines.toml``.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from risk.calendar.working_days import add_working_days, is_working_day, working_days_left


@dataclass(frozen=True)
class Term:
    """Legal term: ``working_days`` from a day, plus ``extension_working_days`` with approval."""

    article: str
    instrument: str
    from_day: dt.date
    to_day: dt.date | None
    working_days: int
    extension_working_days: int
    certainty: str


@dataclass(frozen=True)
class CaseDeadline:
    """Deadline of a case.

    ``days_left`` is in working days, negative once the deadline has passed; ``planned`` is False if
    the holiday plan of a year was unknown.
    """

    article: str
    instrument: str
    started_on: dt.date
    ends_on: dt.date
    working_days: int
    days_left: int
    extended: bool
    planned: bool


@dataclass(frozen=True)
class StageDeadline:
    """Deadline of a stage of a transfer or a listing, and who owes the next act.

    ``days`` are calendar days, or working days if ``in_working_days``. ``days_left`` counts the
    same and is negative once the deadline has passed; ``planned`` is False if the holiday plan of
    a year was unknown.
    """

    term: str
    article: str
    instrument: str
    owed_by: str
    certainty: str
    days: int
    in_working_days: bool
    ends_on: dt.date
    days_left: int
    planned: bool


@cache
def _terms() -> dict[str, Any]:
    text = files("risk").joinpath("statutory_deadlines.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def stage_deadline(group: str, term: str, started_on: dt.date, on: dt.date) -> StageDeadline:
    """Deadline on day ``on`` of the ``term`` of ``group`` that began on ``started_on``.

    The day it began does not count. A term of calendar days that ends on a day of rest ends on the
    next working day.

    Raises:
        KeyError: there is no such term.

    >>> sent, today = dt.date(2025, 6, 4), dt.date(2025, 6, 5)   # three days end on a Saturday
    >>> stage_deadline("transfer", "police_decision", sent, today).ends_on
    datetime.date(2025, 6, 9)
    """
    found = _terms()[group][term]
    in_working_days = "working_days" in found
    if in_working_days:
        end = add_working_days(started_on, found["working_days"])
        left = working_days_left(on, end.day)
        last, days_left, planned = end.day, left.days, end.planned and left.planned
    else:
        last, planned = _next_working(started_on + dt.timedelta(days=found["days"]))
        days_left = (last - on).days
    return StageDeadline(
        term=term,
        article=found["article"],
        instrument=found["instrument"],
        owed_by=found["owed_by"],
        certainty=found["certainty"],
        days=found["working_days" if in_working_days else "days"],
        in_working_days=in_working_days,
        ends_on=last,
        days_left=days_left,
        planned=planned,
    )


def _next_working(day: dt.date) -> tuple[dt.date, bool]:
    """``day`` or the next working day, and whether the holiday plan was known."""
    planned = True
    while True:
        worked, known = is_working_day(day)
        planned &= known
        if worked:
            return day, planned
        day += dt.timedelta(days=1)


@cache
def case_term() -> Term:
    """Term within which a filed case must be handled."""
    found = _terms()["case_handling"]
    return Term(
        article=found["article"],
        instrument=found["instrument"],
        from_day=found["from"],
        to_day=found.get("to"),
        working_days=found["working_days"],
        extension_working_days=found["extension_working_days"],
        certainty=found["certainty"],
    )


def case_deadline(
    started_on: dt.date, on: dt.date, *, extended: bool = False
) -> CaseDeadline | None:
    """Deadline on day ``on`` of a case filed on ``started_on``; None before the law was in force.

    >>> deadline = case_deadline(dt.date(2025, 3, 3), dt.date(2025, 3, 10))
    >>> deadline.days_left, deadline.working_days
    (55, 60)
    """
    term = case_term()
    if started_on < term.from_day or (term.to_day is not None and started_on >= term.to_day):
        return None
    days = term.working_days + (term.extension_working_days if extended else 0)
    end = add_working_days(started_on, days)
    left = working_days_left(on, end.day)
    return CaseDeadline(
        article=term.article,
        instrument=term.instrument,
        started_on=started_on,
        ends_on=end.day,
        working_days=days,
        days_left=left.days,
        extended=extended,
        planned=end.planned and left.planned,
    )
