"""Projects from ``Project.Query``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from risk.sources.realname.answers import Row
from risk.sources.realname.dialect import Dialect
from risk.sources.realname.values import Dates, firm_code, name, number, text
from risk.sources.source import Cell, PulledRow


@dataclass(frozen=True)
class Project:
    """Project of the platform; ``end`` is planned, or actual where ``completed``."""

    code: str
    name: str | None = None
    sector: str | None = None
    area: str | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    completed: bool = False
    contractor: str | None = None
    contractor_name: str | None = None
    owner: str | None = None
    owner_name: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def read_project(row: Row, dialect: Dialect, dates: Dates) -> Project | None:
    """Return the project of a row; None without a code."""
    code = text(row["project"])
    if code is None:
        return None
    return Project(
        code=code,
        name=name(row["name"]),
        sector=dialect.term("sector", text(row["category"])),
        area=text(row["area"]),
        start=dates.day(row["start"]),
        end=dates.day(row["end"]),
        completed=dialect.term("state", text(row["status"])) == "completed",
        contractor=firm_code(row["contractor"]),
        contractor_name=name(row["contractor_name"]),
        owner=firm_code(row["owner"]),
        owner_name=name(row["owner_name"]),
        latitude=number(row["latitude"]),
        longitude=number(row["longitude"]),
    )


def project_rows(projects: Iterable[Project]) -> Iterator[PulledRow]:
    """Yield rows of ``projects``.

    The total investment is no contract amount, which stays unknown, like funding, advances and
    settlement.
    """
    for project in projects:
        cells: dict[str, Cell] = {
            "project_id": project.code,
            "project_name": project.name,
            "region_code": project.area,
            "sector": project.sector,
            "owner_id": project.owner,
            "contractor_id": project.contractor,
            "started_on": project.start,
            "planned_end_on": None if project.completed else project.end,
            "completed_on": project.end if project.completed else None,
            "latitude": project.latitude,
            "longitude": project.longitude,
        }
        yield PulledRow("projects", cells)
