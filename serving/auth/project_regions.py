"""Where each project is, for deciding who may see and write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, insert, select

from risk.errors import WagewatchError
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.db.tables import PLACES

_AT_ONCE = 400


class ProjectUnknown(WagewatchError):
    """Nobody published or sent this project, or it is in another region."""

    code = "project_unknown"


def region_of(connection: Connection, project_id: str, principal: Principal) -> str:
    """The region code of a project.

    Raises:
        ProjectUnknown: nobody published or sent it, or it is outside the principal's region.
    """
    code = regions_of(connection, [project_id]).get(project_id)
    if code is None or not covers(principal, code):
        raise ProjectUnknown(project_id=project_id)
    return code


def regions_of(connection: Connection, project_ids: Collection[str]) -> dict[str, str]:
    """The region codes of those of ``project_ids`` that are known."""
    wanted, found = sorted(project_ids), {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(PLACES.c.project_id, PLACES.c.region_code).where(
            PLACES.c.project_id.in_(wanted[start : start + _AT_ONCE])
        )
        found.update({row.project_id: row.region_code for row in connection.execute(query)})
    return found


def save_regions(connection: Connection, places: Mapping[str, str]) -> None:
    """Store where projects are; the newest region replaces an older one."""
    known = regions_of(connection, places)
    moved = {key: code for key, code in places.items() if known.get(key) != code}
    rows = [{"project_id": key, "region_code": code} for key, code in sorted(moved.items())]
    old = sorted(set(moved) & set(known))
    for start in range(0, len(old), _AT_ONCE):
        piece = old[start : start + _AT_ONCE]
        connection.execute(delete(PLACES).where(PLACES.c.project_id.in_(piece)))
    if rows:
        connection.execute(insert(PLACES), rows)
