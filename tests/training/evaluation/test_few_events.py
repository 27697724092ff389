"""Expected against observed events below ten, worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.few_events import FewEvents, few_events, poisson_limits


def own_contractors(rows):
    return [f"C{number}" for number in range(rows)]


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Tables of exact Poisson limits, as in Garwood 1936.
    [(0, 0, 3.6889), (1, 0.0253, 5.5716), (3, 0.6187, 8.7673), (8, 3.4538, 15.7632)],
)
def test_exact_limits_of_a_count(count, low, high):
    assert poisson_limits(count) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    # Ten events are expected of forty projects: 10 / 3.6889; 10 / 5.5716 and 10 / 0.025318.
    [(0, 2.7109, None), (1, 1.7948, 394.98)],
)
def test_hardly_any_event_where_ten_were_expected(events, low, high):
    labels = np.zeros(40)
    labels[:events] = 1
    found = few_events(np.full(40, 0.25), labels, own_contractors(40))
    assert (found.expected, found.came) == (10, events)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == (None if high is None else pytest.approx(high, abs=0.01))
    assert found.is_outside(0.67, 1.5)


def test_eight_events_where_one_was_expected():
    """1 / 15.7632 and 1 / 3.4538."""
    labels = np.repeat([1.0, 0.0], [8, 12])
    found = few_events(np.full(20, 0.05), labels, own_contractors(20))
    assert (found.low, found.high) == (
        pytest.approx(0.0634, abs=1e-4),
        pytest.approx(0.2895, abs=1e-4),
    )
    assert found.is_outside(0.67, 1.5)
    assert not found.is_outside(0.0, 1.5)


def test_two_months_of_each_project_count_as_one_observation_without_an_event():
    """Twenty contractors of 0.5 each: 20 * 0.25 to 40 * 0.0625, so five events are expected."""
    found = few_events(np.full(40, 0.25), np.zeros(40), own_contractors(20) * 2)
    assert found.low == pytest.approx(5 / 3.6889, abs=1e-4)
    assert not found.is_outside(0.67, 1.5)


def test_events_of_one_contractor_count_as_one():
    """Its four rows differ by 0.9 from a rate of 0.4, 36 others by 0.1: 14.4 to 3.6, effect 4."""
    labels = np.repeat([1.0, 0.0], [4, 36])
    found = few_events(np.full(40, 0.25), labels, np.repeat(own_contractors(10), 4).tolist())
    assert (found.expected, found.came) == (10, 4)
    assert found.low == pytest.approx(2.5 / 5.5716, abs=1e-4)
    assert found.high == pytest.approx(2.5 / 0.025318, abs=0.01)
    assert not found.is_outside(0.67, 1.5)


def test_no_rows_tell_nothing():
    found = few_events(np.zeros(0), np.zeros(0), [])
    assert found == FewEvents(0.0, 0.0, 0.0, None)
    assert not found.is_outside(0.67, 1.5)


@pytest.mark.parametrize(
    ("low", "high", "outside"),
    [(1.5, 9, False), (1.51, None, True), (0.1, 0.67, False), (0.1, 0.66, True), (0, None, False)],
)
def test_the_whole_interval_must_be_outside(low, high, outside):
    assert FewEvents(1.0, 1.0, low, high).is_outside(0.67, 1.5) == outside
