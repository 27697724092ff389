"""Response schemas of briefings."""

from __future__ import annotations

import datetime as dt

from serving.http.schemas import Schema


class Briefing(Schema):
    """A monthly briefing; download it under ``/v1/briefings/{id}``."""

    id: int
    month: dt.date
    region: str
    format: str
    digest: str
    made_at: dt.datetime
    made_by: str
