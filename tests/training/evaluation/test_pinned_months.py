"""Figures over several months worked out by hand: rankings, gain, samples of visits."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from training.dataset.labels import EventLog
from training.dataset.observation import Inspection, Observations
from training.evaluation.bootstrap import bootstrap_weights
from training.evaluation.calibration import calibration_report
from training.evaluation.group_counts import GroupCounts
from training.evaluation.monthly_precision import monthly_precision
from training.evaluation.operational_gain import MADE, gain
from training.evaluation.predictions import MODEL, concat
from training.evaluation.report import precision_among_others, ranking_report
from training.evaluation.selective_labels import list_performance, random_visits

from .test_pinned_figures import alone, predictions

APRIL, MAY, JUNE = (np.datetime64(f"2025-{month:02}-01") for month in (4, 5, 6))


def in_month(given, month):
    return dataclasses.replace(given, as_ofs=np.full(len(given.as_ofs), month))


def test_months_weigh_by_their_pairs_and_events():
    """April: one event of four, first: 3 pairs won. May: two of three, last: 2 pairs lost.

    Average precision is 1 and (1/2 + 2/3) / 2 = 7/12, weighted 1 to 2. Lists of two hold 2 of 4
    events.
    """
    months = concat(
        [
            in_month(predictions([4, 3, 2, 1], [1, 0, 0, 0]), APRIL),
            in_month(predictions([3, 2, 1], [0, 1, 1]), MAY),
        ]
    )
    found = ranking_report(months, MODEL, 2, alone(7)).figures
    assert found["base_rate"].value == pytest.approx(3 / 7)
    assert found["roc_auc"].value == pytest.approx(3 / 5)
    assert found["average_precision"].value == pytest.approx((1 + 2 * 7 / 12) / 3)
    assert found["precision_capacity"].value == pytest.approx(2 / 4)
    assert found["recall_capacity"].value == pytest.approx(2 / 3)
    assert found["lift_capacity"].value == pytest.approx(2 / 4 * 7 / 3)
    # Others: 1 of April's rank itself; in May none above the first, half an event of two above.
    assert precision_among_others(months, MODEL) == pytest.approx((1 + 0 + 1 / 2) / 3)
    by_month = monthly_precision(months, [MODEL, "none"], 2)
    assert [one.pop("as_of") for one in by_month] == ["2025-04-01", "2025-05-01"]
    assert by_month == [
        {"rows": 4, "events": 1, "precision": {MODEL: 0.5}},
        {"rows": 3, "events": 2, "precision": {MODEL: 0.5}},
    ]


def test_listed_rows_that_were_observed_under_a_tie():
    """A list of two holds the first row and one of two equal ones, of which one was visited."""
    given = predictions([3, 2, 2, 1], [0, 1, 0, 1], [0, 1, np.nan, 1])
    found = ranking_report(given, MODEL, 2, alone(4))
    labelled = found.labelled
    assert labelled["capacity"] == pytest.approx((1 + 1 / 2) / 2)
    tie = ranking_report(predictions([3, 2, 2, 1], [1, 1, 0, 1]), MODEL, 2, alone(4)).ties
    assert (tie["precision_capacity"].worst, tie["precision_capacity"].best) == (0.5, 1.0)


def test_the_calibration_of_a_report_has_the_resamples_of_its_figures():
    labels = np.repeat([1.0, 0.0], [12, 12])
    given = predictions(range(24), labels, probability={MODEL: np.linspace(0.9, 0.1, 24)})
    weights = bootstrap_weights(given.clusters)[:41]
    found = ranking_report(given, MODEL, 4, weights).reliability
    assert found == calibration_report(given.probability[MODEL], labels, weights[1:], 12, 12)
    assert found != calibration_report(given.probability[MODEL], labels, weights[2:], 12, 12)


def three_months():
    """A and B from April to June, A with an event of 10 June; its stakes grow every month.

    The model goes to A, the rules to B; really made were visits to A on 20 April and 4 May.
    """
    nothing = np.array([np.nan, 0.0])
    parts = [
        in_month(predictions([2, 1], [1, 0], nothing, workers=np.array([people, 9.0]),
                             amount=np.array([10 * people, 9.0])), month)
        for people, month in ((1.0, APRIL), (2.0, MAY), (3.0, JUNE))
    ]  # fmt: skip
    months = concat(parts)
    scores = {**months.scores, "rules": -months.scores[MODEL]}
    return dataclasses.replace(months, scores=scores)


def test_an_event_in_three_horizons_counts_once_with_its_latest_stakes():
    log = EventLog(dt.date(2026, 1, 1), {"A": np.array(["2025-06-10"], "datetime64[D]")}, 30)
    made = [Inspection("A", dt.date(2025, *day), False, False) for day in ((4, 20), (5, 4))]
    found = gain(three_months(), log, made)
    assert found.events == 1
    reached = ("events", "workers", "amount", "days_early", "visits")
    # The model's visits are on 16 April and 16 May, one a month as really made.
    expected = {MODEL: [1, 3, 30, 55, 2], MADE: [1, 3, 30, 51, 2], "rules": [0, 0, 0, 0, 2]}
    for way, figures in expected.items():
        assert [found.ways[way][name].value for name in reached] == figures
        # Each figure rests on the events that its own way reached.
        assert {one.positives for one in found.ways[way].values()} == {figures[0]}
    assert {one.positives for one in found.ahead[MADE].values()} == {1}


def test_a_probability_of_nothing_is_known():
    chances = np.array([0.0, np.nan, 0.1])
    given = predictions([3, 2, 1], [1, 1, 0], probability={MODEL: chances})
    counts = GroupCounts(given, np.array([1.0, 0.5, 0]), MODEL, seed=0)
    assert counts.known_events(np.ones(3, dtype=bool)) == 1


def test_events_of_drawn_projects_that_share_a_place_count():
    """Two of four were drawn, each standing for two; tied, so that each has a quarter of a place.

    Both owe: an exposure of half a project on the list and of one and a half off it.
    """
    given = predictions([1] * 4, [1, 1, 0, 0])
    visits = [Inspection(name, dt.date(2025, 4, 9), True, True) for name in "AB"]
    found = random_visits(given, Observations({}, tuple(visits)), MODEL, 1, alone(4))
    rates = (found.base_rate, found.precision, found.elsewhere)
    assert [(one.value, one.positives) for one in rates] == [(1.0, 2)] * 3


def test_lists_without_entries_have_no_figures():
    found = list_performance([])
    assert (found.entries, found.labelled, found.events) == (0, 0, 0)
    assert np.isnan([found.said, found.at_least, found.at_most, found.precision.value]).all()
    assert (found.precision.positives, found.elsewhere.positives) == (0, 0)
