"""What was known before a date of complaints, of projects, and of all names they go by."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from risk.store.store import RecordStore

_THEN = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"

_COMPLAINTS = f"""
SELECT complaint_id, received_on, coalesce(project_text, ''), coalesce(employer_text, ''), workers,
       amount_claimed, text, CASE WHEN NOT linked THEN project_id END
FROM complaints_versions WHERE {_THEN} AND received_on >= $2 ORDER BY received_on, complaint_id
"""

_SITES = f"""
SELECT project_id, region_code, started_on, completed_on, owner_id, contractor_id
FROM projects_versions WHERE {_THEN} ORDER BY project_id
"""

_CROWDS = f"""
SELECT project_id, max(present) FROM (
  SELECT project_id, period, sum(workers_present) AS present FROM attendance_versions
  WHERE {_THEN} GROUP BY ALL
) GROUP BY project_id
"""


@dataclass(frozen=True)
class ComplaintText:
    """A complaint in its own words; ``project_id`` as the authority names it, None if it does not.

    ``amount`` is what is claimed, in fen.
    """

    complaint_id: str
    received_on: dt.date
    site: str
    firm: str
    workers: int | None
    amount: int | None
    text: str | None
    project_id: str | None


@dataclass(frozen=True)
class Candidate:
    """Somebody a complaint may mean: a project or an organisation.

    ``names`` are the project's, ``firms`` those of all who build it; an organisation has firms
    only. ``max_present`` is the largest number of people on site in a month, None if not counted.
    """

    key: str
    region_code: str | None
    names: tuple[str, ...]
    firms: tuple[str, ...]
    started_on: dt.date | None = None
    completed_on: dt.date | None = None
    max_present: int | None = None


@dataclass(frozen=True)
class LinkageSnapshot:
    """Everything linking works with. ``builders`` are the organisations of each project;

    ``respondents`` the organisation of the case that followed a complaint.
    """

    complaints: Sequence[ComplaintText]
    projects: Sequence[Candidate]
    organisations: Sequence[Candidate]
    builders: Mapping[str, frozenset[str]]
    respondents: Mapping[str, str]


def read_snapshot(store: RecordStore, as_of: dt.date, since: dt.date) -> LinkageSnapshot:
    """What was known strictly before ``as_of``; complaints received from ``since`` on.

    Every name an organisation or project had in a version known by then is a name of it.
    """

    def rows(sql: str, *more: object) -> list[tuple[Any, ...]]:
        return store.rows(sql, [as_of, *more])

    organisations = _gathered(
        rows("SELECT DISTINCT org_id, org_name FROM organizations WHERE known_at < $1 ORDER BY ALL")
    )
    titles = _gathered(
        rows(
            "SELECT DISTINCT project_id, project_name FROM projects WHERE known_at < $1"
            " ORDER BY ALL"
        )
    )
    contracts = rows(
        "SELECT DISTINCT project_id, contractor_id, contractor_name FROM contracts_versions"
        f" WHERE {_THEN} ORDER BY ALL"
    )
    sites = rows(_SITES)
    crowds = dict(rows(_CROWDS))
    builders, firms = _who_builds(sites, contracts, organisations)
    places = rows(
        f"SELECT org_id, region_code FROM organizations_versions WHERE {_THEN} ORDER BY 1"
    )
    return LinkageSnapshot(
        complaints=[ComplaintText(*row) for row in rows(_COMPLAINTS, since)],
        projects=[
            Candidate(
                row[0],
                row[1],
                tuple(titles[row[0]]),
                firms[row[0]],
                row[2],
                row[3],
                crowds.get(row[0]),
            )
            for row in sites
        ],
        organisations=[
            Candidate(number, place, (), tuple(organisations[number])) for number, place in places
        ],
        builders=builders,
        respondents=dict(
            rows(
                f"SELECT complaint_id, org_id FROM cases_versions WHERE {_THEN}"
                " AND complaint_id IS NOT NULL AND org_id IS NOT NULL ORDER BY case_id"
            )
        ),
    )


def _gathered(pairs: Sequence[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, name in pairs:
        found[key].append(name)
    return found


def _who_builds(
    sites: Sequence[tuple[Any, ...]],
    contracts: Sequence[tuple[str, str | None, str | None]],
    organisations: Mapping[str, list[str]],
) -> tuple[Mapping[str, frozenset[str]], Mapping[str, tuple[str, ...]]]:
    """Organisations of each project, and all names of whoever builds it, persons too."""
    numbers: dict[str, set[str]] = {row[0]: {one for one in row[4:6] if one} for row in sites}
    written: dict[str, set[str]] = {row[0]: set() for row in sites}
    for project, contractor, name in contracts:
        if project in numbers:
            if contractor:
                numbers[project].add(contractor)
            if name:
                written[project].add(name)
    names = {
        project: tuple(
            sorted(written[project] | {n for one in held for n in organisations.get(one, ())})
        )
        for project, held in numbers.items()
    }
    return {project: frozenset(held) for project, held in numbers.items()}, names
