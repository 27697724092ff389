"""The season of complaints: their hazard by distance to Spring Festival, and days drawn from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from risk.calendar.spring_festival import SpringFestivalUnknown, spring_festival
from risk.simulator.parameters import Parameters
from risk.simulator.world import Floats, Ints, Timeline

DRAWS = 28
"""A day of a month is drawn as a number below this; see :attr:`Season.days`."""

_HALF_YEAR = 182
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Season:
    """The season of every simulated month.

    ``factors``: mean hazard of the month, shape (months,); 1 is the mean of a year. ``days``: the
    days since 1970 that the numbers 0..:data:`DRAWS` - 1 stand for, so that equally likely numbers
    give days as likely as their hazard; shape (months, DRAWS), increasing.
    """

    factors: Floats
    days: Ints


def make_season(p: Parameters, timeline: Timeline) -> Season:
    """The season of all months of ``timeline``."""
    starts = timeline.month_days(np.arange(timeline.months + 1))
    factors, days = np.zeros(timeline.months), np.zeros((timeline.months, DRAWS), dtype=np.int64)
    wanted = (np.arange(DRAWS) + 0.5) / DRAWS
    for month in range(timeline.months):
        each = np.arange(starts[month], starts[month + 1])
        hazard = festival_hazard(p, festival_offsets(each))
        factors[month] = hazard.mean()
        days[month] = each[np.searchsorted(np.cumsum(hazard) / hazard.sum(), wanted)]
    return Season(factors, days)


def festival_hazard(p: Parameters, offsets: Ints) -> Floats:
    """The hazard at ``offsets`` in days from the festival, negative before it; mean 1 in a year."""
    at, level = (np.array(column, dtype=np.float64) for column in zip(*p.season, strict=True))
    year = np.interp(np.arange(-_HALF_YEAR, _HALF_YEAR + 1), at, level)
    return np.asarray(np.interp(offsets, at, level) / year.mean(), dtype=np.float64)


def festival_offsets(days: Ints) -> Ints:
    """Distance of ``days`` (since 1970) from the nearest festival; negative before it."""
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    festivals = np.array([_festival(year) for year in range(years.min() - 1, years.max() + 2)])
    distance = days[:, None] - festivals[None, :]
    nearest = np.abs(distance).argmin(axis=1)
    return np.asarray(distance[np.arange(len(days)), nearest], dtype=np.int64)


def campaign_days(p: Parameters, timeline: Timeline, month: int) -> Ints:
    """The days of ``month`` in the winter campaign, which ends on the eve of the festival."""
    days = np.arange(timeline.month_day(month), timeline.month_day(month + 1))
    first = _EPOCH + dt.timedelta(days=int(days[0]))
    start = dt.date(first.year - (first.month < p.campaign_start[0]), *p.campaign_start)
    since = (start - _EPOCH).days
    return days[(days >= since) & (days < _festival(start.year + 1))]


def _festival(year: int) -> int:
    """Days from 1970 to the festival of ``year``; its mean date outside the table."""
    try:
        day = spring_festival(year)
    except SpringFestivalUnknown:
        day = dt.date(year, 2, 5)
    return (day - _EPOCH).days
