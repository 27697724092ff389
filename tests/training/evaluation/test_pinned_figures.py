"""Figures of the evaluation worked out by hand, on a handful of rows each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tracemalloc
from statistics import NormalDist

import numpy as np
import pytest

from training.dataset.labels import EventLog
from training.dataset.observation import Inspection, Observations
from training.evaluation.bootstrap import (
    Estimate,
    bootstrap_weights,
    cluster_weights,
    estimate,
    expanded_level,
    in_batches,
    interval,
    interval_from,
    resampled_sums,
)
from training.evaluation.calibration import calibration_report
from training.evaluation.fairness import (
    FIGURES,
    Fairness,
    Group,
    GroupFigure,
    fairness,
    unfair_figures,
)
from training.evaluation.flag_grades import flag_grades
from training.evaluation.operational_gain import MADE, gain
from training.evaluation.predictions import MODEL, Predictions, concat
from training.evaluation.report import precision_among_others, ranking_report
from training.evaluation.selective_labels import (
    LabelledEntry,
    ListedEntry,
    list_performance,
    random_visits,
)
from training.metrics import (
    average_precision,
    average_precision_among_others,
    distinct_events,
    top_k,
)

AS_OF = dt.date(2025, 4, 1)


def predictions(scores, labels, observed=None, **other):
    """Rows of one month, by project A, B, C, …, each its own contractor."""
    names = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(labels)])
    labels, nothing = np.array(labels, dtype=float), np.full(len(labels), np.nan)
    made = Predictions(
        *(np.full(len(names), np.datetime64(AS_OF)), names, names, labels),
        labels if observed is None else np.array(observed, dtype=float),
        *({MODEL: np.array(scores, dtype=float)}, {}, {}, nothing, nothing),
    )
    return dataclasses.replace(made, **other)


def alone(rows):
    """Weights of the sample itself and one resample like it."""
    return np.ones((2, rows), dtype=np.uint16)


def test_average_precision_and_precision_at_each_length_of_a_ranking_with_a_tie():
    """Events are the last row and one of two equal ones in second place.

    In the order 1/2 and 2/4 of average precision, else 1/3 and 2/4: the mean is 11/24. Of two rows
    half an event is expected, at worst none and at best one; of three, one.
    """
    scores, labels = np.array([3.0, 2.0, 2.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    assert average_precision(scores, labels) == pytest.approx(11 / 24)
    found = [top_k(scores, labels, k) for k in (1, 2, 3, 4, 5)]
    assert [one.k for one in found] == [1, 2, 3, 4, 4]
    assert [one.precision for one in found] == pytest.approx([0, 1 / 4, 1 / 3, 1 / 2, 1 / 2])
    assert [one.recall for one in found] == pytest.approx([0, 1 / 4, 1 / 2, 1, 1])
    assert [one.worst for one in found] == pytest.approx([0, 0, 1 / 3, 1 / 2, 1 / 2])
    assert [one.best for one in found] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2, 1 / 2])
    assert top_k(scores, labels, 0).k == 0
    assert np.isnan(top_k(scores, labels, 0).precision)


def test_ties_range_from_the_worst_to_the_best_order():
    """A list of two holds the first row and one of two equal ones, of which one is an event."""
    found = ranking_report(predictions([3, 2, 2, 1], [0, 1, 0, 1]), MODEL, 2, alone(4))
    tie = found.ties["precision_capacity"]
    assert (tie.worst, tie.best) == (0, 0.5)
    assert found.figures["precision_capacity"].value == 0.25


@pytest.mark.parametrize(
    ("rows", "lengths"),
    # 5 %, 10 % and 20 % of the rows, rounded, at least one; the capacity is 4.
    [(26, (4, 1, 3, 5)), (13, (4, 1, 1, 3)), (3, (3, 1, 1, 1))],
)
def test_lists_hold_the_capacity_or_a_share_of_the_month(rows, lengths):
    """Every row is an event, so recall times the rows is the length of the list."""
    given = predictions(range(rows), [1] * rows)
    figures = ranking_report(given, MODEL, 4, alone(rows)).figures
    cuts = ("capacity", "5pct", "10pct", "20pct")
    assert [figures[f"recall_{cut}"].value * rows for cut in cuts] == pytest.approx(lengths)
    assert [figures[f"lift_{cut}"].value for cut in cuts] == [1.0] * 4


def test_distinct_events_are_ninety_days_apart_within_a_project():
    """The second row is explained by the event of the first, the third is not; B has its own."""
    days = np.array(["2025-01-01", "2025-03-31", "2025-04-01", "2025-01-01"], "datetime64[D]")
    assert distinct_events(["A", "A", "A", "B"], days, np.array([1.0, 1, 1, 1])) == 3
    assert distinct_events(["A", "A", "A", "B"], days, np.array([1.0, 1, 0, 1])) == 2
    assert distinct_events(["A", "A", "A", "B"], days, np.array([0.5, 1, 1, 0])) == 1


def test_calibration_of_two_probabilities():
    """One of ten events came at 0.2, five of ten at 0.5.

    Log-odds -1.386 and 0 were in truth -2.197 and 0: a slope of 1.585, an intercept of 0. Expected
    were 7 events, 6 came. Brier: (0.04 * 9 + 0.64 + 0.25 * 10) / 20 = 0.175, of which 0.01 / 2 is
    reliability, the mean of 0.2² twice resolution, and 0.3 * 0.7 uncertainty.
    """
    probability = np.repeat([0.2, 0.5], 10)
    labels = np.array([1.0] + [0.0] * 9 + [1.0] * 5 + [0.0] * 5)
    found = calibration_report(probability, labels, alone(20)[1:])
    assert found.slope.value == pytest.approx(np.log(9) / np.log(4), abs=1e-5)
    assert found.intercept.value == pytest.approx(0, abs=1e-5)
    assert found.ratio.value == pytest.approx(7 / 6)
    assert found.brier.value == pytest.approx(0.175)
    assert found.brier_reliability.value == pytest.approx(0.005)
    assert found.brier_resolution.value == pytest.approx(0.04)
    assert found.brier_uncertainty.value == pytest.approx(0.21)
    assert [(one.rows, one.observed.value) for one in found.bins] == [(10, 0.1), (10, 0.5)]
    assert [one.mean_probability for one in found.bins] == pytest.approx([0.2, 0.5])
    assert [one.observed.positives for one in found.bins] == [1, 5]


def test_calibration_of_probabilities_on_both_sides_of_a_half():
    """One of ten came at 0.2 and nine of ten at 0.8, so the intercept is 0 from the first step."""
    probability = np.repeat([0.2, 0.8], 10)
    labels = np.repeat([1.0, 0.0, 1.0, 0.0], [1, 9, 9, 1])
    found = calibration_report(probability, labels, alone(20)[1:])
    assert found.slope.value == pytest.approx(np.log(9) / np.log(4), abs=1e-5)
    assert found.intercept.value == pytest.approx(0, abs=1e-5)


def test_parts_of_the_brier_score_are_of_the_rows_of_each_bin():
    """None of two came at 0.1, one of two at 0.5, three of four at 0.8; four of eight in all.

    Reliability is (2 * 0.1² + 4 * 0.05²) / 8, resolution (2 * 0.5² + 4 * 0.25²) / 8.
    """
    found = calibration_report(
        np.repeat([0.1, 0.5, 0.8], [2, 2, 4]), np.array([0.0, 0, 1, 0, 1, 1, 1, 0]), alone(8)[1:]
    )
    assert found.brier.value == pytest.approx(0.16)
    assert found.brier_reliability.value == pytest.approx(0.00375)
    assert found.brier_resolution.value == pytest.approx(0.09375)
    assert found.brier_uncertainty.value == pytest.approx(0.25)


def test_calibration_of_certain_chances_has_a_slope():
    found = calibration_report(np.repeat([1.0, 0.0], 2), np.array([1.0, 0, 1, 0]), alone(4)[1:])
    assert (found.slope.value, found.ratio.value) == (pytest.approx(0, abs=1e-3), 1.0)


def test_calibration_has_ten_bins_of_as_many_rows_each():
    probability = np.linspace(0.01, 0.99, 50)
    found = calibration_report(probability, np.resize([1.0, 0.0], 50), alone(50)[1:])
    assert [one.rows for one in found.bins] == [5] * 10


def test_calibration_without_an_event_or_with_nothing_else_has_no_slope():
    for labels in (np.zeros(4), np.ones(4)):
        found = calibration_report(np.array([0.1, 0.2, 0.3, 0.4]), labels, alone(4)[1:])
        assert np.isnan(found.slope.value)
        assert np.isnan(found.intercept.value)


@pytest.mark.parametrize(("events", "clusters"), [(25, 40), (12, 12), (None, 30)])
def test_calibration_rests_on_the_distinct_events(events, clusters):
    """Thirty rows with a label are at most thirty events, however many the list of months had."""
    labels = np.array([1.0] * 30 + [0.0] * 70)
    random = np.random.default_rng(0)
    weights = random.multinomial(100, [0.01] * 100, size=300).astype(np.uint16)
    found = calibration_report(random.random(100), labels, weights, events, clusters)
    assert found.ratio.positives == (30 if events is None else events)


def test_resamples_are_500_after_the_sample_itself_and_always_the_same():
    names = ["a", "b", "b"]
    weights = bootstrap_weights(names)
    assert (weights.shape, weights.dtype) == ((501, 3), np.uint16)
    assert weights[0].tolist() == [1, 1, 1]
    assert (weights[1:] == cluster_weights(names, 500, 0)).all()
    assert (cluster_weights(names) == weights[1:]).all()
    assert (weights[1:, 0] + weights[1:, 1] == 2).all()  # two clusters, drawn twice
    assert not (weights == bootstrap_weights(names, seed=1)).all()
    assert [one.shape for one in (bootstrap_weights([]), cluster_weights([], 7))] == [
        (501, 0),
        (7, 0),
    ]


def test_batches_hold_four_million_values():
    """Of a million rows four resamples, of more than four million one; together all of them."""
    weights = np.broadcast_to(np.uint16(2), (9, 1_000_000))
    assert [len(one) for one in in_batches(weights)] == [4, 4, 1]
    wide = np.broadcast_to(np.uint16(2), (2, 5_000_000))
    assert [len(one) for one in in_batches(wide)] == [1, 1]
    assert [len(one) for one in in_batches(np.zeros((3, 0), dtype=np.uint16))] == [3]
    (batch,) = in_batches(np.array([[1, 2], [3, 4]], dtype=np.uint16))
    assert (batch.dtype, batch.tolist()) == (np.float64, [[1.0, 2.0], [3.0, 4.0]])


def test_sums_of_resamples_hold_a_few_of_them_as_floats():
    """Of 300,000 rows eight resamples, 19 MB, and the next eight; all 64 would be 154 MB."""
    weights, values = np.broadcast_to(np.uint16(2), (64, 300_000)), np.full(300_000, 0.5)
    tracemalloc.start()
    sums = resampled_sums(weights, values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sums.tolist() == [300_000.0] * 64
    assert peak < 45e6


def test_sums_of_resamples_are_those_of_one_product():
    random = np.random.default_rng(0)
    weights = random.integers(0, 4, (21, 300_000)).astype(np.uint16)
    values = random.integers(0, 1000, 300_000) / 8  # sums of eighths are exact in any order
    assert (resampled_sums(weights, values) == weights.astype(np.float64) @ values).all()
    assert resampled_sums(weights[:2, :0], values[:0]).tolist() == [0.0, 0.0]


def test_intervals_are_percentiles_of_the_resamples():
    """Of 0 to 200 the middle 95 % lie between 5 and 195, the middle half between 50 and 150.

    Around a figure above 84.13 % of the resamples, one standard deviation, the percentiles are
    those of 2 - 1.96 and 2 + 1.96 standard deviations.
    """
    values = np.append(np.arange(201.0), np.nan)
    assert interval(values) == pytest.approx((5, 195))
    assert interval(values, 0.5) == pytest.approx((50, 150))
    many = np.arange(10_000.0)
    low, high = interval(many, around=8413.45)
    normal = NormalDist()
    assert low == pytest.approx(1e4 * normal.cdf(2 - 1.96), abs=2)
    assert high == pytest.approx(1e4 * normal.cdf(2 + 1.96), abs=2)
    # Below all of 1 to 100, so half of the first: 2.576 deviations down; the upper end is at
    # 2 * -2.576 + 1.96 = -3.192, or 0.07 % of the 99 steps.
    low, high = interval(np.arange(1.0, 101.0), around=0.0)
    assert (low, high) == pytest.approx((1, 1 + 99 * normal.cdf(-3.192)), abs=1e-3)
    low, high = interval(np.arange(1.0, 101.0), around=200.0)
    assert (low, high) == pytest.approx((100 - 99 * normal.cdf(-3.192), 100), abs=1e-3)
    # Half of those equal count as below: two and half of four of ten, or -0.2533 deviations. The
    # middle half is then from 11.88 % to 56.66 %, at places 1.069 and 5.100 of 0 to 9.
    tied = np.array([1.0, 2, 3, 3, 3, 3, 4, 5, 6, 7])
    assert interval(tied, 0.5, around=3.0) == pytest.approx((2.0689, 3.0997), abs=1e-4)
    assert interval(np.full(3, np.nan))[0] != interval(np.full(3, np.nan))[0]  # NaN


def test_interval_of_average_precision_reaches_down_by_its_bias():
    """Odds of 1 : 9, 1 : 4 and 1 : 1 at the lower end, the middle and the upper end.

    A figure with less bias of odds 1 : 9 is 4 / 9 of the middle's, so the lower end has 4 / 9 of
    1 : 9, or 4 / 85. One above the middle moves nothing, and the upper end always stays.
    """
    values = np.array([np.nan, 0.1, 0.15, 0.2, 0.3, 0.5])
    assert interval_from(values, 0.1, 1.0) == pytest.approx((4 / 85, 0.5))
    assert interval_from(values, 0.2, 1.0) == pytest.approx((0.1, 0.5))
    assert interval_from(values, 0.3, 1.0) == pytest.approx((0.1, 0.5))
    low, high = interval_from(values, 0.1, 0.5)  # halfway in: 0.15 and 0.3
    assert (low, high) == pytest.approx((12 / (12 + 153), 0.3))
    assert interval_from(values, 0.0, 1.0)[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(interval_from(values[:1], 0.1)).all()


def test_estimate_takes_the_figure_with_less_bias():
    """Odds 1 : 3 in the place of 1 : 1 take the lowest of 0 to 1 from 1 : 4 to 1 : 12."""
    values = np.array([0.6, *np.linspace(0.2, 0.8, 101)])
    found = estimate(values, 10, 2, debiased=0.25)
    assert (found.value, found.positives) == (0.6, 10)
    assert (found.low, found.high) == pytest.approx((1 / 13, 0.8), abs=1e-3)
    assert estimate(values, 9, 2, debiased=0.25).low is None


@pytest.mark.parametrize(
    ("scores", "labels", "clusters", "expected"),
    [
        # Ranks 2 and 5 hold the events of contractors 0 and 1. Above the first, others have one
        # row and no event: 0. Above the second, others (0, 2, 0) have three rows and one event.
        ([5, 4, 3, 2, 1], [0, 1, 0, 0, 1], [2, 0, 1, 0, 1], (0 / 1 + 1 / 3) / 2),
        # No other above the first event: its own rank tells 1 of 1; above the last, 1 of 2.
        ([3, 2, 1], [1, 0, 1], [0, 1, 2], (1 + 1 / 2) / 2),
        # Below one own row and no other's: 1 of 2.
        ([3, 2, 1], [0, 1, 0], [0, 0, 1], 1 / 2),
        # Never more than at its rank: above the third, all others have events, but 2 of 3 is its.
        ([4, 3, 2, 1], [1, 0, 1, 0], [0, 1, 1, 2], (1 + 2 / 3) / 2),
        # Tied: above each event of six, half of five others, which hold half of one event.
        ([1, 1, 1, 1, 1, 1], [1, 0, 0, 1, 0, 0], [0, 1, 2, 3, 4, 5], 1 / 5),
    ],
)
def test_precision_among_others_by_hand(scores, labels, clusters, expected):
    found = average_precision_among_others(
        np.array(scores, dtype=float), np.array(labels, dtype=float), np.array(clusters)
    )
    assert found == pytest.approx(expected)
    assert np.isnan(
        average_precision_among_others(np.zeros(2), np.zeros(2), np.zeros(2, dtype=np.int64))
    )


def test_precision_among_others_counts_the_events_of_each_month():
    """One event in January at rank 1 (1), two in February below one row without (0 and 1 / 2)."""
    first = predictions([3, 2, 1], [1, 0, 0], [1, 0, 0])
    second = predictions([3, 2, 1], [0, 1, 1], [0, 1, 1])
    later = second.as_ofs + np.timedelta64(31, "D")
    months = concat([first, dataclasses.replace(second, as_ofs=later)])
    assert precision_among_others(months, MODEL) == pytest.approx((1 + 0 + 1 / 2) / 3)
    assert np.isnan(precision_among_others(months.where(months.labels == 0), MODEL))


@pytest.mark.parametrize(("events", "has_interval"), [(9, False), (10, True), (11, True)])
def test_figures_have_an_interval_from_ten_events_on(events, has_interval):
    values = np.array([0.5, 0.4, 0.6, 0.5])
    found = estimate(values, events)
    assert (found.value, found.positives) == (0.5, events)
    assert (found.low is not None) == (found.high is not None) == has_interval
    assert found.too_few == (not has_interval)


def test_intervals_are_wider_for_few_clusters():
    """Ten: t of 9 degrees 2.262 * (10 / 9) ** 0.5 = 2.385 deviations, 98.29 %; many: 95 %."""
    assert expanded_level(10) == pytest.approx(0.9829, abs=1e-4)
    assert expanded_level(1e7) == pytest.approx(0.95, abs=1e-6)
    assert expanded_level(0) == expanded_level(2) < 1


@pytest.mark.parametrize("clusters", [1, 2, 3])
def test_events_of_one_or_two_contractors_have_the_widest_interval(clusters):
    """Student's t of one degree asks for 18 standard deviations: all resamples."""
    values = np.array([0.5, *np.linspace(0, 1, 101)])
    found = estimate(values, 40, clusters)
    assert (found.low, found.high) == pytest.approx((0, 1), abs=1e-3)


