"""The ranking report over several months: sums within months, intervals by contractor."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.bootstrap import bootstrap_weights, cluster_weights, estimate
from training.evaluation.predictions import MODEL, Predictions, concat
from training.evaluation.report import CUTS, bootstrap_metrics, difference, ranking_report
from training.metrics import average_precision, roc_auc, top_k

from ...conftest import thorough

MONTHS = (dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1))


def month(day, score, labels, clusters=None, **other):
    rows = len(score)
    score, labels = np.asarray(score, dtype=float), np.asarray(labels, dtype=float)
    return Predictions(
        as_ofs=np.full(rows, np.datetime64(day)),
        project_ids=tuple(f"P{n}" for n in range(rows)),
        clusters=tuple(clusters or (f"C{n // 3}" for n in range(rows))),
        labels=labels,
        observed=other.get("observed", labels),
        scores={MODEL: score, "random": np.zeros(rows)},
        probability={MODEL: np.full(rows, 0.1)},
        attributes={},
        workers=np.full(rows, np.nan),
        amount=np.full(rows, np.nan),
    )


def worlds(seed=0, rows=60, skill=1.0):
    random = np.random.default_rng(seed)
    parts = []
    for day in MONTHS:
        labels = random.random(rows) < 0.2
        parts.append(month(day, random.normal(size=rows) + skill * labels, labels))
    return concat(parts)


def test_ranking_report_of_one_month_equals_the_plain_metrics():
    predictions = worlds().where(worlds().as_ofs == np.datetime64(MONTHS[0]))
    figures = ranking_report(predictions, MODEL, 7, bootstrap_weights(predictions.clusters)).figures
    score, labels = predictions.scores[MODEL], predictions.labels
    assert figures["roc_auc"].value == pytest.approx(roc_auc(score, labels))
    assert figures["average_precision"].value == pytest.approx(average_precision(score, labels))
    assert figures["precision_capacity"].value == pytest.approx(top_k(score, labels, 7).precision)
    assert figures["recall_10pct"].value == pytest.approx(top_k(score, labels, 6).recall)


def test_ranking_report_ranks_within_months_and_adds_them_up():
    """A month whose scores are all higher gains nothing over the others."""
    first = month(MONTHS[0], [3, 2, 1, 0], [1, 0, 1, 0])
    second = month(MONTHS[1], [103, 102, 101, 100], [0, 0, 1, 0])
    figures = ranking_report(concat([first, second]), MODEL, 2, np.ones((2, 8))).figures
    assert figures["roc_auc"].value == pytest.approx((3 + 1) / (4 + 3))
    assert figures["precision_capacity"].value == pytest.approx(1 / 4)
    assert figures["recall_capacity"].value == pytest.approx(1 / 3)
    assert figures["lift_capacity"].value == pytest.approx((1 / 4) / (3 / 8))


def test_ranking_report_of_equal_scores_has_the_base_rate_and_a_tie_range():
    predictions = worlds()
    found = ranking_report(predictions, "random", 20, bootstrap_weights(predictions.clusters))
    base = found.figures["base_rate"].value
    for cut in CUTS:
        assert found.figures[f"precision_{cut}"].value == pytest.approx(base, abs=0.03)
        assert found.ties[f"precision_{cut}"].worst <= base <= found.ties[f"precision_{cut}"].best
    assert found.ties["precision_capacity"].worst == 0
    assert found.figures["roc_auc"].value == 0.5


def test_ranking_report_gives_no_interval_to_few_events():
    predictions = month(MONTHS[0], range(30), [1] * 9 + [0] * 21)
    figures = ranking_report(predictions, MODEL, 5, bootstrap_weights(predictions.clusters)).figures
    assert all(one.too_few and one.low is None for one in figures.values())


def test_ranking_report_labelled_share_counts_observed_rows():
    observed = np.array([1.0, np.nan, 0.0, np.nan])
    predictions = month(MONTHS[0], [4, 3, 2, 1], [1, 0, 0, 0], observed=observed)
    assert ranking_report(predictions, MODEL, 2, np.ones((2, 4))).labelled["capacity"] == 0.5
    assert ranking_report(predictions, MODEL, 3, np.ones((2, 4))).labelled[
        "capacity"
    ] == pytest.approx(2 / 3)


def test_difference_of_a_better_ranking_has_an_interval_above_zero():
    predictions = worlds(skill=2.0, rows=200)
    weights = bootstrap_weights(predictions.clusters)
    ours, theirs = (bootstrap_metrics(predictions, name, 10, weights) for name in (MODEL, "random"))
    gap = difference(ours, theirs, "average_precision", predictions.labels.sum())
    assert gap.low > 0
    assert difference(ours, ours, "average_precision", 100).high == 0


@settings(max_examples=25)
@given(st.integers(0, 2**16), st.permutations(list(range(30))))
def test_ranking_report_does_not_depend_on_row_order(seed, order):
    random = np.random.default_rng(seed)
    score, labels = random.integers(0, 5, 30), random.random(30) < 0.4
    clusters = [f"C{n}" for n in random.integers(0, 6, 30)]
    predictions = month(MONTHS[0], score, labels, clusters)
    turned = month(MONTHS[0], score[order], labels[order], [clusters[n] for n in order])
    ours, theirs = (
        ranking_report(one, MODEL, 6, bootstrap_weights(one.clusters)).figures
        for one in (predictions, turned)
    )
    assert set(ours) == set(theirs) >= {"roc_auc", "precision_capacity"}
    for name, figure in ours.items():
        assert figure.value == pytest.approx(theirs[name].value, nan_ok=True)
        assert figure.low == pytest.approx(theirs[name].low, nan_ok=True)


def test_cluster_weights_draw_whole_contractors():
    weights = cluster_weights(["a", "a", "b", "c"], n_resamples=50, seed=3)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()


@thorough
def test_ranking_report_intervals_cover_the_truth():
    """Average precision is too high in small samples; its interval reaches down to the truth."""
    truth = ranking_report(worlds(99, rows=20_000), MODEL, 10, np.ones((2, 60_000))).figures
    names = ("roc_auc", "average_precision", "precision_20pct")
    inside = dict.fromkeys(names, 0)
    for seed in range(60):
        predictions = worlds(seed, rows=120)
        weights = bootstrap_weights(predictions.clusters, n_resamples=200)
        found = ranking_report(predictions, MODEL, 10, weights).figures
        for name in names:
            inside[name] += found[name].low <= truth[name].value <= found[name].high
    assert all(count >= 50 for count in inside.values()), inside


def test_intervals_are_wider_where_few_contractors_have_an_event():
    values = np.concatenate([[0.0], np.random.default_rng(0).normal(size=2_000)])
    few, many = (estimate(values, 40, clusters) for clusters in (10, 10_000))
    # Ten: t of 9 degrees 2.262 * (10 / 9) ** 0.5 = 2.385 standard deviations instead of 1.960.
    assert few.high == pytest.approx(2.385, abs=0.3)
    assert many.high == pytest.approx(1.96, abs=0.15)
    assert few.low < many.low
