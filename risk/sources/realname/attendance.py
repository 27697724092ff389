"""Monthly attendance of a project from passes at its gates and its register."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from risk.calendar.dates import add_months, month_end, month_start
from risk.sources.realname.answers import PERSON, Row
from risk.sources.realname.projects import Project
from risk.sources.realname.registers import Register
from risk.sources.realname.values import Dates, firm_code, text
from risk.sources.source import PulledRow

FIRST_MONTHS = 24
"""Months pulled of a project without a start, where the settings have no ``since``."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Pass at the gate of a site on a day; ``person`` is None if it is unknown."""

    person: int | None
    corp: str | None
    team: str | None
    day: int


def read_pass(row: Row, asked: dt.date, dates: Dates) -> Pass:
    """Return the pass of a row; without a readable date it is of the day that was asked."""
    day = dates.day(row["date"]) or asked
    return Pass(row[PERSON], firm_code(row["corp"]), text(row["team"]), day.toordinal())


def months_of(project: Project, since: dt.date | None, until: dt.date) -> list[dt.date]:
    """Return the months to pull, newest first.

    They lie between ``since`` and ``until``, and between the start of the project and its
    completion.
    """
    first = max(filter(None, (since, project.start)), default=add_months(until, 1 - FIRST_MONTHS))
    last = min(until, project.end) if project.completed and project.end else until
    month, months = month_start(last), []
    while month >= month_start(first):
        months.append(month)
        month = add_months(month, -1)
    return months


def days_of(month: dt.date, until: dt.date) -> list[dt.date]:
    """Return the days of ``month`` up to ``until``, newest first."""
    length = calendar.monthrange(month.year, month.month)[1]
    days = (month.replace(day=number) for number in range(length, 0, -1))
    return [day for day in days if day <= until]


def attendance_rows(
    project: str,
    month: dt.date,
    passes: Iterable[Pass],
    register: Register,
    *,
    until: dt.date,
    corp_of: Callable[[Pass], str | None],
    contract_of: Callable[[str | None], str | None],
) -> Iterator[PulledRow]:
    """Yield one row per contract with passes or registered workers in ``month``.

    People of firms without a contract share one row. Passes are unknown where the whole project
    has none in the month, because a site without gates has none either; they are also unknown for
    a firm whose passes all lack the person.
    """
    last = min(month_end(month), until)
    seen: dict[str | None, set[tuple[int, int]]] = {}
    firms: dict[str | None, set[str | None]] = {}
    nameless: set[str | None] = set()
    for one in passes:
        if month.toordinal() <= one.day <= last.toordinal():
            corp = corp_of(one)
            contract = contract_of(corp)
            firms.setdefault(contract, set()).add(corp)
            found = seen.setdefault(contract, set())
            if one.person is None:
                nameless.add(contract)
            else:
                found.add((one.person, one.day))
    for corp in {*register.corps, *register.undated}:
        if register.registered(corp, month, last) != 0:
            firms.setdefault(contract_of(corp), set()).add(corp)
    for contract in sorted(firms, key=lambda one: one or ""):
        people = seen.get(contract, set())
        unknown = not seen or (not people and contract in nameless)
        corps = firms[contract]
        yield PulledRow(
            "attendance",
            {
                "project_id": project,
                "contract_id": contract,
                "period": f"{month:%Y-%m}",
                "workers_registered": _total(register.registered, corps, month, last),
                "workers_present": None if unknown else len({person for person, _ in people}),
                "worker_days": None if unknown else len(people),
                "workers_with_contract": _total(register.with_contract, corps, month, last),
            },
        )


def _total(
    count: Callable[[str, dt.date, dt.date], int | None],
    corps: Iterable[str | None],
    month: dt.date,
    last: dt.date,
) -> int | None:
    """Sum of a count over firms; None if one is unknown."""
    counts = [None if corp is None else count(corp, month, last) for corp in corps]
    known = [one for one in counts if one is not None]
    return sum(known) if len(known) == len(counts) else None
