"""Orders of the list: by red flags, at random, and ties that codes must not break."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.watchlist import Candidate, Policy, is_cut_arbitrary, select

AS_OF = dt.date(2025, 6, 1)

candidate = st.builds(
    Candidate,
    project_id=st.text("abc123", min_size=1, max_size=3),
    region_code=st.just("420301"),
    probability=st.sampled_from([0.03, 0.05, 0.2]),
    flags=st.integers(0, 3),
)
cohort = st.lists(candidate, max_size=30, unique_by=lambda item: item.project_id)


def policy(order, capacity=10, seed="7", random_share=0.0):
    return Policy(capacity=capacity, seed=seed, order=order, random_share=random_share)


def listed(projects, order, **values):
    return [one.project_id for one in select(projects, policy(order, **values), AS_OF)]


def equal(count, **values):
    return [Candidate(f"P{n:02}", "420301", 0.03, **values) for n in range(count)]


@given(cohort)
def test_rules_put_red_flags_first_then_probability(projects):
    known = {one.project_id: one for one in projects}
    found = [known[key] for key in listed(projects, "rules", capacity=30)]
    keys = [(-one.flags, -one.probability) for one in found]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("order", "names", "measures"),
    [
        ("probability", "CABD", [0.7, 0.2, 0.2, 0.05]),
        ("probability_then_rules", "CBAD", [0.7, 0.2, 0.2, 0.05]),
        ("rules", "BDCA", [3, 3, 1, 1]),
        ("expected_workers", "ABCD", [4, 4, 3.5, 1]),  # of A nobody knows: 20, the median
    ],
)
def test_four_projects_in_every_order(order, names, measures):
    projects = [
        Candidate("A", "420301", 0.2, workers=None, flags=1),
        Candidate("B", "420301", 0.2, workers=20, flags=3),
        Candidate("C", "420301", 0.7, workers=5, flags=1),
        Candidate("D", "420301", 0.05, workers=20, flags=3),
    ]
    found = select(projects, policy(order), AS_OF)
    assert [one.project_id for one in found] == list(names)
    assert [one.measure for one in found] == pytest.approx(measures)


def test_a_candidate_without_flags_ranks_below_one_with_a_flag():
    projects = [*equal(9), Candidate("Q", "420301", 0.03, flags=1)]
    first, *others = select(projects, policy("rules"), AS_OF)
    assert (first.project_id, first.measure) == ("Q", 1)
    assert {one.measure for one in others} == {0}


@given(cohort)
def test_probability_then_rules_only_breaks_ties(projects):
    known = {one.project_id: one for one in projects}
    found = [known[key] for key in listed(projects, "probability_then_rules", capacity=30)]
    keys = [(-one.probability, -one.flags) for one in found]
    assert keys == sorted(keys)


@given(cohort, st.sampled_from(["rules", "random", "probability_then_rules"]))
def test_the_order_of_two_projects_does_not_depend_on_a_third(projects, order):
    whole = listed(projects, order, capacity=30)
    part = listed(projects[::2], order, capacity=30)
    assert part == [key for key in whole if key in part]


@pytest.mark.parametrize("order", ["rules", "random", "probability_then_rules"])
def test_codes_do_not_decide_who_of_equals_is_listed(order):
    counted = Counter(
        key for seed in range(60) for key in listed(equal(20), order, seed=str(seed), capacity=5)
    )
    # 300 places on 20 projects: 15 each; 3 and 30 are beyond 4 standard deviations.
    assert len(counted) == 20
    assert max(counted.values()) < 30
    assert min(counted.values()) > 3


def test_the_random_share_is_drawn_apart_from_ties():
    listed_for = select(equal(20), policy("random", random_share=0.5), AS_OF)
    by_kind = {one.selection.value for one in listed_for}
    ranks = [one.rank for one in listed_for if one.selection.value == "random"]
    assert by_kind == {"risk", "random"}
    assert len(ranks) == 5


@pytest.mark.parametrize(
    ("projects", "arbitrary"),
    [
        (equal(20), True),
        (equal(10), False),  # nobody is left out
        ([Candidate("A", "420301", 0.074), *equal(20)], True),
        ([*(Candidate(f"A{n}", "420301", 0.07 + n / 100) for n in range(6)), *equal(20)], False),
        # Half of the ten places are no most of them, six are.
        ([*(Candidate(f"A{n}", "420301", 0.07 + n / 100) for n in range(5)), *equal(20)], False),
        ([*(Candidate(f"A{n}", "420301", 0.07 + n / 100) for n in range(4)), *equal(20)], True),
        ([Candidate(f"A{n}", "420301", 0.03 + n / 100) for n in range(20)], False),
        ([], False),
    ],
)
def test_is_cut_arbitrary(projects, arbitrary):
    assert is_cut_arbitrary(projects, policy("probability"), AS_OF) is arbitrary


def test_projects_that_rest_are_not_left_out_by_code():
    resting = equal(11)[10:]
    visited = [
        Candidate(one.project_id, one.region_code, 0.03, last_clean_visit=AS_OF - dt.timedelta(5))
        for one in resting
    ]
    assert not is_cut_arbitrary([*equal(10), *visited], policy("probability"), AS_OF)
