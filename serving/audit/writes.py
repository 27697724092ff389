"""Audited writes: the data, its audit entry and the stored response in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from serving.audit.repository import add_audit_entries
from serving.audit.request_entry import audit_entry, storable_subject
from serving.auth.principal import Principal
from serving.clock import now
from serving.db.database import Database
from serving.db.engine import writing
from serving.http.idempotency_keys import (
    StoredResponse,
    find_response,
    key_of_request,
    store_response,
)

CREATED = 201


@dataclass(frozen=True)
class WriteRequest:
    """A write over the API: the request, its database, principal and body.

    ``key`` is the Idempotency-Key; without one the write may be carried out twice.
    """

    request: Request
    database: Database
    principal: Principal
    body: BaseModel | None
    key: str | None = None


def write_once(
    write: WriteRequest, apply: Callable[[Connection], BaseModel | None], status: int = CREATED
) -> Response:
    """Carry out ``apply`` and return its result as the response.

    The same request with the same Idempotency-Key returns the first response and writes nothing
    but its audit entry.

    Raises:
        KeyUsedOtherwise: the key was sent before with another request.
    """
    request, principal = write.request, write.principal
    payload = write.body.model_dump_json().encode() if write.body else b""
    request_key = (
        key_of_request(principal.key, write.key, request.url.path, payload) if write.key else None
    )
    state = request.scope["state"]
    with writing(write.database.engine).begin() as connection:
        first = find_response(connection, request_key) if request_key else None
        response = first
        if response is None:
            document = apply(connection)
            body = b"" if document is None else document.model_dump_json().encode()
            response = StoredResponse(status, body)
            if request_key:
                store_response(connection, request_key, response, now())
        entry = audit_entry(request.scope, state["action"], principal, response.status)
        add_audit_entries(connection, [entry])
    state["audited"] = True
    headers = {"Idempotency-Replayed": "true"} if first else {}
    return Response(response.body, response.status, headers, media_type="application/json")


def write_audited(
    request: Request,
    database: Database,
    principal: Principal,
    apply: Callable[[Connection], object],
    subject: str = "",
) -> None:
    """Carry out ``apply``, a write from a page, and add its audit entry.

    Args:
        subject: what is done and to whom, where the URL does not say it.
    """
    state = request.scope["state"]
    if subject:
        state["subject"] = storable_subject(f"{request.url.path}#{subject}")
    with writing(database.engine).begin() as connection:
        apply(connection)
        add_audit_entries(connection, [audit_entry(request.scope, state["action"], principal, 200)])
    state["audited"] = True
