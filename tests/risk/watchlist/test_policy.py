from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.watchlist import Candidate, Policy, Selection, draw_probabilities, random_slots, select
from risk.watchlist.policy import CandidateInvalid, DuplicateCandidate, PolicyInvalid
from risk.watchlist.random_selection import draw, draw_key

AS_OF = dt.date(2025, 6, 1)

candidate = st.builds(
    Candidate,
    project_id=st.text("abc123", min_size=1, max_size=3),
    region_code=st.sampled_from(["420301", "420302", "420303101"]),
    probability=st.sampled_from([0.0, 0.01, 0.05, 0.05, 0.2, 0.7, 1.0]),
    workers=st.none() | st.integers(0, 200).map(float),
    last_clean_visit=st.none() | st.dates(dt.date(2025, 4, 1), dt.date(2025, 7, 1)),
    must=st.sampled_from([(), (), (), ("group_complaint_open",)]),
)
cohort = st.lists(candidate, max_size=40, unique_by=lambda item: item.project_id)
policy = st.builds(
    Policy,
    capacity=st.integers(0, 30),
    seed=st.text(max_size=3),
    region=st.sampled_from(["", "4203", "420301", "420303", "99"]),
    order=st.sampled_from(["probability", "expected_workers"]),
    random_share=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
    rest_days=st.integers(0, 60),
)


def by_risk(listed):
    return [item.project_id for item in listed if item.selection is Selection.RISK]


def make(project_id, probability, **values):
    return Candidate(project_id, "420301", probability, **values)


@given(cohort, policy)
def test_select_respects_uniqueness_region_and_capacity(projects, rules):
    listed = select(projects, rules, AS_OF)
    names = [item.project_id for item in listed]
    region = {item.project_id: item.region_code for item in projects}
    assert len(set(names)) == len(names) <= rules.capacity
    assert all(region[name].startswith(rules.region) for name in names)


@given(cohort, policy)
def test_select_ranks_by_measure_then_project_id(projects, rules):
    listed = select(projects, rules, AS_OF)
    assert [item.rank for item in listed] == list(range(1, len(listed) + 1))
    keys = [(-item.measure, item.project_id) for item in listed]
    assert keys == sorted(keys)


@given(cohort, policy, st.randoms())
def test_select_is_independent_of_input_order(projects, rules, random):
    shuffled = random.sample(projects, len(projects))
    assert select(shuffled, rules, AS_OF) == select(projects, rules, AS_OF)


@given(cohort, policy)
def test_select_ignores_visits_on_or_after_as_of(projects, rules):
    def known(item):
        late = item.last_clean_visit is not None and item.last_clean_visit >= AS_OF
        return dataclasses.replace(item, last_clean_visit=None) if late else item

    assert select(projects, rules, AS_OF) == select(map(known, projects), rules, AS_OF)


@given(cohort, policy, st.data())
def test_select_never_ranks_higher_risk_lower(projects, rules, data):
    before = by_risk(select(projects, rules, AS_OF))
    if not before:
        return
    chosen = data.draw(st.sampled_from(before))
    after = by_risk(
        select(
            [
                dataclasses.replace(item, probability=min(1.0, item.probability + 0.1))
                if item.project_id == chosen
                else item
                for item in projects
            ],
            rules,
            AS_OF,
        )
    )
    assert after.index(chosen) <= before.index(chosen)


@given(cohort, policy)
def test_draw_probabilities_add_up_to_the_random_entries(projects, rules):
    listed = select(projects, rules, AS_OF)
    chance = draw_probabilities(projects, rules, AS_OF)
    drawn = [item for item in listed if item.selection is Selection.RANDOM]
    assert sum(chance.values()) == pytest.approx(len(drawn))
    assert all(item.draw_probability == chance[item.project_id] > 0 for item in drawn)
    assert all(
        item.draw_probability is None and chance[item.project_id] == 0
        for item in listed
        if item.selection is not Selection.RANDOM
    )


@given(cohort, policy)
def test_select_lists_must_visits_first(projects, rules):
    listed = select(projects, rules, AS_OF)
    owed = {
        item.project_id
        for item in projects
        if item.must and item.region_code.startswith(rules.region)
    }
    got = {item.project_id for item in listed if item.selection is Selection.MUST}
    assert got <= owed
    assert len(got) == min(len(owed), rules.capacity)


