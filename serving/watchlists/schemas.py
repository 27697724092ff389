"""Answers about watchlists."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from risk.unit_kinds import Kind
from serving.http.schemas import Assessment, Listing, Model, Schema, View

Tier = Literal["red", "orange", "yellow", "blue"]


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
    kind: Kind


class Sought(Schema):
    """Which entries are wanted. ``region`` names the list, ``within`` narrows to a part of it."""

    region: Annotated[str, Field(pattern=r"^(\d{1,12})?$")] = ""
    kind: Kind = "project"
    within: Annotated[str, Field(pattern=r"^(\d{1,12})?$")] = ""
    tier: list[Tier] = Field(default_factory=list, max_length=4)
    red_flag: Annotated[str, Field(max_length=60)] | None = None
    change: Literal["new", "up", "down", "same"] | None = None
    least_probability: Annotated[float, Field(ge=0, le=1)] = 0
    search: Annotated[str, Field(max_length=100)] | None = None
    cursor: Annotated[str, Field(pattern=r"^\d{1,18}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


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
    seed: str | None


class Rules(Schema):
    """The configuration in force when the list was made."""

    tiers: Tiers
    policy: Policy


class Previous(Schema):
    """The list the changes are against."""

    as_of: dt.date
    digest: str


class ListEvent(Schema):
    """Something that happened: a list was published, or a project's tier changed."""

    id: str
    type: Literal["watchlist.published", "project.tier_changed"]
    time: dt.datetime
    data: dict[str, str | float | None]


class Changes(Schema):
    """What happened after ``since``; ask again with ``cursor`` for what happens next."""

    items: list[ListEvent]
    cursor: str | None


class Watchlist(Schema):
    """A sealed list. Its ETag is the SHA-256 of exactly these bytes."""

    as_of: dt.date
    region: str
    kind: Kind = "project"
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
    view: View | None = None