def entry(selection, label, draw=None, probability=0.3):
    row = ListedEntry(AS_OF, "P", "C", selection, draw, probability)
    return LabelledEntry(row, label)


def test_realised_precision_counts_entries_by_law_too_and_weights_the_draw():
    """Labelled are 1, 0 and 1 of the four entries by law or by risk: 2/3, between 2/4 and 3/4.

    Drawn entries: arrears at one drawn with 1/2, so for two projects, none at one drawn with 1/4,
    so for four: 2 of 6. One without its label and one without its probability do not count.
    """
    found = list_performance(
        [
            *(entry("must", 1.0, probability=0.1), entry("must", 0.0), entry("risk", 1.0)),
            *(entry("risk", None, probability=0.5), entry("random", 1.0, 0.5, 0.9)),
            *(entry("random", 0.0, 0.25), entry("random", None, 0.25), entry("random", 1.0)),
        ]
    )
    assert (found.entries, found.labelled, found.events) == (4, 3, 2)
    assert found.precision.value == pytest.approx(2 / 3)
    assert (found.at_least, found.at_most) == (0.5, 0.75)
    assert found.said == pytest.approx((0.1 + 0.3 + 0.3 + 0.5) / 4)
    assert (found.random_entries, found.random_labelled) == (3, 2)
    assert found.elsewhere.value == pytest.approx(2 / 6)


