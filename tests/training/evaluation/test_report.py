"""The verdict on lists of several months: sums within months, intervals by contractor."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.bootstrap import cluster_weights
from training.evaluation.metrics import at_top, average_precision, roc_auc
from training.evaluation.predictions import MODEL, Judged, together
from training.evaluation.report import CUTS, difference, figures_drawn, resamples, verdict

MONTHS = (dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1))


def month(day, score, happened, clusters=None, **other):
    rows = len(score)
    score, happened = np.asarray(score, dtype=float), np.asarray(happened, dtype=float)
    return Judged(
        as_ofs=np.full(rows, np.datetime64(day)),
        project_ids=tuple(f"P{n}" for n in range(rows)),
        clusters=tuple(clusters or (f"C{n // 3}" for n in range(rows))),
        happened=happened,
        outcome=other.get("outcome", happened),
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
        happened = random.random(rows) < 0.2
        parts.append(month(day, random.normal(size=rows) + skill * happened, happened))
    return together(parts)


def test_one_month_has_the_plain_figures():
    judged = worlds().where(worlds().as_ofs == np.datetime64(MONTHS[0]))
    figures = verdict(judged, MODEL, 7, resamples(judged)).figures
    score, happened = judged.scores[MODEL], judged.happened
    assert figures["roc_auc"].value == pytest.approx(roc_auc(score, happened))
    assert figures["average_precision"].value == pytest.approx(average_precision(score, happened))
    assert figures["precision_capacity"].value == pytest.approx(
        at_top(score, happened, 7).precision
    )
    assert figures["recall_10pct"].value == pytest.approx(at_top(score, happened, 6).recall)


def test_months_are_added_up_not_thrown_together():
    """A month whose scores are all higher does not win over the others."""
    first = month(MONTHS[0], [3, 2, 1, 0], [1, 0, 1, 0])
    second = month(MONTHS[1], [103, 102, 101, 100], [0, 0, 1, 0])
    figures = verdict(together([first, second]), MODEL, 2, np.ones((2, 8))).figures
    assert figures["roc_auc"].value == pytest.approx((3 + 1) / (4 + 3))
    assert figures["precision_capacity"].value == pytest.approx(1 / 4)
    assert figures["recall_capacity"].value == pytest.approx(1 / 3)
    assert figures["lift_capacity"].value == pytest.approx((1 / 4) / (3 / 8))


def test_random_order_has_the_base_rate_and_says_what_luck_could_do():
    judged = worlds()
    found = verdict(judged, "random", 20, resamples(judged))
    base = found.figures["base_rate"].value
    for cut in CUTS:
        assert found.figures[f"precision_{cut}"].value == pytest.approx(base, abs=0.03)
        assert found.ties[f"precision_{cut}"].worst <= base <= found.ties[f"precision_{cut}"].best
    assert found.ties["precision_capacity"].worst == 0
    assert found.figures["roc_auc"].value == 0.5


def test_few_events_are_too_few_to_tell():
    judged = month(MONTHS[0], range(30), [1] * 9 + [0] * 21)
    figures = verdict(judged, MODEL, 5, resamples(judged)).figures
    assert all(one.too_few and one.low is None for one in figures.values())


def test_the_labelled_share_counts_what_somebody_looked_at():
    outcome = np.array([1.0, np.nan, 0.0, np.nan])
    judged = month(MONTHS[0], [4, 3, 2, 1], [1, 0, 0, 0], outcome=outcome)
    assert verdict(judged, MODEL, 2, np.ones((2, 4))).labelled["capacity"] == 0.5
    assert verdict(judged, MODEL, 3, np.ones((2, 4))).labelled["capacity"] == pytest.approx(2 / 3)


def test_a_better_ranking_is_ahead_beyond_its_interval():
    judged = worlds(skill=2.0, rows=200)
    weights = resamples(judged)
    ours, theirs = (figures_drawn(judged, name, 10, weights) for name in (MODEL, "random"))
    gap = difference(ours, theirs, "average_precision", judged.happened.sum())
    assert gap.low > 0
    assert difference(ours, ours, "average_precision", 100).high == 0


@settings(max_examples=25)
@given(st.integers(0, 2**16), st.permutations(list(range(30))))
def test_the_order_of_the_rows_does_not_matter(seed, order):
    random = np.random.default_rng(seed)
    score, happened = random.integers(0, 5, 30), random.random(30) < 0.4
    clusters = [f"C{n}" for n in random.integers(0, 6, 30)]
    judged = month(MONTHS[0], score, happened, clusters)
    turned = month(MONTHS[0], score[order], happened[order], [clusters[n] for n in order])
    ours, theirs = (verdict(one, MODEL, 6, resamples(one)).figures for one in (judged, turned))
    for name, figure in ours.items():
        assert figure.value == pytest.approx(theirs[name].value, nan_ok=True)
        assert figure.low == pytest.approx(theirs[name].low, nan_ok=True)


def test_a_contractor_comes_as_a_whole():
    weights = cluster_weights(["a", "a", "b", "c"], draws=50, seed=3)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Average precision gains from rows that come twice; the interval makes up for it."""
    truth = verdict(worlds(99, rows=20_000), MODEL, 10, np.ones((2, 60_000))).figures
    names = ("roc_auc", "average_precision", "precision_20pct")
    inside = dict.fromkeys(names, 0)
    for seed in range(60):
        judged = worlds(seed, rows=120)
        found = verdict(judged, MODEL, 10, resamples(judged, draws=200)).figures
        for name in names:
            inside[name] += found[name].low <= truth[name].value <= found[name].high
    assert all(count >= 50 for count in inside.values()), inside
