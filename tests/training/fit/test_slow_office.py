"""A model of an office that decides all cases after 500 days expects the events that come."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.matrix import Matrix
from models.logistic import LogisticHyperparameters
from risk.calendar.dates import HORIZON_DAYS
from training.dataset.delays import courses_of, delays_of
from training.dataset.labels import dated_within, log_of, training_dates
from training.dataset.training_set import training_set_from_matrix
from training.fit.fit import fit

DAY = np.datetime64("2025-01-01")
DELAY = 500
PROJECTS = 300


@pytest.fixture(scope="module")
def office():
    """The training set of such an office, the cohort of its day, and the days of all events."""
    random = np.random.default_rng(8)
    names = tuple(f"P{number:03}" for number in range(PROJECTS))
    risk = random.uniform(0, 1, PROJECTS)
    rows, events = [], {}
    for week in range(1, 220):
        opened = DAY + HORIZON_DAYS - 7 * week
        for number in np.flatnonzero(random.random(PROJECTS) < 0.02 * risk):
            confirmed = random.random() < 0.6
            decided = opened + DELAY
            if confirmed:
                events.setdefault(names[number], []).append(opened)
            if opened < DAY:
                known = decided.astype(object) if decided < DAY else None
                day = opened.astype(object)
                rows.append(("case", names[number], day, day, known, confirmed, True))
    day = DAY.astype(object)
    courses = courses_of(sorted(rows, key=lambda row: row[1:3]))
    days = {name: np.sort(np.array(on)) for name, on in events.items()}
    known = {name: on[on < DAY - DELAY] for name, on in days.items()}
    log = log_of(
        day, {n: on for n, on in known.items() if len(on)}, courses, delays_of(courses, day)
    )
    dates = [*training_dates(log), day]
    matrix = Matrix(
        np.repeat(np.array(dates, dtype="datetime64[D]"), PROJECTS),
        names * len(dates),
        ("risk",),
        np.asfortranarray(np.tile(risk, len(dates))[:, None]),
    )
    return training_set_from_matrix(log, matrix), matrix.rows_at(day), days


def ratio(training_set, cohort, days):
    """Events expected over events that come."""
    model = fit(training_set, LogisticHyperparameters(0.01)).model
    probability = model.calibration.probability(model.raw(cohort))
    return probability.sum() / dated_within(days, cohort.project_ids, cohort.as_ofs).sum()


def test_expected_events_are_those_that_come(office):
    training_set, cohort, days = office
    assert training_set.log.delays.known_days == DELAY
    assert max(training_set.dates) + dt.timedelta(days=HORIZON_DAYS + 30) <= DAY.astype(object)
    assert max(training_set.dates) > dt.date(2024, 8, 1)
    assert 0.8 < ratio(training_set, cohort, days) < 1.25
    as_none = dataclasses.replace(training_set, expected=training_set.target)
    assert ratio(as_none, cohort, days) < 0.4, "undecided cases would count as no arrears"
