"""Statutory time limit of a case (Regulation on Labour Security Supervision, Art. 17).

The term is dated, cited data in ``statutory_deadlines.toml``.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from risk.calendar.working_days import add_working_days, working_days_between


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


@cache
def case_term() -> Term:
    """Term within which a filed case must be handled."""
    document = tomllib.loads(
        files("risk").joinpath("statutory_deadlines.toml").read_text(encoding="utf-8")
    )
    found = document["case_handling"]
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
    left = working_days_between(on, end.day)
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
