"""Submissions of the API in the service database, until they are imported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select

from serving.db.engine import utc, writing
from serving.db.tables import INBOX, INBOX_TAKEN


@dataclass(frozen=True)
class Submission:
    """Rows of one table; ``rows`` are texts in the order of ``header``, '' if unknown."""

    submission_id: str
    table_name: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    received_on: dt.date
    received_at: dt.datetime
    sent_by: str
    region: str
    namespace: str | None = None
    """Prefix of the sender's ids; empty if they stay as sent, None if Wagewatch made them."""


@dataclass(frozen=True)
class ImportResult:
    """Row counts and time of the import of a submission."""

    taken_at: dt.datetime
    accepted: int
    repeated: int
    quarantined: int


_SET_BACK = dt.timedelta(days=2)


def add_submission(connection: Connection, one: Submission) -> None:
    """Insert a submission; its day is no earlier than that of the one before.

    Else a correction sent after the clock was set back would count as the older of the two. After
    more than two days the clock was ahead before, and its day must not spread.
    """
    last = connection.execute(select(INBOX.c.received_on).order_by(INBOX.c.id.desc()).limit(1))
    before = last.scalar_one_or_none() or one.received_on
    is_set_back = one.received_on < before <= one.received_on + _SET_BACK
    connection.execute(
        insert(INBOX).values(
            submission_id=one.submission_id,
            table_name=one.table_name,
            header=list(one.header),
            rows=[list(row) for row in one.rows],
            received_on=before if is_set_back else one.received_on,
            received_at=one.received_at,
            sent_by=one.sent_by,
            region=one.region,
            namespace=one.namespace,
        )
    )


def waiting_submissions(engine: Engine, most: int = 500) -> list[tuple[int, Submission]]:
    """Return at most ``most`` submissions not imported yet, in order, each with its row id."""
    query = (
        select(INBOX)
        .outerjoin(INBOX_TAKEN, INBOX.c.id == INBOX_TAKEN.c.inbox_id)
        .where(INBOX_TAKEN.c.inbox_id.is_(None))
        .order_by(INBOX.c.id)
        .limit(most)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        (
            row.id,
            Submission(
                row.submission_id,
                row.table_name,
                row.header,
                row.rows,
                row.received_on,
                utc(row.received_at),
                row.sent_by,
                row.region,
                row.namespace,
            ),
        )
        for row in rows
    ]


def mark_imported(engine: Engine, number: int, taken: ImportResult) -> None:
    """Mark a submission as imported; does nothing if it is marked already."""
    with writing(engine).begin() as connection:
        known = select(INBOX_TAKEN.c.inbox_id).where(INBOX_TAKEN.c.inbox_id == number)
        if connection.execute(known).first() is None:
            connection.execute(
                insert(INBOX_TAKEN).values(
                    inbox_id=number,
                    taken_at=taken.taken_at,
                    accepted=taken.accepted,
                    repeated=taken.repeated,
                    quarantined=taken.quarantined,
                )
            )


def submission_state(
    engine: Engine, submission_id: str, sent_by: str
) -> ImportResult | bool | None:
    """Return the import result of a submission: None while it waits, False if there is none."""
    query = (
        select(INBOX.c.id, INBOX_TAKEN)
        .outerjoin(INBOX_TAKEN, INBOX.c.id == INBOX_TAKEN.c.inbox_id)
        .where(INBOX.c.submission_id == submission_id, INBOX.c.sent_by == sent_by)
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return False
    if row.taken_at is None:
        return None
    return ImportResult(utc(row.taken_at), row.accepted, row.repeated, row.quarantined)