def drawn(*names):
    visits = [Inspection(name, dt.date(2025, 4, 10), True, False) for name in names]
    return Observations({}, tuple(visits))


def test_random_visits_count_only_those_whose_outcome_is_known():
    """A, B and C of six were drawn: arrears at A, none at B, a case about C is still open.

    So 1 of 2, on the list (A, D) 1 of 1 and elsewhere 0 of 1; of all six two are known.
    """
    given = predictions([6, 4, 3, 5, 2, 1], [1, 0, 0, 1, 0, 0], [1, 0, np.nan, 1, np.nan, np.nan])
    found = random_visits(given, drawn("A", "B", "C"), MODEL, 2, alone(6))
    assert found.visits == 2
    assert found.known_rate.value == pytest.approx(2 / 6)
    assert found.base_rate.value == pytest.approx(1 / 2)
    assert (found.known_rate.positives, found.base_rate.positives) == (2, 1)
    assert found.precision.value == 1.0
    assert found.elsewhere.value == 0.0


@pytest.mark.parametrize(
    ("on", "visits"),
    [("2025-03-31", 0), ("2025-04-01", 1), ("2025-04-30", 1), ("2025-05-01", 0)],
)
def test_random_visits_are_those_of_the_month_of_the_list(on, visits):
    visit = Inspection("A", dt.date.fromisoformat(on), True, False)
    given = predictions([1, 0], [0, 0])
    found = random_visits(given, Observations({}, (visit,)), MODEL, 1, alone(2))
    assert found.visits == visits


