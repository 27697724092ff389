"""Schemas of the adoption of lists."""

from __future__ import annotations

import datetime as dt

from risk.unit_kinds import Kind
from serving.http.schemas import Schema


class ShareInterval(Schema):
    """The 95 % interval of a share, from 0 to 1."""

    low: float
    high: float


class PersonAdoption(Schema):
    """What one person did with a list. ``shown`` are its projects in the region they opened it for,
    of which they visited ``visited``, others ``visited_by_others`` and nobody ``not_visited``;
    ``random_shown`` were drawn at random, and somebody visited ``random_visited`` of them; all null
    if they never opened it. ``visits_elsewhere`` are to projects not listed; ``found_…`` are visits
    that found arrears, ``interval_…`` is that of their share, null with too few visits to tell.
    """

    who: str
    opened_at: dt.datetime | None
    shown: int | None
    visited: int | None
    visited_by_others: int | None
    not_visited: int | None
    random_shown: int | None
    random_visited: int | None
    visits_on_list: int
    found_on_list: int
    interval_on_list: ShareInterval | None
    visits_elsewhere: int
    found_elsewhere: int
    interval_elsewhere: ShareInterval | None


class RandomPicks(Schema):
    """Projects of a list drawn at random: ``listed``, ``visited``, and those where a visit
    ``found`` arrears. ``interval`` is that of their share, null with too few visits to tell; after
    ``visits_for_5_points`` it would be within 5 percentage points either way.
    """

    listed: int
    visited: int
    found: int
    interval: ShareInterval | None
    visits_for_5_points: int
    visits_for_3_points: int


class Adoption(Schema):
    """Which of the ``entries`` of a list were visited before the day ``until``, and by whom.

    ``random``, ``random_shown`` and ``random_visited`` are null for those who may not know what was
    drawn.
    """

    as_of: dt.date
    region: str
    kind: Kind
    until: dt.date
    entries: int
    visited: int
    random: RandomPicks | None
    people: list[PersonAdoption]
