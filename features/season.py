"""The season, counted from Spring Festival: wages owed are claimed before workers go home for it.

The festival falls between 21 January and 20 February, so no calendar month describes the season.
"""

from __future__ import annotations

from functools import partial

from features.catalogue import EmployerUse, Feature, Points, Step
from risk.calendar.dates import HORIZON_DAYS
from risk.calendar.spring_festival import LAST_YEAR, spring_festivals

SEASON_DAYS = 28
"""Days before and after the festival in which claims are far more, and far fewer, than usual."""

_STRIKE_MAP = "strike map 2014-2016: three times as many in the four weeks before the festival"

_BEFORE_LINES = (Points(1, _STRIKE_MAP, at_least=0.1), Points(2, _STRIKE_MAP, at_least=0.25))

_feature = partial(
    Feature,
    source=("projects",),
    unknown_zh=f"春节日期表（至{LAST_YEAR}年）不含此前或此后的春节",
    unknown_en=f"the table of festivals (to {LAST_YEAR}) lacks the one before or after",
    employers=EmployerUse(),
)

SEASON_FEATURES = (
    _feature(
        name="days_to_festival",
        unit="days",
        window="as of the date",
        direction=0,
        zh="距下一个春节的天数",
        en="days to the next Spring Festival",
    ),
    _feature(
        name="days_since_festival",
        unit="days",
        window="as of the date",
        direction=0,
        zh="距上一个春节的天数",
        en="days since the last Spring Festival",
    ),
    _feature(
        name="before_festival_share",
        unit="share",
        window="the horizon",
        direction=1,
        zh=f"预警期内处于春节前{SEASON_DAYS}天的比例",
        en=f"share of the horizon in the {SEASON_DAYS} days before Spring Festival",
        scorecard=_BEFORE_LINES,
        employers=EmployerUse(scorecard=_BEFORE_LINES),
    ),
    _feature(
        name="after_festival_share",
        unit="share",
        window="the horizon",
        direction=-1,
        zh=f"预警期内处于春节起{SEASON_DAYS}天的比例",
        en=f"share of the horizon in the {SEASON_DAYS} days from Spring Festival on",
    ),
)

_FESTIVALS = ", ".join(f"(DATE '{day}')" for day in spring_festivals())


def _days_within(first: str, stop: str) -> str:
    """SQL for the days of the horizon from day ``first`` to before ``stop``, counted from as_of."""
    return f"greatest(least({stop}, {HORIZON_DAYS}) - greatest({first}, 0), 0)"


SEASON = Step(
    "season",
    f"""
    SELECT as_of,
           min(CASE WHEN days >= 0 THEN days END) AS days_to_festival,
           min(CASE WHEN days <= 0 THEN -days END) AS days_since_festival,
           CASE WHEN min(days) <= 0 AND max(days) >= 0 THEN
             CAST(sum({_days_within(f"days - {SEASON_DAYS}", "days")}) AS DOUBLE) / {HORIZON_DAYS}
           END AS before_festival_share,
           CASE WHEN min(days) <= 0 AND max(days) >= 0 THEN
             CAST(sum({_days_within("days", f"days + {SEASON_DAYS}")}) AS DOUBLE) / {HORIZON_DAYS}
           END AS after_festival_share
    FROM (
      SELECT a.as_of, days_between(a.as_of, f.day) AS days
      FROM as_ofs a CROSS JOIN (VALUES {_FESTIVALS}) f(day)
    ) x
    GROUP BY as_of
    """,
)
"""One row per as_of. On the first day of the festival both numbers of days are 0."""