def test_random_visits_of_months_weigh_as_much_as_their_cohorts():
    """Arrears at the one drawn of four in April, none at both drawn of two in May: 4 of 6."""
    months = np.array(["2025-04-01"] * 4 + ["2025-05-01"] * 2, dtype="datetime64[D]")
    given = predictions([1] * 6, [1, 0, 0, 0, 0, 0], as_ofs=months)
    visits = [
        Inspection(name, dt.date(2025, month, 9), True, False)
        for name, month in (("A", 4), ("E", 5), ("F", 5))
    ]
    found = random_visits(given, Observations({}, tuple(visits)), MODEL, 1, alone(6))
    assert found.base_rate.value == pytest.approx(4 / 6)


def test_a_visit_where_nobody_looked_is_not_one_with_nothing_owed():
    """Two visits were made, to A and B. Own rules would have gone to C and D.

    Nobody looked at C; at D nothing was owed. The model goes to A and B: arrears at A on 12 April,
    after its first visit on 8 April (a quarter of 30 days: day 7.5), so 4 days early.
    """
    given = predictions(
        [4, 3, 2, 1],
        [1, 0, 0, 0],
        [1, 0, np.nan, 0],
        workers=np.array([5.0, 1, 1, 1]),
        amount=np.array([7.0, np.nan, 1, 1]),
    )
    scores = {**given.scores, "rules": np.array([3.0, 4, 2, 1]), "own": np.array([1.0, 2, 3, 4])}
    given = dataclasses.replace(given, scores=scores)
    event = np.array(["2025-04-12"], dtype="datetime64[D]")
    visits = [Inspection(name, dt.date(2025, 4, 11), False, name == "A") for name in "BA"]
    found = gain(given, EventLog(dt.date(2026, 1, 1), {"A": event}, 30), visits, 0, ["own"])

    def figures(way, *names):
        return [found.ways[way][name].value for name in names]

    visits = ("visits", "nothing_owed", "nobody_looked")
    assert figures("own", *visits) == [2, 1, 1]
    assert figures(MODEL, *visits) == figures(MADE, *visits) == [2, 1, 0]
    reached = ("events", "days_early", "weeks_early", "mean_days_early", "workers", "amount")
    assert figures(MODEL, *reached) == [1, 4, 0, 4, 5, 7]
    assert figures("own", *reached) == [0] * 6
    assert figures(MADE, *reached) == [1, 1, 0, 1, 5, 7]
    assert [found.ahead["own"][name].value for name in reached] == [1, 4, 0, 4, 5, 7]
    assert [found.ahead[MADE][name].value for name in reached] == [0, 3, 0, 3, 0, 0]
    assert found.known_stakes == 1.0