@given(cohort, policy)
def test_select_lists_resting_projects_only_by_law_or_draw(projects, rules):
    listed = select(projects, rules, AS_OF)
    assert not any(item.resting for item in listed if item.selection is Selection.RISK)


@given(st.sets(st.integers(0, 999).map(str), min_size=1), st.integers(0, 20), st.text(max_size=4))
def test_draw_with_one_more_project_replaces_only_the_last(pool, places, seed):
    drawn = draw(pool, places, seed=seed, as_of=AS_OF, region="")
    more = draw({*pool, "new"}, places, seed=seed, as_of=AS_OF, region="")
    assert len(drawn - more) <= 1
    assert more - drawn <= {"new"}


def test_draw_is_uniform():
    pool = {f"P{n}" for n in range(10)}
    days = [AS_OF + dt.timedelta(days=n) for n in range(2000)]
    drawn = [draw(pool, 3, seed="s", as_of=day, region="") for day in days]
    for name in pool:
        assert sum(name in names for names in drawn) == pytest.approx(600, abs=75)


def test_draw_depends_on_seed_date_and_region():
    pool = {f"P{n}" for n in range(200)}
    first = draw(pool, 5, seed="1", as_of=AS_OF, region="42")
    assert first == draw(pool, 5, seed="1", as_of=AS_OF, region="42")
    assert first != draw(pool, 5, seed="2", as_of=AS_OF, region="42")
    assert first != draw(pool, 5, seed="1", as_of=AS_OF + dt.timedelta(days=1), region="42")
    assert first != draw(pool, 5, seed="1", as_of=AS_OF, region="43")


@pytest.mark.parametrize(
    ("capacity", "share", "places"),
    [(20, 0.1, 2), (15, 0.1, 2), (14, 0.1, 1), (5, 0.01, 1), (4, 0.1, 0), (4, 0.2, 1), (9, 0.0, 0),
     (100, 0.145, 15), (3, 1.0, 3), (0, 0.5, 0)],
)  # fmt: skip
def test_random_slots(capacity, share, places):
    assert random_slots(capacity, share) == places


def test_select_skips_resting_projects_for_risk():
    def listed(days_ago):
        visit = AS_OF - dt.timedelta(days=days_ago)
        projects = [make("A", 0.9, last_clean_visit=visit), make("B", 0.1)]
        rules = Policy(capacity=1, seed="s", random_share=0, rest_days=30)
        return [item.project_id for item in select(projects, rules, AS_OF)]

    assert [listed(0), listed(1), listed(30), listed(31)] == [["A"], ["B"], ["B"], ["A"]]


def test_select_lists_resting_must_visits():
    visited = AS_OF - dt.timedelta(days=3)
    projects = [make("A", 0.1, last_clean_visit=visited, must=("group_complaint_open",))]
    (item,) = select(projects, Policy(capacity=5, seed="s"), AS_OF)
    assert (item.selection, item.resting) == (Selection.MUST, True)


def test_measures_use_the_median_for_unknown_workers():
    projects = [
        make("known_many", 0.10, workers=100.0),
        make("known_few", 0.10, workers=10.0),
        make("unknown", 0.10),
        make("nobody_there", 0.90, workers=0.0),
    ]
    rules = Policy(capacity=4, seed="s", order="expected_workers", random_share=0)
    listed = select(projects, rules, AS_OF)
    assert [item.project_id for item in listed] == [
        "known_many", "known_few", "unknown", "nobody_there",
    ]  # fmt: skip
    assert [item.measure for item in listed] == pytest.approx([10.0, 1.0, 1.0, 0.0])


def test_measures_order_by_probability_if_no_workers_are_known():
    projects = [make("A", 0.1), make("B", 0.3), make("C", 0.2)]
    rules = Policy(capacity=3, seed="s", order="expected_workers")
    assert [item.project_id for item in select(projects, rules, AS_OF)] == ["B", "C", "A"]


