"""States of red flags in the service database. Rows are only added; the newest one counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, Engine, Row, insert, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import FLAG_STATES


@dataclass(frozen=True)
class FlagStateRow:
    """The state that a person gave the red flag ``code`` of a project.

    ``state`` is one of :data:`serving.flag_states.schemas.STATES`; after ``until`` it lapses.
    ``statement`` and ``objection`` are what the contractor declared and contested.
    """

    project_id: str
    region_code: str
    code: str
    state: str
    reason: str | None
    until: dt.date | None
    statement: str | None
    objection: str | None
    set_by: str
    set_at: dt.datetime

    def has_lapsed(self, on: dt.date) -> bool:
        """Whether the state is over on ``on``, so that the flag is to be verified again."""
        return self.until is not None and self.until < on


_NAMES = tuple(field.name for field in fields(FlagStateRow))


def add_flag_state(connection: Connection, state: FlagStateRow) -> None:
    """Insert a state."""
    connection.execute(insert(FLAG_STATES).values(asdict(state)))


def list_flag_states(
    engine: Engine, project_id: str, principal: Principal, request: PageRequest
) -> Page[FlagStateRow]:
    """A page of all states of a project of the principal's region, oldest first."""
    query = select(FLAG_STATES).where(
        FLAG_STATES.c.project_id == project_id, within(FLAG_STATES.c.region_code, principal)
    )
    with engine.connect() as connection:
        rows, after = page(connection, query, FLAG_STATES.c.id, request)
    return Page([_state(row) for row in rows], after)


def newest_flag_states(
    engine: Engine, principal: Principal, project_id: str | None = None
) -> dict[tuple[str, str], FlagStateRow]:
    """The newest state by (project_id, code), of one project or of the whole region."""
    query = select(FLAG_STATES).where(within(FLAG_STATES.c.region_code, principal))
    if project_id is not None:
        query = query.where(FLAG_STATES.c.project_id == project_id)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(FLAG_STATES.c.id)).all()
    return {(row.project_id, row.code): _state(row) for row in rows}


def _state(row: Row[tuple[object, ...]]) -> FlagStateRow:
    values = {name: row._mapping[name] for name in _NAMES}
    return FlagStateRow(**{**values, "set_at": utc(values["set_at"])})