@pytest.mark.parametrize(
    ("days", "visits", "early"),
    # The event is on 12 April; the first visit of the month counts, not that of another month.
    [((1, 11), 1, 11), ((11, 30), 1, 1), ((30,), 1, 0), ((31,), 0, 0), ((0,), 0, 0)],
)
def test_visits_made_are_those_of_the_month(days, visits, early):
    given = predictions([2, 1], [1, 0])
    given = dataclasses.replace(given, scores={**given.scores, "rules": given.scores[MODEL]})
    log = EventLog(dt.date(2026, 1, 1), {"A": np.array(["2025-04-12"], "datetime64[D]")}, 30)
    made = [
        Inspection("A", dt.date(2025, 3, 31) + dt.timedelta(days=day), False, True)
        for day in reversed(days)
    ]
    found = gain(given, log, made).ways[MADE]
    assert (found["visits"].value, found["days_early"].value) == (visits, early)


@pytest.mark.parametrize(("day", "weeks"), [(7, 0), (8, 1), (9, 1)])
def test_a_week_early_is_seven_days(day, weeks):
    """The one visit of the month is on its 16th (half of 30 days), the event so many days later."""
    given = predictions([2, 1], [1, 0])
    given = dataclasses.replace(given, scores={**given.scores, "rules": given.scores[MODEL]})
    event = np.datetime64("2025-04-15") + day
    log = EventLog(dt.date(2026, 1, 1), {"A": np.array([event])}, 30)
    found = gain(given, log, [Inspection("B", dt.date(2025, 4, 2), False, False)])
    assert found.ways[MODEL]["days_early"].value == day - 1
    assert found.ways[MODEL]["weeks_early"].value == weeks


