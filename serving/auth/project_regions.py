"""The region of each project, which decides who may see and write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, insert, select

from serving.db.tables import PLACES

_BATCH = 400


def regions_of(connection: Connection, project_ids: Collection[str]) -> dict[str, str]:
    """Return the region codes of the known ones of ``project_ids``."""
    ordered, regions = sorted(project_ids), {}
    for start in range(0, len(ordered), _BATCH):
        query = select(PLACES.c.project_id, PLACES.c.region_code).where(
            PLACES.c.project_id.in_(ordered[start : start + _BATCH])
        )
        regions.update({row.project_id: row.region_code for row in connection.execute(query)})
    return regions


def save_regions(connection: Connection, regions: Mapping[str, str]) -> None:
    """Store the region codes of projects; a new code replaces the old one."""
    known = regions_of(connection, regions)
    moved = {key: code for key, code in regions.items() if known.get(key) != code}
    rows = [{"project_id": key, "region_code": code} for key, code in sorted(moved.items())]
    old = sorted(set(moved) & set(known))
    for start in range(0, len(old), _BATCH):
        batch = old[start : start + _BATCH]
        connection.execute(delete(PLACES).where(PLACES.c.project_id.in_(batch)))
    if rows:
        connection.execute(insert(PLACES), rows)
