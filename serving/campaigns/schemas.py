"""Response schemas of campaigns; money in yuan."""

from __future__ import annotations

import datetime as dt

from serving.http.schemas import Schema


class Campaign(Schema):
    """A campaign: scope, period, targets; empty ``sectors`` or ``fundings`` mean all."""

    name: str
    title: str
    start: dt.date
    stop: dt.date
    region: str
    sectors: list[str]
    fundings: list[str]
    units: list[str]
    swept: float
    zero: list[str]


class SweptShare(Schema):
    """Projects in scope and checked ones of a place or sector."""

    code: str | None
    projects: int
    checked: int


class ZeroTarget(Schema):
    """A zero target and the keys of the open matters that violate it.

    ``unknown`` more may violate it: their funding or number of workers is not recorded.
    """

    name: str
    matters: list[str]
    unknown: int


class CampaignProgress(Schema):
    """Progress of a campaign, from the newest list and the matters of the reader's region.

    ``unplaced`` and ``unplaced_matters`` have no sector or funding on record, so it is unknown
    whether they are in scope; they are not counted. ``signs`` are projects with a red flag about
    people (``people_signs``) or money (``money_signs``), a project with both counted once.
    """

    campaign: Campaign
    as_of: dt.date
    until: dt.date
    projects: int
    checked: int
    unplaced: int
    unplaced_matters: int
    cases_outside: int
    places: list[SweptShare]
    sectors: list[SweptShare]
    signs: int
    people_signs: int
    money_signs: int
    old_cases: int
    public: int
    public_unpaid: int
    found: int
    open: int
    overdue: int
    closed: int
    recovered: float | None
    zero: list[ZeroTarget]


class Unchecked(Schema):
    """A project in scope not checked since the campaign began; ``rank`` if listed."""

    project_id: str
    project_name: str | None
    region_code: str
    contractor_name: str | None
    sector: str | None
    funding: str | None
    tier: str
    probability: float
    rank: int | None