def test_recall_of_a_group_is_to_be_that_of_the_rest_but_less_where_it_owes_less():
    """Twelve of government, four events, two of them listed; eight private ones, four events.

    Of the rest's recall: the private group owes 1/2 against 1/3, half as much again, but is to
    have no more than the recall 2/4 of government; government owes 2/3 of that, so 2/3 of the
    private recall 1/4.
    """
    labels = [1] * 4 + [0] * 8 + [1] * 4 + [0] * 4
    scores = [9, 9, 1, 1] + [2] * 8 + [9, 1, 1, 1] + [2] * 4
    funding = np.array(["government"] * 12 + ["private"] * 8, dtype=object)
    nothing = np.full(20, None, dtype=object)
    names = ("region_code", "sector", "registered_capital", "contract_amount")
    attributes = {**dict.fromkeys(names, nothing), "funding": funding}
    probability = {MODEL: np.repeat([0.5, 0.25], [12, 8])}
    given = predictions(scores, labels, attributes=attributes, probability=probability)
    government, private = fairness(given, 3).groups
    assert (government.value, private.value) == ("government", "private")
    assert (government.rows, government.events, private.rows, private.events) == (12, 4, 8, 4)
    recall = private.figures["recall"]
    assert (recall.value.value, recall.rest, recall.fair) == (0.25, 0.5, 0.5)
    recall = government.figures["recall"]
    assert (recall.value.value, recall.rest) == (0.5, 0.25)
    assert recall.fair == pytest.approx(0.25 * 2 / 3)
    # Places: 2 of 12 and 1 of 8; fair in proportion to the observed rates 1/3 and 1/2.
    assert private.figures["selection_rate"].fair == pytest.approx(2 / 12 * 3 / 2)
    assert government.figures["selection_rate"].fair == pytest.approx(1 / 8 * 2 / 3)
    assert private.figures["precision"].fair == private.figures["precision"].rest == 1.0
    # Said minus came: 0.5 - 1/3 and 0.25 - 0.5. Fair is the rest's ratio of said to came, 1.5 and
    # 0.5, so half of 1/2 too much and half of 1/3 too little.
    assert government.figures["calibration"].value.value == pytest.approx(1 / 6)
    assert private.figures["calibration"].value.value == pytest.approx(-1 / 4)
    assert private.figures["calibration"].fair == pytest.approx(1 / 4)
    assert government.figures["calibration"].fair == pytest.approx(-1 / 6)


