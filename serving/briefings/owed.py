"""Wages unpaid on the books at the end of a period, from the same rules as the red flags."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from risk.flags import red_flags
from risk.flags.flag import RedFlag
from risk.flags.grades import Grade, read_grades
from risk.flags.law import read_law
from risk.flags.office_values import add_values, from_document
from risk.store.store import RecordStore
from serving.briefings.statistics import Total
from serving.snapshot.as_of_query import with_known_tables

_MONTH_OVERDUE = "wages_overdue"
_OWED = frozenset({_MONTH_OVERDUE, "wages_partly_paid"})
_CAUSES = (
    frozenset(
        code for code, grade in read_grades().items() if grade in (Grade.PAYMENT, Grade.FUNDING)
    )
    - _OWED
)

_NAMES = f"""
{with_known_tables("projects", "organizations")}
SELECT p.project_id, p.project_name, o.org_name FROM projects p
  LEFT JOIN organizations o ON o.org_id = p.contractor_id
WHERE starts_with(coalesce(p.region_code, ''), $2)
"""

_PAYMENTS_REPORTED = f"""
{with_known_tables("projects", "payrolls", "payments")}
SELECT DISTINCT p.project_id
FROM payments JOIN payrolls r USING (payroll_id) JOIN projects p ON p.project_id = r.project_id
WHERE starts_with(coalesce(p.region_code, ''), $2)
"""


@dataclass(frozen=True)
class OwingProject:
    """A running project with wages overdue; money in fen, ``workers`` None if unknown.

    ``whole_month``: a month's wages or more, as the red flag ``wages_overdue`` means it.
    """

    project_id: str
    name: str | None
    contractor: str | None
    months: int
    fen: int
    workers: int | None
    late_days: int
    whole_month: bool = False


@dataclass(frozen=True)
class Owed:
    """Projects with wages overdue, most money first, and the flags about why.

    ``causes`` are the flags about the way of payment and about funding, each with its number of
    projects, most frequent first. Of the projects ``reported`` payments are known.
    """

    projects: Sequence[OwingProject]
    causes: Sequence[tuple[str, int]]
    reported: frozenset[str] = frozenset()

    def fen_of(self, project_id: str) -> int | None:
        """Return the money owed by a project, None if no payment of it is known."""
        owed = self._fen_by_project.get(project_id)
        return 0 if owed is None and project_id in self.reported else owed

    @cached_property
    def _fen_by_project(self) -> Mapping[str, int]:
        return {project.project_id: project.fen for project in self.projects}

    @property
    def fen(self) -> int:
        """The money owed by all projects."""
        return sum(project.fen for project in self.projects)

    @property
    def workers(self) -> Total:
        """Workers of the projects, where they are known."""
        return Total.of([project.workers for project in self.projects])

    @property
    def whole_months(self) -> int:
        """Number of projects that owe a month's wages or more."""
        return sum(project.whole_month for project in self.projects)


def wages_owed(
    store: RecordStore,
    as_of: dt.date,
    region: str,
    law_values: Sequence[Mapping[str, Any]] = (),
    *,
    with_causes: bool,
) -> Owed | None:
    """Return the wages overdue on ``as_of``.

    None if no payment on a payroll of ``region`` was known before ``as_of``: what is unpaid is
    unknown then, not nothing. ``law_values`` are the legal values of the office as a sealed list
    holds them. The causes are empty unless ``with_causes``, which takes longer.
    """
    reported = frozenset(row[0] for row in store.rows(_PAYMENTS_REPORTED, [as_of, region]))
    if not reported:
        return None
    law = add_values(read_law(), [from_document(value) for value in law_values])
    codes = _OWED | _CAUSES if with_causes else _OWED
    found = red_flags(store, as_of, law=law, codes=codes)
    names = {row[0]: row[1:] for row in store.rows(_NAMES, [as_of, region])}
    here = [flag for key, flags in found.items() if key in names for flag in flags]
    causes = Counter(flag.code for flag in here if flag.code in _CAUSES)
    projects = [_project(flag, *names[flag.project_id]) for flag in here if flag.code in _OWED]
    return Owed(
        sorted(projects, key=lambda project: (-project.fen, project.project_id)),
        _most_frequent(causes),
        reported,
    )


def _most_frequent(causes: Mapping[str, int]) -> list[tuple[str, int]]:
    """Causes with their numbers, the most frequent first, equally frequent ones by code."""
    return sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))


def _project(flag: RedFlag, name: str | None, contractor: str | None) -> OwingProject:
    people = flag.values.get("people")
    return OwingProject(
        flag.project_id,
        name,
        contractor,
        months=int(flag.values["months"]),
        fen=int(flag.values["unpaid_fen"]),
        workers=None if people is None else int(people),
        late_days=int(flag.values["late_days"]),
        whole_month=flag.code == _MONTH_OVERDUE,
    )
