"""Outcomes of visits in the service database. A correction adds a new version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, func, insert, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.clock import office_date
from serving.db.engine import utc
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import OUTCOME_PHOTOS, OUTCOMES, WATCHLIST_ENTRIES, WATCHLISTS
from serving.errors import ApiError


class OutcomeUnknown(ApiError):
    """There is no such outcome in the region."""

    code = "outcome_unknown"
    status = HTTPStatus.NOT_FOUND


class VersionOutdated(ApiError):
    """The outcome was corrected by somebody else in the meantime."""

    code = "version_outdated"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True)
class Outcome:
    """One version of an outcome; money in fen. ``reason`` explains a correction.

    ``drawn``: the last list before the visit had selected the project at random.
    ``arrears_found`` is None where an ``obstacle`` kept the visit from looking; ``measures`` are
    codes in order; ``met`` is the role of whom the inspector met.
    """

    outcome_id: str
    version: int
    project_id: str
    region_code: str
    as_of: dt.date | None
    inspected_on: dt.date
    kind: str
    drawn: bool
    arrears_found: bool | None
    workers_owed: int | None
    amount_owed: int | None
    findings: str | None
    rectify_by: dt.date | None
    rectified_on: dt.date | None
    workers_covered: int | None
    contracts_seen: int | None
    reason: str | None
    entered_by: str
    entered_at: dt.datetime
    obstacle: str | None = None
    paid_on_spot: int | None = None
    measures: tuple[str, ...] = ()
    met: str | None = None

    def record(self) -> Mapping[str, object]:
        """Return the inspections record; a randomly selected project counts as a random visit."""
        return {
            "inspection_id": self.outcome_id,
            "project_id": self.project_id,
            "inspected_on": self.inspected_on.isoformat(),
            "kind": "random" if self.drawn and self.kind == "watchlist" else self.kind,
            "arrears_found": self.arrears_found,
            "workers_owed": self.workers_owed,
            "amount_owed": None if self.amount_owed is None else f"{self.amount_owed / 100:.2f}",
            "findings": self.findings,
            "rectify_by": self.rectify_by.isoformat() if self.rectify_by else None,
            "rectified_on": self.rectified_on.isoformat() if self.rectified_on else None,
            "workers_covered": self.workers_covered,
            "contracts_seen": self.contracts_seen,
            "known_at": office_date(self.entered_at).isoformat(),
        }


COUNTED_DAYS = 90
"""Days after a list's date in which a visit counts as one of its visits."""

_NAMES = tuple(field.name for field in fields(Outcome))


def add_outcome(connection: Connection, outcome: Outcome) -> None:
    """Insert a version."""
    values = {name: getattr(outcome, name) for name in _NAMES}
    values["measures"] = ";".join(outcome.measures) or None
    connection.execute(insert(OUTCOMES).values(values))


def add_photo(connection: Connection, outcome: Outcome, body: bytes) -> None:
    """Insert the photo of a version."""
    values = {"outcome_id": outcome.outcome_id, "version": outcome.version, "body": body}
    connection.execute(insert(OUTCOME_PHOTOS).values(values))