def quarter(projects, owing):
    """Three months of ``projects``, of which the first ``owing`` have one event, in all three."""
    names = tuple(f"P{number}" for number in range(projects)) * 3
    days = np.repeat(
        np.array(["2025-01-01", "2025-02-01", "2025-03-01"], "datetime64[D]"), projects
    )
    labels = np.tile(np.arange(projects) < owing, 3)
    return days, names, labels.astype(float)


@pytest.mark.parametrize(("owing", "tested"), [(9, False), (10, True)])
def test_groups_are_tested_on_ten_distinct_events(owing, tested):
    """Twenty projects of government and of private funding each; 27 or 30 rows with an event.

    All are tied, so that of the places of both as large a part is of events: 9 or 10 of 20.
    """
    days, names, labels = quarter(20, owing)
    nothing = np.full(120, None, dtype=object)
    columns = ("region_code", "sector", "registered_capital", "contract_amount")
    funding = np.repeat(np.array(["government", "private"], dtype=object), 60)
    given = Predictions(
        *(np.tile(days, 2), names + tuple(f"Q{name}" for name in names)),
        *((names + tuple(f"Q{name}" for name in names)), np.tile(labels, 2), np.tile(labels, 2)),
        *({MODEL: np.zeros(120)}, {MODEL: np.full(120, 0.2)}),
        {**dict.fromkeys(columns, nothing), "funding": funding},
        *(np.full(120, np.nan), np.full(120, np.nan)),
    )
    for group in fairness(given, 4).groups:
        assert group.events == owing
        assert {one.chance is not None for one in group.figures.values()} == {tested}
        assert (group.observed_rate.low is not None) == tested
        precision = group.figures["precision"]
        shares = (precision.value.value, precision.rest, precision.fair)
        assert shares == pytest.approx([owing / 20] * 3)


