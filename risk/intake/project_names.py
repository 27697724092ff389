"""Projects by code or name, and the known projects nearest to those that rows wait for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from risk.contract import STORED_TABLES, Table
from risk.intake.account_notes import Note
from risk.intake.name_ids import preferred_ids
from risk.intake.orphan_rows import PROJECT_KEY

if TYPE_CHECKING:
    from risk.store.store import RecordStore

CURRENT_PROJECTS = "SELECT project_id FROM projects_versions WHERE superseded_at IS NULL"
"""SQL of the projects that were not withdrawn."""

_SHOWN = 3
_SIMILAR = 60
_MOST_PROJECTS = 50_000


def find_project(store: RecordStore, text: str) -> str | None:
    """Code of the project called ``text`` by code or by name; None if there is not exactly one.

    An id made from the name does not count where a project of the county has a code.
    """
    found = store.rows(
        "SELECT project_id, left(region_code, 6) FROM projects"
        f" WHERE (project_id = $1 OR project_name = $1) AND project_id IN ({CURRENT_PROJECTS})",
        [text],
    )
    ids = preferred_ids(found)
    return next(iter(ids)) if len(ids) == 1 else None


def waiting_notes(
    store: RecordStore,
    waiting: Mapping[str, int],
    *,
    after: int,
    names: Mapping[str, str],
) -> tuple[Note, ...]:
    """Notes about rows, with an arrival number above ``after``, of projects not in ``store``.

    ``waiting`` are the numbers of such rows by table, ``names`` those of ids made from names.
    """
    named = {PROJECT_KEY}
    indirect = [
        Note("waiting_rows", {"table": table.zh, "rows": waiting[table.name]})
        for table in STORED_TABLES.values()
        if waiting[table.name] and not named & {field.name for field in table.fields}
    ]
    direct = [table for table in STORED_TABLES.values() if waiting[table.name]]
    return (*_notes(store, direct, after, names), *indirect)


def _notes(
    store: RecordStore, tables: Iterable[Table], after: int, names: Mapping[str, str]
) -> Iterator[Note]:
    # In order: of names equally near the first is shown, whichever the store returns first.
    known = store.rows(
        "SELECT DISTINCT project_id, project_name FROM projects ORDER BY ALL"
        f" LIMIT {_MOST_PROJECTS}"
    )
    for table in tables:
        if table.name == "projects" or PROJECT_KEY not in {f.name for f in table.fields}:
            continue
        found = store.rows(
            f"SELECT project_id, count(*), count(*) OVER () FROM {table.name} AS waiting"
            " WHERE arrival > ? AND project_id IS NOT NULL AND NOT EXISTS"
            " (FROM projects p WHERE p.project_id = waiting.project_id)"
            f" GROUP BY project_id ORDER BY count(*) DESC, project_id LIMIT {_SHOWN}",
            [after],
        )
        if found:
            shown = "；".join(_nearest(names.get(code, code), known) for code, _, _ in found)
            fields = {"table": table.zh, "projects": found[0][2], "examples": shown}
            yield Note("waiting", fields)


def _nearest(code: str, known: list[tuple[str, str]]) -> str:
    """A code or name with the known project of the most similar one, if one is similar."""
    names = [f"{identity}" for identity, _ in known] + [name for _, name in known]
    found = process.extractOne(code, names, scorer=fuzz.ratio, score_cutoff=_SIMILAR)
    if found is None:
        return code
    identity, name = known[found[2] % len(known)]
    return f"{code} ≈ {identity} {name}"
