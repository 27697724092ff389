"""Answers about watchlists."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.api.schemas import Assessment, Listing, Model, Schema


class WatchlistSummary(Schema):
    """A sealed list without its entries; an empty ``region`` means all regions."""

    as_of: dt.date
    region: str
    capacity: int
    entries: int
    cohort: int
    model_name: str
    model_version: str
    model_kind: Literal["lightgbm", "logistic", "scorecard"]
    code_version: str
    records_digest: str
    digest: str
    published_at: dt.datetime
    published_by: str


class Watchlists(Schema):
    """All sealed lists, newest first."""

    items: list[WatchlistSummary]


class Change(Schema):
    """How an entry stands against the last list."""

    kind: str
    from_rank: int | None
    reason: str | None


class Entry(Listing, Assessment):
    """One line of a list."""

    change: Change


class Gone(Schema):
    """A project of the last list that is not on this one."""

    project_id: str
    project_name: str
    change: Change


class Tiers(Schema):
    """The least probability of each tier; below ``yellow`` is blue."""

    red: float
    orange: float
    yellow: float


class Policy(Schema):
    """How entries were chosen."""

    random_share: float
    rest_days: int
    order: str
    must_visit: list[str]
    seed: str


class Rules(Schema):
    """The configuration in force when the list was made."""

    tiers: Tiers
    policy: Policy


class Previous(Schema):
    """The list the changes are against."""

    as_of: dt.date
    digest: str


class Watchlist(Schema):
    """A sealed list. Its ETag is the SHA-256 of exactly these bytes."""

    as_of: dt.date
    region: str
    horizon_days: int
    capacity: int
    model: Model
    cohort: int
    missing_feeds: list[str]
    records_digest: str
    code_version: str
    previous: Previous | None
    rules: Rules
    risks_digest: str
    entries: list[Entry]
    gone: list[Gone]