def test_select_ranks_random_entries_by_their_risk():
    projects = [make(f"P{n}", n / 100) for n in range(50)]
    listed = select(projects, Policy(capacity=10, seed="s", random_share=0.5), AS_OF)
    assert [item.probability for item in listed] == sorted(
        (item.probability for item in listed), reverse=True
    )
    assert sum(item.selection is Selection.RANDOM for item in listed) == 5
    assert {item.draw_probability for item in listed} == {None, 5 / 45}


@pytest.mark.parametrize(
    "values",
    [{"probability": 1.5}, {"probability": float("nan")}, {"workers": -1.0},
     {"workers": float("inf")}],
)  # fmt: skip
def test_candidate_refuses_invalid_figures(values):
    with pytest.raises(CandidateInvalid) as refused:
        Candidate(**{"project_id": "P7", "region_code": "42", "probability": 0.5, **values})
    assert "P7" in refused.value.message("zh")


@pytest.mark.parametrize(
    "values", [{"capacity": -1}, {"random_share": 1.1}, {"rest_days": -1}, {"order": "size"}]
)
def test_policy_refuses_invalid_values(values):
    with pytest.raises(PolicyInvalid) as refused:
        Policy(**{"capacity": 5, "seed": "s", **values})
    assert next(iter(values)) in refused.value.message("en")


def test_the_ends_of_what_is_allowed_are_allowed():
    first, last = make("A", 0.0, workers=0), make("B", 1.0)
    none = Policy(capacity=0, seed="7", random_share=0.0, rest_days=0)
    assert select([first, last], none, AS_OF) == []
    every = Policy(capacity=2, seed="7", random_share=1.0)
    assert [one.project_id for one in select([first, last], every, AS_OF)] == ["B", "A"]


def test_select_refuses_duplicate_candidates():
    twice = [make("B", 0.1), make("B", 0.2), make("A", 0.1), make("A", 0.2)]
    with pytest.raises(DuplicateCandidate, match="A occurs twice"):
        select(twice, Policy(capacity=5, seed="s"), AS_OF)


def test_a_policy_draws_a_tenth_and_rests_thirty_days_by_default():
    rules = Policy(capacity=20, seed="s")
    assert (rules.random_share, rules.rest_days, rules.order) == (0.1, 30, "probability")
    assert rules.region == ""


def test_a_draw_can_be_repeated_with_any_sha256():
    text = b'["s", "2025-06-01", "4203", "P1"]'
    found = draw_key("P1", seed="s", as_of=AS_OF, region="4203")
    assert found == hashlib.sha256(text).hexdigest()


def test_more_must_visits_than_places_are_listed_by_their_risk():
    must = ("group_complaint_open",)
    projects = [make("A", 0.1, must=must), make("B", 0.3, must=must), make("C", 0.9)]
    (only,) = select(projects, Policy(capacity=1, seed="s"), AS_OF)
    assert (only.project_id, only.selection) == ("B", Selection.MUST)
    listed = select(projects, Policy(capacity=3, seed="s"), AS_OF)
    assert [(one.project_id, one.rank) for one in listed] == [("C", 1), ("B", 2), ("A", 3)]
    # Two places of three are owed, so all others together get the third.
    drawn = select(projects, Policy(capacity=3, seed="s", random_share=1), AS_OF)
    assert [one.selection for one in drawn] == [Selection.RANDOM, Selection.MUST, Selection.MUST]
    assert [one.draw_probability for one in drawn] == [1, None, None]


@pytest.mark.parametrize(
    ("order", "measures"),
    [
        ("probability", {"A": 0.2, "B": 0.1}),
        ("probability_then_rules", {"A": 0.2, "B": 0.1}),
        ("expected_workers", {"A": 0.8, "B": 0.5}),
        ("rules", {"A": 3, "B": 7}),
        ("random", {"A": 0, "B": 0}),
    ],
)
def test_an_entry_has_the_value_it_is_ranked_by(order, measures):
    projects = [make("A", 0.2, workers=4.0, flags=3), make("B", 0.1, workers=5.0, flags=7)]
    listed = select(projects, Policy(capacity=2, seed="s", order=order), AS_OF)
    assert {one.project_id: one.measure for one in listed} == pytest.approx(measures)