def newest_photo(engine: Engine, outcome_id: str, principal: Principal) -> bytes:
    """Return the newest photo of an outcome of the region.

    Raises:
        OutcomeUnknown: there is no such outcome in the region, or it has no photo.
    """
    outcome_versions(engine, outcome_id, principal)
    query = (
        select(OUTCOME_PHOTOS.c.body)
        .where(OUTCOME_PHOTOS.c.outcome_id == outcome_id)
        .order_by(OUTCOME_PHOTOS.c.version.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        body: bytes | None = connection.execute(query).scalar_one_or_none()
    if body is None:
        raise OutcomeUnknown(outcome_id=outcome_id)
    return body


def photographed(engine: Engine, outcome_ids: Collection[str]) -> set[str]:
    """Return those of the outcomes that have a photo."""
    query = select(OUTCOME_PHOTOS.c.outcome_id).where(OUTCOME_PHOTOS.c.outcome_id.in_(outcome_ids))
    with engine.connect() as connection:
        return set(connection.execute(query).scalars())


def latest_outcome(connection: Connection, outcome_id: str, principal: Principal) -> Outcome:
    """Return the newest version of an outcome.

    Raises:
        OutcomeUnknown: there is none in the principal's region.
    """
    query = select(OUTCOMES).where(
        OUTCOMES.c.outcome_id == outcome_id, within(OUTCOMES.c.region_code, principal)
    )
    row = connection.execute(query.order_by(OUTCOMES.c.version.desc())).first()
    if row is None:
        raise OutcomeUnknown(outcome_id=outcome_id)
    return _outcome(row)


def outcome_versions(engine: Engine, outcome_id: str, principal: Principal) -> list[Outcome]:
    """Return all versions of an outcome, oldest first.

    Raises:
        OutcomeUnknown: there is none in the principal's region.
    """
    query = select(OUTCOMES).where(
        OUTCOMES.c.outcome_id == outcome_id, within(OUTCOMES.c.region_code, principal)
    )
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(OUTCOMES.c.version)).all()
    if not rows:
        raise OutcomeUnknown(outcome_id=outcome_id)
    return [_outcome(row) for row in rows]


def list_outcomes(
    engine: Engine, principal: Principal, request: PageRequest, filters: Mapping[str, object]
) -> Page[Outcome]:
    """Return a page of the newest versions of the outcomes of the region, oldest first."""
    query = _newest_versions(select(OUTCOMES)).where(within(OUTCOMES.c.region_code, principal))
    for name, value in filters.items():
        query = query.where(OUTCOMES.c[name] == value)
    with engine.connect() as connection:
        rows, after = page(connection, query, OUTCOMES.c.id, request)
    return Page([_outcome(row) for row in rows], after)


def _newest_versions(query: Select[Any]) -> Select[Any]:
    """Leave out versions that were corrected."""
    newest = (
        select(OUTCOMES.c.outcome_id, func.max(OUTCOMES.c.version).label("version"))
        .group_by(OUTCOMES.c.outcome_id)
        .subquery()
    )
    is_newest = and_(
        OUTCOMES.c.outcome_id == newest.c.outcome_id, OUTCOMES.c.version == newest.c.version
    )
    return query.join(newest, is_newest)


@dataclass(frozen=True)
class Visit:
    """A visit to a project of a list; ``arrears_found`` is None where it could not look."""

    inspected_on: dt.date
    arrears_found: bool | None
    entered_by: str
    obstacle: str | None = None

    @property
    def has_result(self) -> bool:
        """Whether the visit could look for arrears."""
        return self.obstacle is None


def visits_of(engine: Engine, principal: Principal, as_of: dt.date) -> Mapping[str, Visit]:
    """Return the last visit of each project entered for lists of ``as_of``."""
    query = (
        _newest_versions(select(OUTCOMES))
        .where(OUTCOMES.c.as_of == as_of, within(OUTCOMES.c.region_code, principal))
        .order_by(OUTCOMES.c.inspected_on, OUTCOMES.c.id)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return {
        row.project_id: Visit(row.inspected_on, row.arrears_found, row.entered_by, row.obstacle)
        for row in rows
    }


def visits_to(engine: Engine, principal: Principal, project_id: str) -> list[list[Outcome]]:
    """Return the versions of each visit to a project of the region; the last visit comes first."""
    query = (
        select(OUTCOMES)
        .where(OUTCOMES.c.project_id == project_id, within(OUTCOMES.c.region_code, principal))
        .order_by(OUTCOMES.c.id)
    )
    found: dict[str, list[Outcome]] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            found.setdefault(row.outcome_id, []).append(_outcome(row))
    key = attrgetter("inspected_on", "entered_at")
    return sorted(found.values(), key=lambda versions: key(versions[-1]), reverse=True)


def last_visit(engine: Engine, principal: Principal, project_id: str) -> Outcome | None:
    """Return the newest version of the last visit to a project of the region; None without one."""
    found = visits_to(engine, principal, project_id)
    return found[0][-1] if found else None


def visited_since(engine: Engine, principal: Principal, day: dt.date) -> Mapping[str, dt.date]:
    """Return the date of the last visit with a result since ``day`` of each project."""
    query = (
        _newest_versions(select(OUTCOMES.c.project_id, func.max(OUTCOMES.c.inspected_on)))
        .where(
            OUTCOMES.c.inspected_on >= day,
            OUTCOMES.c.obstacle.is_(None),
            within(OUTCOMES.c.region_code, principal),
        )
        .group_by(OUTCOMES.c.project_id)
    )
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def listed_for(
    connection: Connection, project_id: str, inspected_on: dt.date
) -> tuple[dt.date, bool] | None:
    """Return the last list before the visit that holds the project, and whether it was random."""
    row = connection.execute(
        select(WATCHLISTS.c.as_of, WATCHLIST_ENTRIES.c.selection)
        .join(WATCHLISTS, WATCHLIST_ENTRIES.c.watchlist_id == WATCHLISTS.c.id)
        .where(
            WATCHLIST_ENTRIES.c.project_id == project_id,
            WATCHLISTS.c.as_of <= inspected_on,
            WATCHLISTS.c.as_of > inspected_on - dt.timedelta(days=COUNTED_DAYS),
        )
        .order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc())
    ).first()
    return None if row is None else (row.as_of, row.selection == "random")


def _outcome(row: Row[Any]) -> Outcome:
    values = {name: row._mapping[name] for name in _NAMES}
    values["measures"] = tuple((values["measures"] or "").split(";")) if values["measures"] else ()
    return Outcome(**{**values, "entered_at": utc(values["entered_at"])})
