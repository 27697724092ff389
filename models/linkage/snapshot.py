"""Input of linkage: complaints, projects and organisations as known before a date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from risk.store.store import RecordStore

_ROWS_AT_ONCE = 2_000

_AS_OF = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"

_COMPLAINTS = f"""
SELECT complaint_id, received_on, coalesce(project_text, ''), coalesce(employer_text, ''), workers,
       amount_claimed, text, CASE WHEN NOT linked THEN project_id END
FROM complaints_versions WHERE {_AS_OF} AND received_on >= $2
  -- Of one with a project and without names nothing can be learned; there are many.
  AND (linked IS NOT FALSE OR project_id IS NULL OR coalesce(project_text, '') <> ''
       OR coalesce(employer_text, '') <> '')
ORDER BY received_on, complaint_id
"""

_SITES = f"""
SELECT project_id, region_code, started_on, completed_on, owner_id, contractor_id
FROM projects_versions WHERE {_AS_OF} ORDER BY project_id
"""

_MAX_PRESENT = f"""
SELECT project_id, max(present) FROM (
  SELECT project_id, period, sum(workers_present) AS present FROM attendance_versions
  WHERE {_AS_OF} GROUP BY ALL
) GROUP BY project_id
"""


@dataclass(frozen=True, slots=True)
class ComplaintText:
    """A complaint as written: site and firm in free text, the claimed ``amount`` in fen.

    ``project_id`` is the one given by the authority, None if there is none.
    """

    complaint_id: str
    received_on: dt.date
    site: str
    firm: str
    workers: int | None
    amount: int | None
    text: str | None
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A project or organisation that a complaint may mean.

    ``names`` are those of the project, ``firms`` those of all its builders; an organisation has
    ``firms`` only. ``max_present`` is the largest number of people on site in a month, None if they
    were never counted.
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
    """All input of linkage; complaints that name neither site nor firm only without a project.

    ``builders`` are the organisations of each project, ``respondents`` the organisation of the case
    that followed each complaint.
    """

    complaints: Sequence[ComplaintText]
    projects: Sequence[Candidate]
    organisations: Sequence[Candidate]
    builders: Mapping[str, frozenset[str]]
    respondents: Mapping[str, str]


def read_snapshot(store: RecordStore, as_of: dt.date, since: dt.date) -> LinkageSnapshot:
    """Read what was known strictly before ``as_of``; complaints received from ``since`` on.

    Names include those of all earlier versions of an organisation or project.
    """

    def rows(sql: str, *more: object) -> Iterator[tuple[Any, ...]]:
        """Yield rows, to be read before the next query; all at once do not fit into memory."""
        cursor = store.connection.execute(sql, [as_of, *more])
        while found := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from found

    organisations = _group(
        rows("SELECT DISTINCT org_id, org_name FROM organizations WHERE known_at < $1 ORDER BY ALL")
    )
    titles = _group(
        rows(
            "SELECT DISTINCT project_id, project_name FROM projects WHERE known_at < $1"
            " ORDER BY ALL"
        )
    )
    sites = list(rows(_SITES))
    max_present = dict(rows(_MAX_PRESENT))
    contracts = rows(
        f"SELECT project_id, contractor_id, contractor_name FROM contracts_versions WHERE {_AS_OF}"
    )
    builders, firms = _builders(sites, contracts, organisations)
    regions = rows(
        f"SELECT org_id, region_code FROM organizations_versions WHERE {_AS_OF} ORDER BY 1"
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
                max_present.get(row[0]),
            )
            for row in sites
        ],
        organisations=[
            Candidate(key, region, (), tuple(organisations[key])) for key, region in regions
        ],
        builders=builders,
        respondents=dict(
            rows(
                f"SELECT complaint_id, org_id FROM cases_versions WHERE {_AS_OF}"
                " AND complaint_id IS NOT NULL AND org_id IS NOT NULL ORDER BY case_id"
            )
        ),
    )


def _group(pairs: Iterable[tuple[Any, ...]]) -> Mapping[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return groups


def _builders(
    sites: Sequence[tuple[Any, ...]],
    contracts: Iterable[tuple[Any, ...]],
    organisations: Mapping[str, list[str]],
) -> tuple[Mapping[str, frozenset[str]], Mapping[str, tuple[str, ...]]]:
    """Organisations of each project, and the names of all its builders, including persons."""
    keys: dict[str, set[str]] = {row[0]: {key for key in row[4:] if key} for row in sites}
    written: dict[str, set[str]] = defaultdict(set)
    for project, contractor, name in contracts:
        if project in keys:
            if contractor:
                keys[project].add(contractor)
            if name:
                written[project].add(name)
    names = {
        project: tuple(
            sorted(
                written.get(project, set())
                | {name for org in orgs for name in organisations.get(org, ())}
            )
        )
        for project, orgs in keys.items()
    }
    return {project: frozenset(orgs) for project, orgs in keys.items()}, names
