"""Numbers of visits for a share, and visits in another order, worked out on paper."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from training.dataset.observation import Inspection
from training.evaluation.group_counts import GroupCounts
from training.evaluation.groups import _by_size
from training.evaluation.predictions import MODEL
from training.evaluation.sample_size import (
    likely_share,
    share_interval,
    visits_for_width,
    visits_to_tell_apart,
)
from training.evaluation.visit_reordering import reorder_visits, reorder_within

from .test_pinned_figures import predictions

QUARTER = (dt.date(2025, 4, 1), dt.date(2025, 7, 1))


@pytest.mark.parametrize(
    ("share", "half_width", "visits"),
    # 1.96² x (1 - x) / w² at the end x nearer to one half, 0.6, 0.55, 0.175, 0.8 and 0.076: 92.2,
    # 380.3, 221.8, 61.5 and 107.9.
    [
        *((0.5, 0.1, 93), (0.5, 0.05, 381), (0.125, 0.05, 222)),
        *((0.9, 0.1, 62), (0.026, 0.05, 108)),
    ],
)
def test_visits_for_the_width_of_an_interval(share, half_width, visits):
    assert visits_for_width(share, half_width) == visits


def test_after_as_many_visits_the_interval_is_as_narrow_as_said():
    """27 found of 222 and 3 of 108, which are 0.122 and 0.028."""
    for found, visits in ((27, 222), (3, 108)):
        low, high = share_interval(found, visits)
        assert max(found / visits - low, high - found / visits) == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize(
    ("one", "other", "power", "visits"),
    # Of 30 % and 15 %: (1.95996 * 0.59055 + z * 0.58095)² / 0.0225, with z of the power 0.84162
    # and 1.28155: 120.5 and 160.8. Of 50 % and 10 %: (1.95996 * 0.64807 + 0.84162 * 0.58310)²
    # / 0.16 = 19.4.
    [(0.3, 0.15, 0.8, 121), (0.15, 0.3, 0.8, 121), (0.3, 0.15, 0.9, 161), (0.5, 0.1, 0.8, 20)],
)
def test_visits_to_tell_two_shares_apart(one, other, power, visits):
    assert visits_to_tell_apart(one, other, power) == visits


@pytest.mark.parametrize(
    ("found", "visits", "low", "high"),
    # (k + z²/2 ± z √(k (n - k) / n + z²/4)) / (n + z²) with z² = 3.8415; of 3 in 24:
    # (4.9207 ± 1.95996 * 1.8935) / 27.8415. Of 0 in 10 up to 3.8415 / 13.8415.
    [(3, 24, 0.0434, 0.3100), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (1, 2, 0.0945, 0.9055)],
)
def test_interval_of_a_share_of_few_visits(found, visits, low, high):
    assert share_interval(found, visits) == pytest.approx((low, high), abs=1e-4)


def test_share_to_plan_by_counts_two_finds_and_two_others_more():
    assert [likely_share(*one) for one in ((0, 0), (0, 16), (6, 6))] == [0.5, 0.1, 0.8]


def made(*visits: tuple[str, str, bool]) -> list[Inspection]:
    return [Inspection(name, dt.date.fromisoformat(on), False, found) for name, on, found in visits]


VISITS = made(
    ("D", "2025-03-31", True),
    ("A", "2025-04-01", False),
    ("B", "2025-05-01", True),
    ("C", "2025-06-30", True),
    ("D", "2025-07-01", True),
    ("Z", "2025-05-02", True),  # was not scored
)


@pytest.mark.parametrize("visits", [VISITS, VISITS[::-1]])
def test_visits_in_the_order_of_the_score_on_the_days_of_the_quarter(visits):
    """C, A, B instead of A, B, C: C comes 90 days sooner, B 60 later, so 15 sooner on average.

    Of the two that found arrears C comes in the first half, B at the end; made were both in the
    second half. D was visited before and after the quarter.
    """
    given = predictions([2, 1, 3, 9], [0, 0, 0, 0])
    found = reorder_within(given, visits, [QUARTER], MODEL)
    assert (found.visits, found.found) == (3, 2)
    assert found.days_sooner.value == 15
    assert (found.first_half.value, found.made_first_half.value) == (0.5, 0)


def test_the_visit_in_the_middle_is_in_neither_half():
    """C, B, A instead of A, B, C: B, who owes as C does, is second of three in both orders."""
    found = reorder_within(predictions([1, 2, 3], [0, 0, 0]), VISITS, [QUARTER], MODEL)
    assert (found.visits, found.days_sooner.value) == (3, 45)
    assert (found.first_half.value, found.made_first_half.value) == (0.5, 0)


def test_the_first_visit_is_in_the_first_half():
    """C, B, A instead of A, B, C, where A and C owe: each order has one of them first."""
    visits = made(("A", "2025-04-01", True), ("B", "2025-05-01", False), ("C", "2025-06-30", True))
    found = reorder_within(predictions([1, 2, 3], [0, 0, 0]), visits, [QUARTER], MODEL)
    assert (found.first_half.value, found.made_first_half.value) == (0.5, 0.5)


@pytest.mark.parametrize(("months", "windows"), [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_visits_are_moved_within_whole_quarters_of_the_walk(months, windows):
    """One visit in the first month of each quarter, to the only project."""
    days = [f"2025-{month:02}-01" for month in range(1, months + 1)]
    given = predictions([1] * months, [0] * months, as_ofs=np.array(days, dtype="datetime64[D]"),
                        project_ids=("A",) * months, clusters=("A",) * months)  # fmt: skip
    visits = made(("A", "2025-01-05", True), ("A", "2025-04-05", True))
    assert reorder_visits(given, visits, [MODEL])[MODEL].visits == windows


def test_sizes_are_thirds_and_what_is_unknown_is_in_none():
    found = _by_size("size", np.array([100, 200, 300, None], dtype=object))
    assert [(one.value, one.bounds, one.rows.tolist()) for one in found] == [
        ("small", (None, 100), [True, False, False, False]),
        ("medium", (100, 200), [False, True, False, False]),
        ("large", (200, None), [False, False, True, False]),
        (None, None, [False, False, False, True]),
    ]
    equal = _by_size("size", np.array([5, 5, 5], dtype=object))
    assert [(one.value, one.rows.tolist()) for one in equal] == [("small", [True] * 3)]
    nothing = _by_size("size", np.array([None, None], dtype=object))
    assert [(one.value, one.rows.tolist()) for one in nothing] == [(None, [True] * 2)]


def test_known_events_are_those_with_a_probability():
    given = predictions([3, 2, 1], [1, 1, 0], probability={MODEL: np.array([0.5, np.nan, 0.1])})
    counts = GroupCounts(given, np.array([1.0, 0.5, 0]), MODEL, seed=0)
    every = np.ones(3, dtype=bool)
    assert (counts.events(every), counts.known_events(every)) == (2, 1)
    # Rows, listed, hits, events; of the known ones rows, probability and events.
    assert counts.sums(every)[0] == pytest.approx([3, 1.5, 1.5, 2, 2, 0.6, 1])
