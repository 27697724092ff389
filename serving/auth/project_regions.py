"""The region of each project, which decides who may see and write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus

from sqlalchemy import Connection, delete, insert, select

from risk.store.staged import in_batches
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.db.tables import PLACES
from serving.errors import ApiError


class ProjectUnknown(ApiError):
    """No list and no submission contains the project, or it is in another region."""

    code = "project_unknown"
    status = HTTPStatus.NOT_FOUND


def region_of(connection: Connection, project_id: str, principal: Principal) -> str:
    """Return the region code of a project.

    Raises:
        ProjectUnknown: the project is unknown or outside the principal's region.
    """
    code = regions_of(connection, [project_id]).get(project_id)
    if code is None or not covers(principal, code):
        raise ProjectUnknown(project_id=project_id)
    return code


def regions_of(connection: Connection, project_ids: Collection[str]) -> dict[str, str]:
    """Return the region codes of the known ones of ``project_ids``."""
    ordered, regions = sorted(project_ids), {}
    for batch in in_batches(ordered):
        query = select(PLACES.c.project_id, PLACES.c.region_code).where(
            PLACES.c.project_id.in_(batch)
        )
        regions.update({row.project_id: row.region_code for row in connection.execute(query)})
    return regions


def save_regions(connection: Connection, regions: Mapping[str, str]) -> None:
    """Store the region codes of projects; a new code replaces the old one."""
    known = regions_of(connection, regions)
    moved = {key: code for key, code in regions.items() if known.get(key) != code}
    rows = [{"project_id": key, "region_code": code} for key, code in sorted(moved.items())]
    old = sorted(set(moved) & set(known))
    for batch in in_batches(old):
        connection.execute(delete(PLACES).where(PLACES.c.project_id.in_(batch)))
    if rows:
        connection.execute(insert(PLACES), rows)


_LEVELS = (6, 4, 2)
"""Digits of the codes of counties, prefectures and provinces."""


def region_of_all(connection: Connection) -> str:
    """Return the smallest county, prefecture or province that holds every known project.

    ``""`` if no one does, or no project is known.
    """
    codes = set(connection.execute(select(PLACES.c.region_code).distinct()).scalars())
    for digits in _LEVELS:
        starts = sorted({str(code)[:digits] for code in codes})
        if len(starts) == 1 and len(starts[0]) == digits:
            return starts[0]
    return ""


def own_region(connection: Connection, principal: Principal) -> str:
    """Return the region of what ``principal`` makes: ``""`` if theirs holds every known project."""
    return "" if region_of_all(connection).startswith(principal.region) else principal.region
