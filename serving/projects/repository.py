"""Notes on projects in the service database. Rows are only added."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, Engine, insert, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import NOTES


@dataclass(frozen=True)
class NoteRow:
    """A note on a project."""

    project_id: str
    region_code: str
    text: str
    written_by: str
    written_at: dt.datetime


def add_note(connection: Connection, note: NoteRow) -> None:
    """Insert a note."""
    connection.execute(insert(NOTES).values(asdict(note)))


def list_notes(
    engine: Engine, project_id: str, principal: Principal, request: PageRequest
) -> Page[NoteRow]:
    """A page of the notes on a project of the principal's region, oldest first."""
    query = select(NOTES).where(
        NOTES.c.project_id == project_id, within(NOTES.c.region_code, principal)
    )
    with engine.connect() as connection:
        rows, after = page(connection, query, NOTES.c.id, request)
    names = [field.name for field in fields(NoteRow)]
    found = [{name: row._mapping[name] for name in names} for row in rows]
    return Page([NoteRow(**{**one, "written_at": utc(one["written_at"])}) for one in found], after)
