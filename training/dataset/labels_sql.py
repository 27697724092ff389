"""Labels as SQL steps, for matrices that do not fit in memory; runs on every engine.

The definitions are those of :mod:`training.dataset.labels` and
:mod:`training.dataset.training_set`: labels use only what was known before the training day, and
are mature once the events of the horizon should be known or seen as open cases. The delays are
estimated between the steps, from the records that :func:`course_steps` finds.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from features.catalogue import Step
from features.common_steps import EVENTS, known_rows_step
from risk.calendar.dates import HORIZON_DAYS
from training.dataset.delays import COURSES, Curve, Delays


def course_steps(known_until: dt.date) -> tuple[Step, ...]:
    """Steps that find the events of the training day, and the courses behind its delays.

    Read by :func:`training.dataset.delays.courses_sql`.
    """
    return _at_training_day("training_events", EVENTS, known_until), _at_training_day(
        "courses", COURSES, known_until
    )


def label_steps(known_until: dt.date, delays: Delays) -> tuple[Step, ...]:
    """Steps after :func:`course_steps` and the cohort; the last yields a row per cohort row.

    Its columns are as_of, project_id, label, expected and mature. ``label`` is 1 where an event is
    dated in [as_of, as_of + 90 days), else 0 (no event known); ``expected`` its probability given
    open cases.
    """
    return _open_cases(known_until, delays.confirmed_later), _labels(known_until, delays)


def _at_training_day(name: str, step: Step, day: dt.date) -> Step:
    # The shared steps under names of their own, with the training day as the only as_of.
    return Step(
        name,
        f"""
        WITH as_ofs AS (SELECT DATE '{day.isoformat()}' AS as_of),
        known_cases AS ({known_rows_step("cases").sql}),
        known_inspections AS ({known_rows_step("inspections").sql})
        {step.sql}
        """,
    )


def _open_cases(day: dt.date, curve: Curve | None) -> Step:
    """Open cases with their chance to be confirmed, from the steps of ``curve``."""
    later = np.zeros(1) if curve is None else curve.later
    starts = np.concatenate([[0], np.flatnonzero(np.diff(later)) + 1])
    stops = [*(starts[1:] - 1), 1_000_000]
    spans = ", ".join(
        f"({start}, {stop}, CAST({float(later[start])!r} AS DOUBLE))"
        for start, stop in zip(starts.tolist(), stops, strict=True)
    )
    return Step(
        "open_cases",
        f"""
        SELECT c.project_id, c.event_on, s.chance
        FROM courses c
        JOIN (VALUES {spans}) s(first_age, last_age, chance)
          ON days_between(c.event_on, DATE '{day.isoformat()}') >= s.first_age
         AND days_between(c.event_on, DATE '{day.isoformat()}') <= s.last_age
        WHERE c.decided_at IS NULL AND c.measured = 1
        """,
    )


def _labels(day: dt.date, delays: Delays) -> Step:
    within = f"""days_between(c.as_of, e.event_on) >= 0
                 AND days_between(c.as_of, e.event_on) < {HORIZON_DAYS}"""
    wait = HORIZON_DAYS + delays.maturity_days()
    return Step(
        "labels",
        f"""
        SELECT c.as_of, c.project_id, c.label,
               CASE WHEN c.label = 1 THEN 1.0 ELSE coalesce(max(e.chance), 0.0) END AS expected,
               days_between(c.as_of, DATE '{day.isoformat()}') >= {wait} AS mature
        FROM (
          SELECT c.as_of, c.project_id, max(CASE WHEN {within} THEN 1 ELSE 0 END) AS label
          FROM cohort c LEFT JOIN training_events e ON e.project_id = c.project_id
          GROUP BY c.as_of, c.project_id
        ) c
        LEFT JOIN open_cases e ON e.project_id = c.project_id AND {within}
        GROUP BY c.as_of, c.project_id, c.label
        """,
    )
