"""Period of a briefing and the watchlists that belong to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from risk.calendar.dates import add_months
from serving.watchlists.repository import ListSummary

_NEAR = dt.timedelta(days=45)
_A_YEAR_AGO = (dt.timedelta(days=350), dt.timedelta(days=380))


@dataclass(frozen=True)
class Period:
    """From ``start`` up to, not including, ``stop``; facts known before ``stop`` count."""

    start: dt.date
    stop: dt.date

    @property
    def last(self) -> dt.date:
        """The last day of the period."""
        return self.stop - dt.timedelta(days=1)

    @property
    def whole_year(self) -> bool:
        """Whether the period is a year rather than a month."""
        return self.stop > add_months(self.start, 1)

    def year_before(self) -> Period:
        """Return the same period a year earlier."""
        return Period(add_months(self.start, -12), add_months(self.stop, -12))


def month_of(month: dt.date) -> Period:
    """Return the month that begins on ``month``."""
    return Period(month, add_months(month, 1))


def year_of(year: int) -> Period:
    """Return a calendar year."""
    return Period(dt.date(year, 1, 1), dt.date(year + 1, 1, 1))


@dataclass(frozen=True)
class Lists:
    """The current list of a briefing, the previous one, and the one of a year before."""

    now: ListSummary | None
    last: ListSummary | None
    year_ago: ListSummary | None


def lists_for(lists: Sequence[ListSummary], period: Period, region: str) -> Lists:
    """Select the lists of ``region`` for a briefing of ``period``.

    The current list is the one as of ``period.stop``, which looks ahead from the end of the period;
    if it is not published, the newest within the period.
    """
    known = sorted(
        (summary for summary in lists if summary.region == region),
        key=lambda summary: summary.as_of,
    )
    fitting = [summary for summary in known if period.start <= summary.as_of <= period.stop]
    if not fitting:
        return Lists(None, None, None)
    now = fitting[-1]
    earlier = [summary for summary in known if now.as_of - _NEAR <= summary.as_of < now.as_of]
    least, most = _A_YEAR_AGO
    past = [summary for summary in known if now.as_of - most <= summary.as_of <= now.as_of - least]
    return Lists(now, earlier[-1] if earlier else None, past[-1] if past else None)
