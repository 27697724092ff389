"""Ranking metrics of a few rows, worked out on paper: ties, resamples, edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.metrics import (
    Ranking,
    _above,
    average_precision,
    average_precision_among_others,
    distinct_events,
    log_loss,
    ratio_or_nan,
    roc_auc,
    top_k,
)


def of(*values):
    return np.array(values, dtype=float)


def test_an_event_outranks_others_tied_with_it_by_half():
    """The first event outranks both others, the second is tied with one: 3.5 of 4 pairs.

    Counted three times, the second wins 1 of 3 thirds tied and both rows below: 2.5 of 3. Half a
    label is no event.
    """
    ranking = Ranking(of(3, 2, 2, 1), of(1, 1, 0, 0.5))
    found = ranking.roc_auc(np.array([of(1, 1, 1, 1), of(0, 3, 1, 2), of(1, 1, 0, 0)]))
    assert found[:2] == pytest.approx([3.5 / 4, 2.5 / 3])
    assert math.isnan(found[2])
    assert roc_auc(of(3, 2, 2, 1), of(1, 1, 0, 0.5)) == 3.5 / 4


def test_average_precision_is_the_mean_of_all_orders_of_ties():
    """An event, another row, three tied rows with two events, an event.

    The tied ones hold ranks 3 to 5: 2/3 + 3/4, 2/3 + 3/5 or 2/4 + 3/5, in the mean 227/180; then
    4 of 6. With every row twice, ranks 5 to 10 of four events among six have a precision of 3/5
    each, which is 4/6 of 6 * 3/5; the last two 7/11 and 8/12. Without the last event, and with the
    first three times, 3 * 1 and 4/5 + 5/6, 4/5 + 5/7 or 4/6 + 5/7.
    """
    ranking = Ranking(of(4, 3, 2, 2, 2, 1), of(1, 0, 1, 1, 0, 1))
    weights = np.array([[1.0] * 6, [2.0] * 6, [3, 1, 1, 1, 1, 0]])
    tied = (4 / 5 + 5 / 6 + 4 / 5 + 5 / 7 + 4 / 6 + 5 / 7) / 3
    assert ranking.average_precision(weights) == pytest.approx(
        [
            (1 + 227 / 180 + 4 / 6) / 4,
            (2 + 2.4 + 7 / 11 + 8 / 12) / 8,
            (3 + tied) / 5,
        ]
    )
    assert average_precision(of(2, 2), of(1, 0)) == 0.75


def test_events_at_the_top_of_each_resample():
    """After the first, k - 1 of three tied rows with one event; twice the first in the second.

    The event in the last row is never reached.
    """
    ranking = Ranking(of(3, 2, 2, 2, 1), of(1, 1, 0, 0, 1))
    weights = np.array([[1.0] * 5, [2, 1, 1, 1, 1], [0, 1, 1, 1, 1], [1.0] * 5])
    expected, worst, best = ranking.events_at_top(weights, of(2, 4, 1, 4))
    assert expected == pytest.approx([1 + 1 / 3, 2 + 2 / 3, 1 / 3, 2])
    assert worst.tolist() == [1, 2, 0, 2]
    assert best.tolist() == [2, 3, 1, 2]


def test_the_top_is_at_most_all_rows():
    found = top_k(of(3, 2, 2), of(1, 1, 0.5), 5)
    assert (found.k, found.precision, found.recall) == (3, 2 / 3, 1.0)
    assert (found.worst, found.best) == (2 / 3, 2 / 3)
    nothing = top_k(of(), of(), 5)
    assert (nothing.k, math.isnan(nothing.precision), math.isnan(nothing.best)) == (0, True, True)
    assert math.isnan(roc_auc(of(), of()))
    assert math.isnan(average_precision(of(), of()))


def test_an_event_is_judged_among_the_rows_of_others():
    """Cluster 1 holds rank 1 (event) and 3 (event), cluster 2 ranks 2 (none) and 4 (event).

    The first has none above: precision 1 of 1. The second has one other above, no event, which is
    less than its own 2 of 3. The last has two events of two others above, but 3 of 4 at its rank.
    """
    score, cluster = of(4, 3, 2, 1), np.array([1, 2, 1, 2])
    found = average_precision_among_others(score, of(1, 0, 1, 1), cluster)
    assert found == pytest.approx((1 + 0 + 3 / 4) / 3)
    # Half a label is no event: the last counts no longer.
    assert average_precision_among_others(score, of(1, 0, 1, 0.5), cluster) == 0.5
    assert math.isnan(average_precision_among_others(score, of(0, 0, 0, 0), cluster))


def test_rows_above_are_those_of_the_same_group():
    """The third of three has two above and itself, the second of two one and itself."""
    rank, group = np.array([0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 1])
    every = np.ones(5, dtype=bool)
    assert _above(rank, group, every, every).tolist() == [0.5, 1.5, 2.5, 0.5, 1.5]


def test_rows_tied_with_an_event_stand_half_above_it():
    """Of three tied rows, each of a cluster of its own, one is an event.

    One is above it in the mean, which is none: 0. Two events of three: half of one is above each.
    """
    each = np.arange(3)
    assert average_precision_among_others(of(1, 1, 1), of(1, 0, 0), each) == 0
    assert average_precision_among_others(of(1, 1, 1), of(1, 1, 0), each) == 0.5


def test_an_event_explains_the_rows_of_the_ninety_days_after_its_first():
    """1 January and 90 days are 1 April; P2's rows are later ones first; half a label is none."""
    days = np.array(["2025-01-01", "2025-03-31", "2025-04-01", "2025-06-30"], "datetime64[D]")
    assert distinct_events(["P1"] * 4, days, of(1, 1, 1, 1)) == 3
    assert distinct_events(["P1"] * 4, days, of(1, 1, 0.5, 0)) == 1
    assert distinct_events(["P1"] * 4, days, of(0, 1, 1, 1)) == 2
    assert distinct_events(["P2"] * 3, days[[1, 2, 0]], of(1, 1, 1)) == 2
    assert distinct_events(["P1", "P2", "P1", "P2"], days, of(1, 1, 0, 0)) == 2


def test_log_loss_of_a_certain_error_is_finite():
    """The mean of -ln 1/2 and -ln 3/4; a certain error counts as one in a billion."""
    assert log_loss(of(0.5, 0.25), of(1, 0)) == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    assert log_loss(of(1.0), of(0)) == pytest.approx(9 * math.log(10), rel=1e-6)
    assert log_loss(of(0.0), of(1)) == pytest.approx(9 * math.log(10))
    # An event of three quarters.
    assert log_loss(of(0.5), of(0.75)) == pytest.approx(math.log(2))
    assert log_loss(of(0.25), of(0.75)) == pytest.approx(
        0.75 * math.log(4) + 0.25 * math.log(4 / 3)
    )


def test_a_ratio_of_nothing_is_unknown():
    found = ratio_or_nan(of(1, 1, 0), of(4, 0, 0))
    assert found[0] == 0.25
    assert np.isnan(found[1:]).all()
