"""Projects that have two ids: one made from their name, and a code that came later.

Lists, visits and payrolls refer to a project by its id, so a person confirms that the two are one.
The records that name the made id are then stored again with the code, and the made id is withdrawn
from the register: known from that day, or from the day up to which lists are sealed. Before it
nothing changes, so that an older list replays the same. Records that name the made id later get the
code when they are imported.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from risk.contract import STORED_TABLES
from risk.errors import WagewatchError
from risk.intake.account_notes import Note
from risk.intake.import_days import require_import_day
from risk.intake.name_ids import MARK, is_made, name_key
from risk.intake.name_merges import merge_ids
from risk.store.store import RecordStore

_MERGED = "merged_projects"
_REGISTER = STORED_TABLES["projects"]
_SHOWN = 3


class ProjectPairUnknown(WagewatchError):
    """No project of two ids has this made id. Carries ``found`` and ``allowed``."""

    code = "project_pair_unknown"


@dataclass(frozen=True)
class ProjectPair:
    """Ids of two register rows with the same name, in normal form, and the same county."""

    made: str
    code: str
    name: str
    county: str


@dataclass(frozen=True)
class _Row:
    id: str
    name: str
    arrival: int


def project_pairs(store: RecordStore) -> list[ProjectPair]:
    """Projects with exactly one made id and one code, by made id."""
    pairs = []
    for county, rows in _same_names(store):
        made = [one for one in rows if is_made(one.id)]
        codes = [one for one in rows if not is_made(one.id)]
        if len(made) == len(codes) == 1:
            pairs.append(ProjectPair(made[0].id, codes[0].id, codes[0].name, county))
    return sorted(pairs, key=lambda one: one.made)


def merge_project(store: RecordStore, made: str, *, today: dt.date, who: str) -> int:
    """Confirm that the made id and the code are one project; return the rows that get the code.

    Raises:
        ProjectPairUnknown: no pair of :func:`project_pairs` has this made id.
        ClockBehindImports: ``today`` is before the day of an earlier import.
    """
    require_import_day(store, today)
    pairs = {one.made: one for one in project_pairs(store)}
    if made not in pairs:
        raise ProjectPairUnknown(found=made, allowed=", ".join(pairs) or "-")
    pair = pairs[made]
    with store.transaction():
        store.rows(
            f"CREATE TABLE IF NOT EXISTS {_MERGED} (made VARCHAR NOT NULL, code VARCHAR NOT NULL,"
            " merged_on DATE NOT NULL, who VARCHAR NOT NULL)"
        )
        store.rows(
            f"INSERT INTO {_MERGED} VALUES ($1, $2, $3, $4)", [pair.made, pair.code, today, who]
        )
        _, rows = merge_ids(store, _REGISTER, {pair.made: pair.code}, today)
    return rows


def merged_projects(store: RecordStore) -> Mapping[str, str]:
    """Codes by made id of the projects that a person confirmed to be one."""
    if not store.has_table(_MERGED):
        return {}
    return dict(store.rows(f"SELECT made, code FROM {_MERGED} ORDER BY made"))


def merge_confirmed(store: RecordStore, *, today: dt.date, after: int) -> Iterator[Note]:
    """Give the code to new records of confirmed pairs; ask about pairs that are new.

    A pair is new if a row of the register has an arrival number above ``after``.
    """
    if codes := merged_projects(store):
        with store.transaction():
            _, rows = merge_ids(store, _REGISTER, codes, today)
        if rows:
            yield Note("projects_merged_again", {"rows": rows})
    shown = [
        f"{rows[0].name}（{'、'.join(one.id for one in rows)}）"
        for _, rows in _same_names(store)
        if max(one.arrival for one in rows) > after
    ]
    if shown:
        fields: dict[str, str | int] = {"projects": len(shown)}
        examples = "；".join(shown[:_SHOWN])
        yield Note("projects_twice", {**fields, "examples": examples}, needs_answer=True)


def _same_names(store: RecordStore) -> list[tuple[str, list[_Row]]]:
    """County and current register rows of the names that a made id and a code have."""
    made = f"starts_with(project_id, '{MARK}')"
    [(any_made,)] = store.rows(f"SELECT EXISTS (FROM projects WHERE {made})")
    if not any_made:
        return []
    found: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for one, name, county, arrival in store.rows(
        "SELECT project_id, project_name, left(region_code, 6), arrival FROM projects_versions"
        " WHERE superseded_at IS NULL ORDER BY project_id"
    ):
        found[county, name_key(name)].append(_Row(one, name, arrival))
    return [
        (county, rows)
        for (county, _), rows in found.items()
        if len({is_made(one.id) for one in rows}) > 1
    ]
