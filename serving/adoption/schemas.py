"""Schemas of the adoption of lists."""

from __future__ import annotations

import datetime as dt

from risk.unit_kinds import Kind
from serving.http.schemas import Schema


class PersonAdoption(Schema):
    """What one person did with a list. ``shown`` are its projects in the region they opened it for,
    of which they visited ``visited`` and others ``visited_by_others``; null if they never opened
    it. ``visits_elsewhere`` are to projects not listed; ``found_…`` are visits that found arrears.
    """

    who: str
    opened_at: dt.datetime | None
    shown: int | None
    visited: int | None
    visited_by_others: int | None
    visits_on_list: int
    found_on_list: int
    visits_elsewhere: int
    found_elsewhere: int


class Adoption(Schema):
    """Which of the ``entries`` of a list were visited before the day ``until``, and by whom."""

    as_of: dt.date
    region: str
    kind: Kind
    until: dt.date
    entries: int
    visited: int
    people: list[PersonAdoption]
