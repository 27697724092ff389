"""Writes that may be sent twice: the same key gets the first answer again and writes nothing.

Source: "The Idempotency-Key HTTP Header Field", IETF httpapi draft.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, text

from risk.errors import WagewatchError
from serving.db.tables import IDEMPOTENCY


class KeyUsedOtherwise(WagewatchError):
    """The key came before with another request."""

    code = "key_used_otherwise"


@dataclass(frozen=True)
class Keyed:
    """A write under a key: who sent it, and a digest of what they sent."""

    who: str
    key: str
    request_digest: str


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes


def keyed(who: str, key: str, path: str, body: bytes) -> Keyed:
    """The write of ``body`` to ``path`` under ``key``."""
    return Keyed(who, key, hashlib.sha256(path.encode() + b"\n" + body).hexdigest())


def answered(connection: Connection, one: Keyed) -> Answer | None:
    """The answer this write had, None if it is new; nobody else can take the key meanwhile.

    Raises:
        KeyUsedOtherwise: the key was used for something else.
    """
    _alone(connection, one)
    query = select(IDEMPOTENCY).where(IDEMPOTENCY.c.who == one.who, IDEMPOTENCY.c.key == one.key)
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.request_digest != one.request_digest:
        raise KeyUsedOtherwise(key=one.key)
    return Answer(row.status, row.body)


def keep_answer(connection: Connection, one: Keyed, answer: Answer, now: dt.datetime) -> None:
    """Keep the answer together with what was written."""
    connection.execute(
        insert(IDEMPOTENCY).values(
            who=one.who,
            key=one.key,
            request_digest=one.request_digest,
            status=answer.status,
            body=answer.body,
            created_at=now,
        )
    )


def _alone(connection: Connection, one: Keyed) -> None:
    # A SQLite writer is alone anyway.
    if connection.dialect.name == "postgresql":
        number = zlib.crc32(f"{one.who}\n{one.key}".encode())
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
