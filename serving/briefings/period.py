"""Which month, which lists: what a briefing is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from risk.calendar.dates import add_months
from serving.watchlists.repository import Summary

_NEAR = dt.timedelta(days=45)
_A_YEAR_AGO = (dt.timedelta(days=350), dt.timedelta(days=380))


@dataclass(frozen=True)
class Period:
    """From ``start`` up to, not including, ``stop``; what was known before ``stop`` counts."""

    start: dt.date
    stop: dt.date

    @property
    def last(self) -> dt.date:
        """The last day of it."""
        return self.stop - dt.timedelta(days=1)

    @property
    def whole_year(self) -> bool:
        """Whether it is a year rather than a month."""
        return self.stop > add_months(self.start, 1)

    def year_before(self) -> Period:
        """The same days a year earlier."""
        return Period(add_months(self.start, -12), add_months(self.stop, -12))


def month_of(month: dt.date) -> Period:
    """The month that begins on ``month``."""
    return Period(month, add_months(month, 1))


def year_of(year: int) -> Period:
    """A whole year."""
    return Period(dt.date(year, 1, 1), dt.date(year + 1, 1, 1))


@dataclass(frozen=True)
class Lists:
    """The list a briefing warns with, the one before it, and the one of a year before."""

    now: Summary | None
    last: Summary | None
    year_ago: Summary | None


def lists_for(lists: Sequence[Summary], period: Period, region: str) -> Lists:
    """The lists of ``region`` a briefing of ``period`` tells of.

    It warns with the list that looks ahead from the period's end, as of the day after its last;
    while that is not published, with the newest within the period.
    """
    known = sorted((one for one in lists if one.region == region), key=lambda one: one.as_of)
    fitting = [one for one in known if period.start <= one.as_of <= period.stop]
    if not fitting:
        return Lists(None, None, None)
    now = fitting[-1]
    earlier = [one for one in known if now.as_of - _NEAR <= one.as_of < now.as_of]
    least, most = _A_YEAR_AGO
    past = [one for one in known if now.as_of - most <= one.as_of <= now.as_of - least]
    return Lists(now, earlier[-1] if earlier else None, past[-1] if past else None)
