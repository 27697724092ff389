"""Schemas of the audit log."""

from __future__ import annotations

import datetime as dt

from serving.http.schemas import Schema


class AuditEntry(Schema):
    """A request: who made it, when, to which URL, and the list and model of its response."""

    at: dt.datetime
    request_id: str
    who: str
    role: str
    action: str
    method: str
    subject: str
    region: str
    as_of: dt.date | None
    list_digest: str | None
    model_version: str | None
    status: int