@pytest.mark.parametrize(("owing", "has_interval"), [(9, False), (10, True)])
def test_rates_of_flags_and_visits_rest_on_distinct_events(owing, has_interval):
    days, names, labels = quarter(20, owing)
    nothing = np.full(60, np.nan)
    given = Predictions(
        *(days, names, names, labels, labels, {MODEL: np.zeros(60)}, {}, {}, nothing, nothing)
    )
    weights = bootstrap_weights(names, 50)
    (figures,) = flag_grades({"money": np.ones(60, dtype=bool)}, given, weights).values()
    assert (figures.recall.positives, figures.recall.low is not None) == (owing, has_interval)
    visits = [
        Inspection(name, day.astype(object), True, False)
        for name, day in zip(names, days, strict=True)
    ]
    found = random_visits(given, Observations({}, tuple(visits)), MODEL, 20, weights)
    for rate in (found.known_rate, found.base_rate, found.precision):
        assert (rate.positives, rate.low is not None) == (owing, has_interval)
    entries = [
        LabelledEntry(ListedEntry(day.astype(object), name, name, "risk", None, 0.5), label)
        for name, day, label in zip(names, days, labels, strict=True)
    ]
    listed = list_performance(entries)
    assert (listed.precision.positives, listed.precision.low is not None) == (owing, has_interval)
    assert listed.events == 3 * owing


@pytest.mark.parametrize(
    ("name", "side", "value", "stops"),
    [
        ("recall", "low", 0.1, True),
        ("recall", "high", 0.9, False),
        ("recall", None, 0.1, False),
        ("calibration", "low", -0.01, True),
        ("calibration", "low", 0.0, False),  # lower than the rest's, but not too low
        ("calibration", "high", -0.01, False),
        ("calibration", "high", 0.2, False),
        ("precision", "low", 0.1, False),
        ("selection_rate", "low", 0.1, False),
    ],
)
def test_only_too_few_warnings_stop_the_gate(name, side, value, stops):
    nothing = Estimate(0.5, None, None, 12)
    figures = {one: GroupFigure(nothing, 0.5, 0.5, None, None) for one in FIGURES}
    figures[name] = GroupFigure(Estimate(value, None, None, 12), 0.5, 0.4, 0.01, side)
    group = Group("funding", "private", None, 40, 12, nothing, nothing, figures)
    found = unfair_figures(Fairness(MODEL, 20, 0.05, 4, (group,)))
    assert [(one.figure, one.found, one.fair, one.events) for one in found] == (
        [(name, value, 0.4, 12)] if stops else []
    )
