"""A red flag as a record; its wording is a rendering of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """A record the flag rests on, and the day that version of it became known."""

    table: str
    record_id: str
    known_at: dt.date


@dataclass(frozen=True)
class RedFlag:
    """A duty seen unmet by one project.

    ``article``: of the Regulation on Ensuring Wage Payment to Migrant Workers. ``since``: the first
    day the duty was unmet, None where the records do not say. ``values``: what was measured, by
    name; a name ending in ``_fen`` is money in fen, in ``_share`` a share of 1, in ``_days`` days,
    in ``_month`` a month as a number (202411).
    ``threshold``: the value measured against, where there is one, and ``basis`` the instrument it
    comes from. ``evidence``: the most telling records first, not always all of them.
    ``must_visit``: law leaves no choice.
    """

    code: str
    article: str
    project_id: str
    since: dt.date | None
    values: Mapping[str, int | float]
    threshold: float | None
    basis: str | None
    evidence: tuple[Evidence, ...]
    must_visit: bool
