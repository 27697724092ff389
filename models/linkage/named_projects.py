"""Complaints that belong to no project, and those of them whose words name exactly one.

Needs no fitting, so that every command can count them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.linkage.equal_names import Likeness, NameIndex

if TYPE_CHECKING:
    from risk.store.store import RecordStore

_AS_OF = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"

_OPEN = f"""
SELECT complaint_id, received_on, coalesce(project_text, ''), coalesce(employer_text, '')
FROM complaints_versions c
WHERE {_AS_OF} AND project_id IS NULL
  AND complaint_id NOT IN (SELECT complaint_id FROM links_versions WHERE {_AS_OF})
ORDER BY received_on, complaint_id
"""

_FIRST_KNOWN = """
SELECT complaint_id, project_text, min(known_at) FROM complaints_versions
WHERE known_at < $1 AND project_text IS NOT NULL GROUP BY ALL
"""

_NAMES = """
SELECT project_id, project_name, min(known_at) FROM projects_versions
WHERE known_at < $1 AND project_name IS NOT NULL GROUP BY ALL
"""

_PROJECTS = f"""
SELECT p.project_id, region_code, contractor_id, started_on, completed_on
FROM projects_versions p WHERE {_AS_OF}
"""

_FIRMS = f"SELECT org_id, org_name FROM organizations_versions WHERE {_AS_OF}"


@dataclass(frozen=True)
class NamedComplaint:
    """A complaint and the one project whose name it gives.

    ``known_from`` is the first day on which both the words and the name were known; ``under_way``
    whether the project was under way when the complaint came, None if its start is unknown.
    """

    complaint_id: str
    received_on: dt.date
    site: str
    firm: str
    project_id: str
    project_name: str
    contractor: str | None
    region_code: str | None
    likeness: Likeness
    under_way: bool | None
    known_from: dt.date


@dataclass(frozen=True)
class OpenComplaints:
    """The number of complaints that belong to no project and await a decision; ``named`` of them
    name exactly one.
    """

    count: int
    named: tuple[NamedComplaint, ...]


@dataclass(frozen=True)
class _Project:
    region_code: str | None
    contractor: str | None
    started_on: dt.date | None
    completed_on: dt.date | None

    def under_way(self, day: dt.date) -> bool | None:
        if self.started_on is None:
            return None
        return self.started_on <= day and not (self.completed_on and self.completed_on < day)


def open_complaints(store: RecordStore, as_of: dt.date) -> OpenComplaints:
    """The complaints known strictly before ``as_of`` that nobody has linked or refused."""
    waiting = store.rows(_OPEN, [as_of])
    if not waiting:
        return OpenComplaints(0, ())
    projects = _projects(store, as_of)
    names = _names(store, as_of, projects)
    keys = sorted(names)
    index = NameIndex([name for name, _ in names[key]] for key in keys)
    first_known = {(key, site): day for key, site, day in store.rows(_FIRST_KNOWN, [as_of])}
    named = []
    for complaint_id, received_on, site, firm in waiting:
        match = index.find(site)
        if match is None or not match.is_unique:
            continue
        key = keys[match.candidates[0]]
        project = projects[key]
        name, known = _closest(site, names[key])
        named.append(
            NamedComplaint(
                complaint_id=complaint_id,
                received_on=received_on,
                site=site,
                firm=firm,
                project_id=key,
                project_name=name,
                contractor=project.contractor,
                region_code=project.region_code,
                likeness=match.likeness,
                under_way=project.under_way(received_on),
                known_from=max(known, first_known[complaint_id, site]),
            )
        )
    return OpenComplaints(len(waiting), tuple(named))


def count_open(store: RecordStore, as_of: dt.date) -> int:
    """The number of complaints known strictly before ``as_of`` that await a decision."""
    return int(store.rows(f"SELECT count(*) FROM ({_OPEN})", [as_of])[0][0])


def _projects(store: RecordStore, as_of: dt.date) -> Mapping[str, _Project]:
    firms = dict(store.rows(_FIRMS, [as_of]))
    return {
        row[0]: _Project(row[1], firms.get(row[2]), row[3], row[4])
        for row in store.rows(_PROJECTS, [as_of])
    }


def _names(
    store: RecordStore, as_of: dt.date, projects: Mapping[str, Any]
) -> Mapping[str, list[tuple[str, dt.date]]]:
    """All names of every project, each with the day it became known."""
    names: dict[str, list[tuple[str, dt.date]]] = defaultdict(list)
    for key, name, known_at in store.rows(_NAMES, [as_of]):
        if key in projects:
            names[key].append((name, known_at))
    return names


def _closest(site: str, names: Sequence[tuple[str, dt.date]]) -> tuple[str, dt.date]:
    """The name that ``site`` matches best, the earliest of equals, the first of one day."""
    order = ("equal", "nearly", None)

    def rank(one: tuple[str, dt.date]) -> tuple[int, dt.date, str]:
        name, known = one
        match = NameIndex([(name,)]).find(site)
        return (order.index(match.likeness if match else None), known, name)

    return min(names, key=rank)
