"""Stored responses of writes: a repeated Idempotency-Key returns the first response.

Source: "The Idempotency-Key HTTP Header Field", IETF httpapi draft.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import Connection, insert, select, text

from serving.db.tables import IDEMPOTENCY
from serving.errors import ApiError


class KeyUsedOtherwise(ApiError):
    """The key was sent before with another request."""

    code = "key_used_otherwise"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True)
class RequestKey:
    """A principal's Idempotency-Key with the SHA-256 of the request's path and body."""

    principal: str
    key: str
    request_digest: str


@dataclass(frozen=True)
class StoredResponse:
    """Status and body of a response."""

    status: int
    body: bytes


def key_of_request(principal: str, key: str, path: str, body: bytes) -> RequestKey:
    """Return the key of a write of ``body`` to ``path``."""
    return RequestKey(principal, key, hashlib.sha256(path.encode() + b"\n" + body).hexdigest())


def find_response(connection: Connection, request_key: RequestKey) -> StoredResponse | None:
    """Return the first response to this write, None if it is new.

    Until the transaction ends no other one can use the same key.

    Raises:
        KeyUsedOtherwise: the key was used for another request.
    """
    _lock(connection, request_key)
    query = select(IDEMPOTENCY).where(
        IDEMPOTENCY.c.who == request_key.principal, IDEMPOTENCY.c.key == request_key.key
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.request_digest != request_key.request_digest:
        raise KeyUsedOtherwise(key=request_key.key)
    return StoredResponse(row.status, row.body)


def store_response(
    connection: Connection, request_key: RequestKey, response: StoredResponse, now: dt.datetime
) -> None:
    """Store the response in the transaction of the write."""
    connection.execute(
        insert(IDEMPOTENCY).values(
            who=request_key.principal,
            key=request_key.key,
            request_digest=request_key.request_digest,
            status=response.status,
            body=response.body,
            created_at=now,
        )
    )


def _lock(connection: Connection, request_key: RequestKey) -> None:
    # SQLite has a single writer, so only PostgreSQL needs the lock.
    if connection.dialect.name == "postgresql":
        number = zlib.crc32(f"{request_key.principal}\n{request_key.key}".encode())
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
