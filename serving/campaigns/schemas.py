"""Campaigns as they are sent; money in yuan."""

from __future__ import annotations

import datetime as dt

from serving.http.schemas import Schema


class Campaign(Schema):
    """A campaign as it is set: scope, time, targets; empty ``sectors``, ``fundings`` mean all."""

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
    """A place or sector: projects in scope, and how many were checked."""

    code: str | None
    projects: int
    checked: int


class ZeroTarget(Schema):
    """What is held to zero, and the keys of the open matters against it.

    ``unknown`` more may be against it: their funding or number of workers is not on record.
    """

    name: str
    matters: list[str]
    unknown: int


class CampaignProgress(Schema):
    """How far a campaign is, by the newest list and the matters of the reader's region.

    ``unplaced``, ``unplaced_matters``: sector or funding is not on record, so that nobody can say
    whether they are in scope; they are not counted.
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
    old_cases: int
    public: int
    public_unpaid: int
    found: int
    open: int
    overdue: int
    closed: int
    recovered: float
    zero: list[ZeroTarget]


class Unchecked(Schema):
    """A project in scope that was not checked since the campaign began; ``rank`` if listed."""

    project_id: str
    project_name: str | None
    region_code: str
    contractor_name: str | None
    sector: str | None
    funding: str | None
    tier: str
    probability: float
    rank: int | None
