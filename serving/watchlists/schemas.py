"""Schemas of watchlists."""

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
    archive: str | None


class EntryFilters(Schema):
    """Filters of entries. ``region`` names the list, ``within`` narrows it to a part."""

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
    """Change of an entry since the previous list."""

    kind: str
    from_rank: int | None
    reason: str | None


class Entry(Listing, Assessment):
    """An entry of a list."""

    change: Change


class Gone(Schema):
    """A project of the previous list that is not on this one."""

    project_id: str
    project_name: str
    change: Change


class Tiers(Schema):
    """Lower bounds of the tiers; below ``yellow`` is blue."""

    red: float
    orange: float
    yellow: float


class Policy(Schema):
    """Policy by which entries were selected."""

    random_share: float
    rest_days: int
    order: str
    must_visit: list[str]
    seed: str | None


class LawValue(Schema):
    """Legal value that the office stated for a region."""

    duty: str
    name: str
    number: float
    region: str
    from_day: Annotated[dt.date, Field(alias="from")]
    to_day: Annotated[dt.date | None, Field(alias="to")]
    source: str


class Rules(Schema):
    """Configuration in force when the list was published; ``law`` are the office's values."""

    tiers: Tiers
    policy: Policy
    law: tuple[LawValue, ...] = ()


class Previous(Schema):
    """The list that changes refer to."""

    as_of: dt.date
    digest: str


class ListEvent(Schema):
    """An event: a list was published, or the tier of a project changed."""

    id: str
    type: Literal["watchlist.published", "project.tier_changed"]
    time: dt.datetime
    data: dict[str, str | float | None]


class Ranking(Schema):
    """How far the scores rank a list, derived from it: of the ``places`` given for risk, the number
    of different ``scores`` and of those ``tied`` with another. ``unranked``: not enough is known to
    rank; ``partly``: most places share their score.
    """

    sufficiency: Literal["ranked", "partly", "unranked"]
    places: int
    scores: int
    tied: int
    probability: float | None
    order: str


class Changes(Schema):
    """Events after ``since``; pass ``cursor`` to the next request for later ones."""

    items: list[ListEvent]
    cursor: str | None


class Watchlist(Schema):
    """A sealed list. Its ETag is the SHA-256 of exactly these bytes."""

    seal_version: int = 1
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


class GroupShare(Schema):
    """A group of the scored projects and its places on the list. ``proportionate``: the places it
    would have if they followed the ``expected`` events. ``group`` is null where unknown.
    """

    attribute: Literal["region", "sector", "funding", "size"]
    group: str | None
    scored: int
    expected: float
    listed: int
    proportionate: float


class ReasonCount(Schema):
    """A feature or red flag, and on how many entries of the group it is stated."""

    code: str
    entries: int


class ReasonGroup(Schema):
    """The entries of one township or contractor; ``urgent`` are red or orange, money in yuan."""

    group: str | None
    entries: int
    urgent: int
    workers: int | None
    amount_owed: float | None
    reasons: list[ReasonCount]
    red_flags: list[ReasonCount]


class Stability(Schema):
    """What a list shares with the previous one. Of the ``compared`` entries, ``same_first`` have
    the same first reason; ``shared`` is the mean share of the first three that both state.
    """

    previous: dt.date
    entries: int
    remaining: int
    compared: int
    same_first: int
    shared: float | None


class Composition(Schema):
    """What a list is made of. ``groups`` is empty for lists published without a register."""

    as_of: dt.date
    region: str
    kind: Kind
    groups: list[GroupShare]
    reasons_by: Literal["region", "contractor"]
    reasons: list[ReasonGroup]
    stability: Stability | None
