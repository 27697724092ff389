"""Schemas of /healthz and /readyz."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.http.schemas import Schema


class Health(Schema):
    """The service answers and its database can be read."""

    status: Literal["ok"]
    version: str
    latest_as_of: dt.date | None


class Ready(Schema):
    """Requests can be answered and recorded."""

    status: Literal["ready"]
