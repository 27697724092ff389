"""Races in the service database. Rows are only added."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, insert, select

from risk.unit_kinds import Kind
from risk.watchlist.sealed_document import Sealed
from serving.db.engine import utc
from serving.db.tables import PROJECT_RISKS, RACES, WATCHLISTS
from serving.db.text_match import by_code_point
from serving.errors import CommandError
from serving.watchlists.archived import require_stored


class RaceUnknown(CommandError):
    """No race has this number."""

    code = "race_unknown"


@dataclass(frozen=True)
class RaceHead:
    """The list a race is about, and who started it when."""

    as_of: dt.date
    region: str
    kind: Kind
    started_by: str
    started_at: dt.datetime


@dataclass(frozen=True)
class StoredRace:
    """A race as stored; ``sealed`` has the picks of each arm and the order of the visits."""

    number: int
    head: RaceHead
    sealed: Sealed


def add_race(connection: Connection, head: RaceHead, sealed: Sealed) -> int:
    """Store a race and return its number."""
    values = {**asdict(head), "body": sealed.body, "digest": sealed.digest}
    done = connection.execute(insert(RACES).values(values)).inserted_primary_key
    number: int = done[0] if done else 0
    return number


def ranked_projects(engine: Engine, as_of: dt.date, region: str, kind: Kind) -> list[str]:
    """All projects scored with a list, the most probable first.

    Raises:
        ListArchived: the list was moved to a file.
    """
    query = (
        select(PROJECT_RISKS.c.project_id)
        .join(WATCHLISTS, PROJECT_RISKS.c.watchlist_id == WATCHLISTS.c.id)
        .where(
            WATCHLISTS.c.as_of == as_of, WATCHLISTS.c.region == region, WATCHLISTS.c.kind == kind
        )
        .order_by(
            PROJECT_RISKS.c.probability.desc(), by_code_point(engine, PROJECT_RISKS.c.project_id)
        )
    )
    with engine.connect() as connection:
        of_list = (WATCHLISTS.c.region == region, WATCHLISTS.c.kind == kind)
        require_stored(connection, as_of, *of_list)
        return list(connection.execute(query).scalars())


def get_race(engine: Engine, number: int) -> StoredRace:
    """Return a race.

    Raises:
        RaceUnknown: there is none with this number.
    """
    with engine.connect() as connection:
        row = connection.execute(select(RACES).where(RACES.c.id == number)).first()
        known = connection.execute(select(RACES.c.id).order_by(RACES.c.id)).scalars().all()
    if row is None:
        raise RaceUnknown(number=number, known=", ".join(map(str, known)) or "–")
    head = RaceHead(row.as_of, row.region, row.kind, row.started_by, utc(row.started_at))
    return StoredRace(row.id, head, Sealed(row.body, row.digest))
