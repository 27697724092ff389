"""Labels as SQL steps, for matrices that do not fit in memory; runs on every engine.

The definitions are those of :mod:`training.dataset.labels` and
:func:`training.dataset.training_set.training_labels`: labels use only what was known before the
training day, and are mature once the events of the horizon should be known.
"""

from __future__ import annotations

import datetime as dt

from features.catalogue import Step
from features.common_steps import EVENTS, known_rows_step
from risk.calendar.dates import HORIZON_DAYS, MATURITY_MAX_DAYS, MATURITY_MIN_DAYS
from training.dataset.labels import MIN_MEASURED, first_known_sql


def label_steps(known_until: dt.date) -> tuple[Step, ...]:
    """Steps to run after the cohort's; the last yields (as_of, project_id, label, mature).

    ``label`` is 1 where an event is dated in [as_of, as_of + 90 days), else 0 (no event known).
    """
    day = f"DATE '{known_until.isoformat()}'"
    return _known_events(day), _maturity(day), _labels(day)


def _known_events(day: str) -> Step:
    # The shared steps under their own names, with the training day as the only as_of.
    return Step(
        "told_events",
        f"""
        WITH as_ofs AS (SELECT {day} AS as_of),
        known_cases AS ({known_rows_step("cases").sql}),
        known_inspections AS ({known_rows_step("inspections").sql})
        {EVENTS.sql}
        """,
    )


def _maturity(day: str) -> Step:
    return Step(
        "maturity",
        f"""
        SELECT least(greatest(coalesce(ceil(round(
                 CASE WHEN 2 * count(delay) >= count(*) OR count(delay) >= {MIN_MEASURED}
                   THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY delay) END
                 * 1000000) / 1000000),
                 {MATURITY_MIN_DAYS}), {MATURITY_MIN_DAYS}), {MATURITY_MAX_DAYS}) AS days
        FROM (
          SELECT CASE WHEN measured_at = known_at THEN days_between(event_on, known_at) END
                   AS delay
          FROM ({first_known_sql(day)}) first_known
        ) delays
        """,
    )


def _labels(day: str) -> Step:
    return Step(
        "labels",
        f"""
        SELECT c.as_of, c.project_id,
               max(CASE WHEN days_between(c.as_of, e.event_on) >= 0
                         AND days_between(c.as_of, e.event_on) < {HORIZON_DAYS}
                   THEN 1 ELSE 0 END) AS label,
               days_between(c.as_of, {day}) >= {HORIZON_DAYS} + max(m.days) AS mature
        FROM cohort c
        CROSS JOIN maturity m
        LEFT JOIN told_events e ON e.project_id = c.project_id
        GROUP BY c.as_of, c.project_id
        """,
    )
