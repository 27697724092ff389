"""What people write: notes on projects, and feedback on scores and reasons. Only ever added."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, Engine, insert, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc
from serving.db.pagination import Page, Wanted, page
from serving.db.tables import FEEDBACK, NOTES


@dataclass(frozen=True)
class Note:
    """A note on a project."""

    project_id: str
    region_code: str
    text: str
    written_by: str
    written_at: dt.datetime


@dataclass(frozen=True)
class Feedback:
    """What somebody thinks of a project's score at ``as_of``, or of one family's reason."""

    project_id: str
    region_code: str
    as_of: dt.date
    family: str
    verdict: str
    comment: str | None
    given_by: str
    given_at: dt.datetime


def keep_note(connection: Connection, note: Note) -> None:
    """Keep a note."""
    connection.execute(insert(NOTES).values(asdict(note)))


def notes_of(engine: Engine, project_id: str, principal: Principal, wanted: Wanted) -> Page[Note]:
    """The notes on a project of the region, the first one first."""
    query = select(NOTES).where(
        NOTES.c.project_id == project_id, within(NOTES.c.region_code, principal)
    )
    with engine.connect() as connection:
        rows, after = page(connection, query, NOTES.c.id, wanted)
    kept = [{field.name: row._mapping[field.name] for field in fields(Note)} for row in rows]
    return Page([Note(**{**one, "written_at": utc(one["written_at"])}) for one in kept], after)


def keep_feedback(connection: Connection, feedback: Feedback) -> None:
    """Keep a piece of feedback."""
    connection.execute(insert(FEEDBACK).values(asdict(feedback)))


def list_feedback(
    engine: Engine, principal: Principal, wanted: Wanted, project_id: str | None
) -> Page[Feedback]:
    """The feedback on projects of the region, the first one first."""
    query = select(FEEDBACK).where(within(FEEDBACK.c.region_code, principal))
    if project_id is not None:
        query = query.where(FEEDBACK.c.project_id == project_id)
    with engine.connect() as connection:
        rows, after = page(connection, query, FEEDBACK.c.id, wanted)
    kept = [{field.name: row._mapping[field.name] for field in fields(Feedback)} for row in rows]
    return Page([Feedback(**{**one, "given_at": utc(one["given_at"])}) for one in kept], after)
