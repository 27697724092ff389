"""The audit log as it is read."""

from __future__ import annotations

import datetime as dt

from serving.http.schemas import Schema


class AuditEntry(Schema):
    """Who did what, when, to which address, and from which list and model."""

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
