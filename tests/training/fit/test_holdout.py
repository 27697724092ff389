"""The months that are held out, and their probabilities, by distinct events."""

from __future__ import annotations

import numpy as np
import pytest

from features.matrix import Matrix
from training.fit.fit import make_holdout
from training.fit.out_of_time import MIN_EVENTS, MIN_MONTHS, recent_months
from training.metrics import event_starts

MONTHS = np.array([f"2025-{number:02}-01" for number in range(1, 13)], "datetime64[D]")


def owing(projects, months):
    """Every project owes wages in every month: an event each, in the labels of three months."""
    as_ofs = np.repeat(MONTHS[:months], projects)
    names = [f"P{number}" for number in range(projects)] * months
    return names, as_ofs, np.ones(len(names))


def test_an_event_starts_in_the_first_of_the_months_whose_labels_it_is_in():
    names, as_ofs, labels = owing(2, 7)
    starts = event_starts(names, as_ofs, labels)
    # 90 days after 1 January is 1 April, after 1 April 30 June.
    assert as_ofs[starts].tolist() == [
        MONTHS[number].astype(object) for number in (0, 0, 3, 3, 6, 6)
    ]


@pytest.mark.parametrize(
    ("projects", "first"),
    # An event starts every third month, in January, April, July and October: for 80 of them
    # 40 projects need two such months, 39 and 27 need three, and 20 four.
    [(80, 6), (40, 6), (39, 3), (27, 3), (20, 0)],
)
def test_the_recent_months_hold_80_distinct_events_and_are_six_at_least(projects, first):
    names, as_ofs, labels = owing(projects, 12)
    starts = event_starts(names, as_ofs, labels)
    rows = recent_months(as_ofs, starts, np.ones(len(as_ofs), dtype=bool))
    assert as_ofs[rows].min() == MONTHS[first]
    assert (MIN_EVENTS, MIN_MONTHS) == (80, 6)


@pytest.mark.parametrize(("projects", "judged"), [(9, 0), (10, 3)])
def test_a_month_has_a_probability_from_ten_distinct_events_before_it(projects, judged):
    """The horizons of January ended by April: of April to June, if ten events had come."""
    names, as_ofs, labels = owing(20, 6)
    labels = np.tile(np.arange(20) < projects, 6).astype(float)
    scores = np.random.default_rng(0).normal(size=len(labels))
    matrix = Matrix(as_ofs, tuple(names), ("a",), np.zeros((len(labels), 1)))
    held = make_holdout(matrix, scores, labels, labels)
    assert len(np.unique(as_ofs[~np.isnan(held.probability)])) == judged
