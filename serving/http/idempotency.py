"""Writes over the API: one transaction for what is written, its audit entry and its answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from serving.audit.repository import add_audit
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.db.engine import writing
from serving.http.idempotency_keys import Answer, answered, keep_answer, keyed
from serving.http.middleware import audit_entry

CREATED = 201


@dataclass(frozen=True)
class Write:
    """A write: who, over which database, when, under which key (None: it may happen twice)."""

    request: Request
    database: Database
    who: Principal
    body: BaseModel | None
    key: str | None = None


def now() -> dt.datetime:
    """The moment of a write."""
    return dt.datetime.now(dt.UTC)


def write(
    one: Write, do: Callable[[Connection], BaseModel | None], status: int = CREATED
) -> Response:
    """Do it once and answer; the same write under the same key gets the first answer again.

    Raises:
        KeyUsedOtherwise: the key came before with another request.
    """
    payload = one.body.model_dump_json().encode() if one.body else b""
    request_key = keyed(one.who.key, one.key, one.request.url.path, payload) if one.key else None
    state = one.request.scope["state"]
    with writing(one.database.engine).begin() as connection:
        before = answered(connection, request_key) if request_key else None
        if before is None:
            document = do(connection)
            body = b"" if document is None else document.model_dump_json().encode()
            answer = Answer(status, body)
            if request_key:
                keep_answer(connection, request_key, answer, now())
        else:
            answer = before
        entry = audit_entry(one.request.scope, state["action"], one.who, answer.status)
        add_audit(connection, [entry])
    state["audited"] = True
    headers = {"Idempotency-Replayed": "true"} if before else {}
    return Response(answer.body, answer.status, headers, media_type="application/json")
