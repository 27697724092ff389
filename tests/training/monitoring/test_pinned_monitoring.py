"""Drift, realised performance and the reasons of a check, worked out on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from features.matrix import Matrix
from models.scorecard import Scorecard
from training.dataset.labels import EventLog, expected_labels
from training.evaluation.bootstrap import Estimate
from training.evaluation.few_events import FewEvents
from training.evaluation.selective_labels import ListedEntry, ListPerformance
from training.monitoring.check import (
    CheckInputs,
    CheckReport,
    _lost,
    _mature,
    _outside,
    _with_verdict,
)
from training.monitoring.drift import (
    SCORE,
    Shift,
    _chance_bound,
    _distribution,
    _shift,
    feature_shifts,
    population_stability_index,
    reference_profile,
)
from training.monitoring.expiry import expires_on
from training.monitoring.lost_inputs import FeedSummary
from training.monitoring.performance_estimate import (
    RealisedPerformance,
    _evaluate,
    estimate_performance,
    mature_months_since,
    realised_performance,
)

AS_OF = dt.date(2025, 1, 1)
NOTHING = Estimate(0.5, None, None, 0)


def at(months, values, projects):
    """Rows of ``projects`` at every month, with the same ``values`` of one feature."""
    names = tuple(f"P{number}" for number in range(projects))
    days = np.repeat(np.array(months, dtype="datetime64[D]"), projects)
    column = np.tile(np.array(values, dtype=float), len(months))[:, None]
    return Matrix(days, names * len(months), ("deposit_valid",), column)


@pytest.mark.parametrize(
    ("projects", "shifted"),
    # Two fifths of the projects had the value, 70 % have it now: an index of 0.3 * ln 2 + 0.3 *
    # ln 1.75 = 0.376. Chance explains 10.828 (a chi-square of one degree exceeds it once in a
    # thousand) * (1 / projects + 1 / projects now): 0.433 for 50, 0.361 for 60 projects. Twelve
    # months make no project more; by their rows it would be 0.235 for 50.
    [(50, False), (60, True)],
)
def test_chance_is_counted_by_projects_not_by_their_months(projects, shifted):
    months = [f"2024-{month:02d}-01" for month in range(1, 13)]
    had, have = projects * 2 // 5, projects * 7 // 10
    before = at(months, [0] * (projects - had) + [1] * had, projects)
    profile = reference_profile(before, np.zeros(12 * projects), {"deposit_valid": 0.3})
    assert (profile.first, profile.last, profile.projects) == ("2024-01-01", "2024-12-01", projects)
    now = at(["2025-01-01"], [0] * (projects - have) + [1] * have, projects)
    found = feature_shifts(profile, now, np.zeros(projects))
    assert [one.feature for one in found] == (["deposit_valid"] if shifted else [])
    if shifted:
        (shift,) = found
        assert shift.chance == pytest.approx(10.828 * 2 / projects, abs=1e-4)
        assert shift.index == pytest.approx(0.376, abs=0.02)  # half a row more in both bins
        assert (shift.usual, shift.importance) == (pytest.approx(0, abs=1e-4), 0.3)
        assert (shift.unknown_before, shift.unknown_now) == (0.0, 0.0)


def test_bins_that_nothing_falls_into_are_no_shift():
    """720 rows before and 60 now: half a row is 0.07 % and 0.8 %, which would add 0.02 a bin."""
    assert population_stability_index([432, 288, 0, 0], [36, 24, 0, 0]) < 0.001
    with_empty = population_stability_index([432, 288, 0, 0], [18, 42, 0, 0])
    assert with_empty == population_stability_index([432, 288], [18, 42])
    assert population_stability_index([100, 0], [0, 100]) == pytest.approx(
        2 * (100 / 101) * np.log(100.5 / 0.5)
    )


def test_chance_of_a_single_project_explains_nearly_any_shift():
    """10.828 for one project then and one now, 13.816 with a bin more; a single bin never moves."""
    assert [_chance_bound(bins, 1, 1) for bins in (0, 1, 2, 3)] == pytest.approx(
        [0, 0, 2 * 10.828, 2 * 13.816], abs=1e-2
    )
    assert _chance_bound(2, 0, 2) == pytest.approx(1.5 * 10.828, abs=1e-2)
    profile = reference_profile(at(["2024-01-01"], [np.nan], 1), np.zeros(1), {})
    shift = _shift(profile, "f", profile.spreads["deposit_valid"], np.array([1.0, 2, np.nan, 3]))
    assert (shift.unknown_before, shift.unknown_now) == (1.0, 0.25)


def test_usual_is_the_month_most_unlike_the_others():
    """Of two projects both had the value in January and February, none in March, one in April."""
    values = np.array([1.0, 1, 1, 1, 0, 0, 0, 1])
    months = np.repeat(np.array(["2024-01", "2024-02", "2024-03", "2024-04"], "datetime64[M]"), 2)
    spread = _distribution(values, months)
    indexes = [
        population_stability_index(others, counts)
        for others, counts in (([3, 3], [0, 2]), ([1, 5], [2, 0]), ([2, 4], [1, 1]))
    ]
    assert spread.usual == pytest.approx(max(indexes))
    assert max(indexes) > 1.5 > 3 * min(indexes)
    assert _distribution(values[:2], months[:2]).usual == 0.0


def test_profile_is_of_the_last_twelve_months():
    months = [f"{2023 + month // 12}-{month % 12 + 1:02d}-01" for month in range(13)]
    profile = reference_profile(at(months, [1, 2], 2), np.zeros(26), {})
    assert (profile.first, profile.last) == ("2023-02-01", "2024-01-01")
    assert sum(profile.spreads[SCORE].counts) == 24


def test_a_month_that_was_unusual_in_training_is_no_shift_now():
    """Of 400 projects 250 had the value in January, all in February: the usual index is theirs."""
    months = ["2024-01-01", "2024-02-01"]
    values = np.concatenate([np.repeat([0.0, 1.0], [150, 250]), np.ones(400)])
    before = replace(at(months, np.zeros(400), 400), values=values[:, None])
    profile = reference_profile(before, np.zeros(800), {})
    usual = population_stability_index([150, 250], [0, 400])
    assert profile.spreads["deposit_valid"].usual == pytest.approx(usual)
    assert profile.spreads["deposit_valid"].months == 2
    now = at(["2025-02-01"], np.ones(400), 400)
    assert feature_shifts(profile, now, np.zeros(400)) == []


def test_unknown_values_are_a_bin_of_their_own():
    """All were known and equal; now a quarter is unknown."""
    profile = reference_profile(at(["2024-01-01"], np.ones(400), 400), np.zeros(400), {})
    now = at(["2025-01-01"], [np.nan] * 100 + [1.0] * 300, 400)
    (shift,) = feature_shifts(profile, now, np.zeros(400))
    assert (shift.unknown_before, shift.unknown_now) == (0.0, 0.25)
    expected = population_stability_index([400, 0], [300, 100])
    assert shift.index == pytest.approx(expected)
    # The bin that was empty counts: a chi-square of one degree over 400 projects then and now.
    assert shift.chance == pytest.approx(10.828 * 2 / 400, abs=1e-5)


def test_the_expected_performance_of_a_short_cohort_lists_all_of_it():
    found = estimate_performance(np.array([0.2, 0.6]), 5)
    assert (found.cohort, found.places, found.events_expected) == (2, 2, 0.8)
    assert found.precision_expected == 0.4
    assert np.isnan(estimate_performance(np.zeros(0), 5).precision_expected)
    assert estimate_performance(np.array([0.2, 0.6, 0.4]), 2).precision_expected == 0.5


@pytest.mark.parametrize(
    ("known_until", "months"),
    # Trained on 1 June 2024: its horizon ends on 30 August and matures 30 days later.
    [("2024-09-28", 0), ("2024-09-29", 1), ("2024-10-29", 2), ("2030-01-01", 12)],
)
def test_months_are_mature_after_horizon_and_delay(known_until, months):
    log = EventLog(dt.date.fromisoformat(known_until), {}, 30)
    found = mature_months_since(dt.date(2024, 6, 1), log)
    assert len(found) == months
    assert all(day.day == 1 for day in found)
    if months == 12:
        assert (found[0], found[-1]) == (dt.date(2028, 10, 1), dt.date(2029, 9, 1))


def test_realised_performance_by_hand(world):
    """P1 and P2, of probability 0.6 and 0.4, are on a list of two, P3 and P4 of 0.1 are not.

    Events of P1 and of P3 on its 90th day, P4's a day later: precision 1 of 2 where 0.5 was said,
    1.2 events were expected and 2 came.
    """
    month = dt.date(2024, 7, 1)
    for number in range(1, 5):
        world.project(f"P{number}")
    on = {"P1": "2024-07-01", "P3": "2024-09-28", "P4": "2024-09-29"}
    days = {name: np.array([day], dtype="datetime64[D]") for name, day in on.items()}
    log = EventLog(dt.date(2024, 10, 28), days, 30)
    names = ("P1", "P2", "P3", "P4")
    matrix = Matrix(np.full(4, np.datetime64(month)), names, (), np.zeros((4, 0)))
    labels = expected_labels(log, names, matrix.as_ofs)
    probability = np.array([0.6, 0.4, 0.1, 0.1])
    found = _evaluate(world.store, matrix, probability, labels, [month], 2)
    assert (found.months, found.events) == ((month,), 2)
    assert (found.precision.value, found.precision.positives) == (0.5, 1)
    assert found.precision_expected == 0.5
    assert found.ratio.value == pytest.approx(1.2 / 2)
    assert (found.few.expected, found.few.came) == (pytest.approx(1.2), 2.0)
    assert realised_performance(world.store, Scorecard(), month, log, 2) is None, "not mature"


def test_precision_of_lists_varies_with_contractors(world):
    """Twelve of 24 projects owe, half of them on the list; each has a contractor of its own."""
    month = dt.date(2024, 7, 1)
    names = tuple(f"P{number:02}" for number in range(24))
    for name in names:
        world.project(name, contractor_id=f"C{name}")
    matrix = Matrix(np.full(24, np.datetime64(month)), names, (), np.zeros((24, 0)))
    labels = np.tile([1.0, 0.0], 12)
    chances = np.full(24, 0.5)
    found = _evaluate(world.store, matrix, chances, labels, [month], 24)
    assert (found.precision.value, found.precision.positives, found.events) == (0.5, 12, 12)
    assert (found.precision.low < 0.4, found.precision.high > 0.6) == (True, True)
    assert (found.ratio.low < 0.9, found.ratio.high > 1.1) == (True, True)
    assert found.few is None


def test_lists_are_made_of_each_month(world):
    """P1 is first in July and second in August, when it owes: one of two listed, 0.9 and 0.6."""
    months = [dt.date(2024, 7, 1), dt.date(2024, 8, 1)]
    for number in (1, 2):
        world.project(f"P{number}")
    matrix = Matrix(
        np.repeat(np.array(months, dtype="datetime64[D]"), 2),
        ("P1", "P2") * 2,
        (),
        np.zeros((4, 0)),
    )
    chances = np.array([0.9, 0.8, 0.1, 0.6])
    found = _evaluate(world.store, matrix, chances, np.array([1.0, 0, 1, 0]), months, 1)
    assert (found.precision.value, found.precision.positives) == (0.5, 1)
    assert found.precision_expected == pytest.approx((0.9 + 0.6) / 2)
    assert (found.months, found.events) == (tuple(months), 1)
    july = _evaluate(world.store, matrix.rows_at(months[0]), chances[:2], np.ones(2), months[:1], 1)
    assert july.precision_expected == 0.9


def test_known_values_fall_into_eight_bins_of_as_many_rows():
    """Of 0 to 8 the inner eighths are 1 to 7; a value on an edge is below it."""
    matrix = at(["2024-01-01"], [*range(9), np.nan, np.nan], 11)
    spread = reference_profile(matrix, np.arange(11.0), {}).spreads["deposit_valid"]
    assert spread.edges == (1, 2, 3, 4, 5, 6, 7)
    assert spread.counts == (2, 1, 1, 1, 1, 1, 1, 1, 2)
    unknown = reference_profile(at(["2024-01-01"], [np.nan] * 3, 3), np.zeros(3), {})
    assert unknown.spreads["deposit_valid"].edges == ()
    assert unknown.spreads["deposit_valid"].counts == (0, 3)


def test_shifts_are_ordered_by_importance_then_by_index():
    """Everything was 0 or 1 alike; now all are 1, and a quarter of one feature is unknown."""
    names = ("small", "great", "gone", "same")
    before = np.column_stack([np.tile([0.0, 1.0], 400)] * 4)
    before[::4, 2] = np.nan
    days = np.full(800, np.datetime64("2024-01-01"))
    units = tuple(f"P{row}" for row in range(800))
    importance = {"small": 0.2, "great": 0.2, "gone": 0.5}
    profile = reference_profile(Matrix(days, units, names, before), np.zeros(800), importance)
    after = np.ones((800, 4))
    after[:100, 0] = 0.0
    after[:, 3] = before[:, 3]
    now = Matrix(days, units, names, after)
    found = feature_shifts(profile, now, np.zeros(800))
    assert [(one.feature, one.importance) for one in found] == [
        *(("gone", 0.5), ("great", 0.2), ("small", 0.2)),
    ]
    assert (found[0].unknown_before, found[0].unknown_now) == (0.25, 0.0)
    assert found[1].index == population_stability_index([400, 400], [0, 800])
    assert found[1].index > found[2].index
    # The score counts fully, a feature of the profile that is not computed any more not at all.
    profile = reference_profile(Matrix(days, units, names, before), before[:, 0], importance)
    found = feature_shifts(profile, now.select_columns(["same"]), np.ones(800))
    assert [(one.feature, one.importance) for one in found] == [(SCORE, 1.0)]
    nobody = Matrix(days[:0], (), names, after[:0])
    assert feature_shifts(profile, nobody, np.zeros(0)) == []


def test_an_index_of_a_tenth_is_no_shift():
    """Of 100,000 projects each chance explains nearly nothing."""
    had, have = 20_000, 33_000
    profile = reference_profile(
        at(["2024-01-01"], np.repeat([0.0, 1.0], [100_000 - had, had]), 100_000),
        np.zeros(100_000),
        {},
    )
    for count in (have, have + 1_000):
        values = np.repeat([0.0, 1.0], [100_000 - count, count])
        found = feature_shifts(profile, at(["2025-01-01"], values, 100_000), np.zeros(100_000))
        index = population_stability_index([100_000 - had, had], [100_000 - count, count])
        assert (index > 0.1) == bool(found) == (count > have)


def test_a_bin_of_one_row_counts_as_any_other():
    p, q = np.array([1.5, 50.5]) / 52, np.array([0.5, 50.5]) / 51
    expected = ((q - p) * np.log(q / p)).sum()
    assert population_stability_index([1, 50], [0, 50]) == pytest.approx(expected)
    assert population_stability_index([0, 50], [1, 50]) == pytest.approx(expected)


def report(**changes):
    lists = ListPerformance(0, 0, 0, 0.9, NOTHING, 0.0, 0.0, 0, 0, NOTHING, said_of_labelled=0.3)
    outlook = estimate_performance(np.array([0.1]), 1)
    made = CheckReport(
        *(AS_OF, AS_OF, "fine", (), (), (), (), (), (), outlook, None, lists, 0, {}),
    )
    return _with_verdict(replace(made, **changes), "project")


def moved(feature, index, importance):
    return (Shift(feature, index, 0.0, 0.0, importance, 0.0, 0.0),)


@pytest.mark.parametrize(
    ("low", "high", "reasons"),
    # 0.3 was said of those with an outcome; two thirds of it, 0.201, are the least expected.
    [
        (0.1, 0.2, ("list_below_expectation",)),
        (0.1, 0.202, ()),
        (0.9, 1.0, ()),  # more found than said is no reason to retrain
        (None, None, ()),
    ],
)
def test_a_list_is_wrong_only_where_it_finds_less_than_it_said(low, high, reasons):
    lists = replace(report().lists, precision=Estimate(0.2, low, high, 20))
    found = report(lists=lists)
    assert found.reasons == reasons
    assert found.verdict == ("retrain" if reasons else "fine")


@pytest.mark.parametrize(
    ("low", "high", "reasons"),
    # The inverse of 0.67 is 1.4925.
    [
        (1.49, 20.0, ()),
        (1.493, None, ("list_below_expectation",)),
        (0.1, 0.2, ()),  # more found than said is no reason to retrain
    ],
)
def test_a_list_that_found_next_to_nothing_is_wrong_too(low, high, reasons):
    lists = replace(report().lists, few=FewEvents(16.0, 1.0, low, high))
    assert report(lists=lists).reasons == reasons


@pytest.mark.parametrize(
    ("low", "high", "reasons"),
    [
        (0.5, 0.6699, ("not_calibrated",)),
        (0.5, 0.67, ()),
        (1.5, 3.0, ()),
        (1.5001, 3.0, ("not_calibrated",)),
    ],
)
def test_realised_ratios_outside_two_thirds_to_three_halves_are_reasons(low, high, reasons):
    realised = RealisedPerformance((AS_OF,), 20, Estimate(1.0, low, high, 20), NOTHING, 0.2)
    assert report(since_training=realised).reasons == reasons
    assert _outside(Estimate(1.0, low, high, 20), 0.67, 1.5) == bool(reasons)


@pytest.mark.parametrize(
    ("low", "high", "reasons"),
    [
        (1.5, None, ()),
        (1.51, None, ("not_calibrated",)),
        (0.2, 0.66, ("not_calibrated",)),
        (0.2, 0.67, ()),
    ],
)
def test_realised_ratios_of_few_events_are_reasons_too(low, high, reasons):
    few = FewEvents(16.0, 1.0, low, high)
    realised = RealisedPerformance((AS_OF,), 1, Estimate(16.0, None, None, 1), NOTHING, 0.2, few)
    assert report(since_training=realised).reasons == reasons


@pytest.mark.parametrize(
    ("feature", "index", "importance", "reasons"),
    [
        ("deposit_valid", 0.25, 0.1, ("features_moved",)),
        ("deposit_valid", 0.2499, 0.9, ()),
        ("deposit_valid", 0.9, 0.0999, ()),
        (SCORE, 0.25, 1.0, ("score_moved",)),
        (SCORE, 0.2499, 1.0, ()),
    ],
)
def test_major_shifts_of_features_that_matter_are_reasons(feature, index, importance, reasons):
    found = report(moved=moved(feature, index, importance))
    assert (found.reasons, found.verdict) == (reasons, "retrain" if reasons else "fine")


@pytest.mark.parametrize(("months", "reasons"), [(11, ()), (12, ("old_model",))])
def test_a_model_is_old_after_twelve_months_it_has_not_learnt(months, reasons):
    assert report(months_unlearnt=months).reasons == reasons


def test_a_model_expires_when_twelve_months_after_its_training_are_mature():
    """January to December 2025; the horizon of 1 December ends on 1 March 2026, then 30 days."""
    assert expires_on(dt.date(2025, 1, 1), 30) == dt.date(2026, 3, 31)
    assert expires_on(dt.date(2025, 1, 1), 31) == dt.date(2026, 4, 1)


@pytest.mark.parametrize("missing", ["feeds", "profile"])
def test_without_feeds_or_profile_nothing_is_called_lost(store, missing):
    profile = reference_profile(at(["2024-01-01"], [1.0], 1), np.zeros(1), {"deposit_valid": 1.0})
    feeds = {"deposits": FeedSummary(dt.date(2024, 1, 1), 30)}
    inputs = CheckInputs(Scorecard(), AS_OF, profile, (), 1, feeds=feeds)
    now = at(["2025-01-01"], [np.nan], 1)
    assert _lost(store, inputs, now, AS_OF).feeds[0].table == "deposits"
    assert _lost(store, replace(inputs, **{missing: None}), now, AS_OF) is None


def test_a_list_counts_once_its_labels_are_mature():
    """A horizon and 30 days before 1 January 2025: 3 September 2024."""
    third, fourth = (
        ListedEntry(dt.date(2024, 9, day), "P1", "P1", "risk", None, 0.5) for day in (3, 4)
    )
    assert _mature([fourth, third], EventLog(AS_OF, {}, 30)) == [third]
