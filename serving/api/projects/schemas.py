"""Answers about projects."""

from __future__ import annotations

import datetime as dt

from serving.api.schemas import Assessment, EvidenceRef, Listing, Model, Schema, Words


class TimelineItem(Schema):
    """Something that happened to the project and was known at the as_of."""

    date: dt.date
    kind: str
    text: Words
    evidence: EvidenceRef


class ProjectRisk(Assessment):
    """The risk of one project as sealed; ``listing`` is null when it is not on the list."""

    as_of: dt.date
    region: str
    horizon_days: int
    model: Model
    missing_feeds: list[str]
    records_digest: str
    listing: Listing | None
    timeline: list[TimelineItem]
