"""Red flags as data; :mod:`risk.flags.text` renders them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """Record behind a flag, and the day this version of it became known."""

    table: str
    record_id: str
    known_at: dt.date


@dataclass(frozen=True)
class RedFlag:
    """Duty that one project has not met.

    ``article``: article of the Regulation on Ensuring Wage Payment to Migrant Workers. ``since``:
    first day the duty was unmet, None if the records do not show it. ``values``: measured values by
    name; names ending in ``_fen`` are money in fen, in ``_share`` shares from 0 to 1, in ``_days``
    days, in ``_month`` months as numbers (202411). ``threshold``: the legal value compared with, if
    any, and ``basis`` the instrument it comes from. ``evidence``: records by descending weight, at
    most ``EVIDENCE_LIMIT``. ``must_visit``: the law requires a visit.
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
