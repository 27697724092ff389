"""Group fairness on simulated groups that are treated alike, or not."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import nchypergeom_fisher

from training.evaluation.fairness import FIGURES, as_document, fairness, unfair_figures
from training.evaluation.group_counts import listed_share
from training.evaluation.groups import memberships
from training.evaluation.hypothesis_tests import (
    RateSample,
    holm_correction,
    noncentral_hypergeometric_tails,
    p_value,
)
from training.evaluation.predictions import MODEL, Predictions

from ...conftest import thorough

MONTHS = np.arange("2024-01", "2025-01", dtype="datetime64[M]").astype("datetime64[D]")
PLACES = 40


def simulated(seed, *, projects=450, contractors=90, fundings=("government", "private"), skew=0.0):
    """Twelve months of a county whose contractors and projects differ, with correlated months.

    The probabilities of the model are the true ones; ``skew`` lowers the log-odds of private
    projects.
    """
    random = np.random.default_rng(seed)
    contractor = random.integers(0, contractors, projects)
    funding = random.choice(np.array(fundings, dtype=object), projects)
    known = random.normal(0, 1.0, contractors)[contractor] + random.normal(0, 0.8, projects)
    odds = known - 3.4 - skew * (funding == "private")
    labels, score = [], []
    trouble = random.random(projects)
    for _ in MONTHS:
        renewed = random.random(projects) < 0.4
        trouble = np.where(renewed, random.random(projects), trouble)
        labels.append((trouble < 1 / (1 + np.exp(-odds))).astype(float))
        score.append(odds)
    rows = np.tile(np.arange(projects), len(MONTHS))
    raw = np.concatenate(score)
    region = random.choice(np.array(["420300101", "420300102", "420301100", None]), projects)
    return Predictions(
        as_ofs=np.repeat(MONTHS, projects),
        project_ids=tuple(f"P{row}" for row in rows),
        clusters=tuple(f"C{contractor[row]}" for row in rows),
        labels=np.concatenate(labels),
        observed=np.concatenate(labels),
        scores={MODEL: raw},
        probability={MODEL: 1 / (1 + np.exp(-raw))},
        attributes={
            "region_code": region[rows],
            "funding": funding[rows],
            "sector": random.choice(np.array(["housing", "road"], dtype=object), projects)[rows],
            "registered_capital": np.array(contractor * 1_000, dtype=object)[rows],
            "contract_amount": random.integers(1, 10**12, projects).astype(object)[rows],
        },
        workers=np.full(len(rows), np.nan),
        amount=np.full(len(rows), np.nan),
    )


def lowered(predictions, by=2.0, funding="private"):
    """The same predictions, with the scores of one funding group too low."""
    raw = predictions.scores[MODEL] - by * (predictions.attributes["funding"] == funding)
    return dataclasses.replace(
        predictions, scores={MODEL: raw}, probability={MODEL: 1 / (1 + np.exp(-raw))}
    )


def group(found, attribute, value):
    return next(g for g in found.groups if (g.attribute, g.value) == (attribute, value))


def outside(found):
    return [
        (one.attribute, one.value, name, figure.outside)
        for one in found.groups
        for name, figure in one.figures.items()
        if figure.outside
    ]


@pytest.mark.parametrize("seed", range(3))
def test_fairness_finds_a_group_whose_scores_are_lowered(seed):
    found = fairness(lowered(simulated(seed)), PLACES)
    stopped = {(one.attribute, one.value, one.figure) for one in unfair_figures(found)}
    assert ("funding", "private", "calibration") in stopped
    assert {(attribute, value) for attribute, value, _ in stopped} == {("funding", "private")}
    private = group(found, "funding", "private")
    assert private.figures["selection_rate"].outside == "low"
    assert private.figures["recall"].value.value < private.figures["recall"].fair
    assert private.ratio.value < 0.7


def test_fairness_finds_lowered_scores_behind_true_probabilities_by_recall():
    fair = simulated(4)
    unlike = dataclasses.replace(lowered(fair), probability=fair.probability)
    stopped = {(one.value, one.figure) for one in unfair_figures(fairness(unlike, PLACES))}
    assert stopped == {("private", "recall")}


@thorough  # the tests of a group are held against exact ones below
def test_fairness_false_alarms_are_rare():
    alarms = [bool(outside(fairness(simulated(seed, skew=0.0), PLACES))) for seed in range(20)]
    assert sum(alarms) <= 2


def test_fairness_accepts_fewer_visits_to_a_group_that_owes_less():
    stopped = 0
    for seed in range(10):
        found = fairness(simulated(seed, skew=1.0), PLACES)
        private = group(found, "funding", "private")
        assert (
            private.figures["selection_rate"].value.value
            < 0.7 * private.figures["selection_rate"].rest
        )
        stopped += bool(unfair_figures(found))
    assert stopped <= 1


def test_fairness_does_not_test_groups_with_few_events():
    predictions = lowered(simulated(1), by=6.0)
    private = predictions.attributes["funding"] == "private"
    few = np.flatnonzero(private & (predictions.labels > 0.5))[9:]
    labels = predictions.labels.copy()
    labels[few] = 0
    found = fairness(dataclasses.replace(predictions, labels=labels), PLACES)
    for value in ("private", "government"):
        figures = group(found, "funding", value).figures
        assert set(figures) == set(FIGURES)
        assert all(figure.outside is None for figure in figures.values())
        assert all(figure.chance is None for figure in figures.values())
    assert group(found, "funding", "private").figures["recall"].value.low is None


def test_fairness_does_not_depend_on_row_order():
    predictions = lowered(simulated(2, projects=80))
    order = np.random.default_rng(0).permutation(len(predictions.project_ids))
    shuffled = Predictions(
        as_ofs=predictions.as_ofs[order],
        project_ids=tuple(predictions.project_ids[i] for i in order),
        clusters=tuple(predictions.clusters[i] for i in order),
        labels=predictions.labels[order],
        observed=predictions.observed[order],
        scores={MODEL: predictions.scores[MODEL][order]},
        probability={MODEL: predictions.probability[MODEL][order]},
        attributes={name: one[order] for name, one in predictions.attributes.items()},
        workers=predictions.workers[order],
        amount=predictions.amount[order],
    )
    assert as_document(fairness(predictions, 10)) == as_document(fairness(shuffled, 10))


def test_as_document_is_json_without_nan():
    predictions = simulated(3, projects=60)
    predictions = dataclasses.replace(predictions, probability={})
    document = as_document(fairness(predictions, 10))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    figures = document["groups"][0]["figures"]
    assert set(figures) == set(FIGURES)
    assert figures["calibration"]["value"]["value"] is None


def test_listed_share_divides_places_among_ties():
    predictions = simulated(0, projects=30)
    level = dataclasses.replace(predictions, scores={MODEL: np.round(predictions.scores[MODEL])})
    share = listed_share(level, MODEL, 7)
    for month in MONTHS:
        rows = level.as_ofs == month
        assert share[rows].sum() == pytest.approx(7)
        for value in np.unique(level.scores[MODEL][rows]):
            assert np.ptp(share[rows & (level.scores[MODEL] == value)]) == 0
    assert listed_share(level, MODEL, 99).min() == 1


def test_memberships_are_counties_or_townships_thirds_and_unknown():
    predictions = simulated(0, projects=90)
    groups = memberships(predictions)
    assert {g.value for g in groups if g.attribute == "region"} == {"420300", "420301", None}
    sizes = [g for g in groups if g.attribute == "project_size"]
    assert [g.value for g in sizes] == ["small", "medium", "large"]
    assert [int(g.rows.sum()) // 12 for g in sizes] == [30, 30, 30]
    assert sizes[0].bounds[1] == sizes[1].bounds[0]
    one_county = predictions.where(
        np.array([str(code).startswith("420300") for code in predictions.attributes["region_code"]])
    )
    regions = {g.value for g in memberships(one_county) if g.attribute == "region"}
    assert regions == {"420300101", "420300102"}


def test_p_value_is_that_of_the_exact_test():
    rows = 40
    ours = np.arange(rows) < 10
    count = np.where(ours, np.arange(rows) < 7, np.arange(rows) < 15).astype(float)
    counted = RateSample(count, np.ones(rows), ours, np.arange(rows), True)
    chance, side = p_value(counted)
    # 7 of 12 events in a quarter of the rows: the tails of a binomial, of a hypergeometric.
    tail = sum(comb(12, k) * 3 ** (12 - k) for k in range(7, 13)) / 4**12
    assert (chance, side) == (pytest.approx(2 * tail), "high")
    parts, _ = p_value(dataclasses.replace(counted, bounded=True))
    ways = [comb(10, k) * comb(30, 12 - k) for k in range(11)]
    assert parts == pytest.approx(2 * sum(ways[7:]) / comb(40, 12))
    concat = dataclasses.replace(counted, cluster=np.arange(rows) // 5)
    assert p_value(concat)[0] > chance


def test_holm_correction_keeps_the_order():
    assert holm_correction([]) == []
    assert holm_correction([0.2, 0.01, 0.2]) == [0.4, 0.03, 0.4]


def exact_tails(count, group, drawn, rest, odds):
    """The tails in exact fractions."""
    odds = Fraction(odds)
    support = range(max(0, drawn - rest), min(group, drawn) + 1)
    ways = {k: comb(group, k) * comb(rest, drawn - k) * odds**k for k in support}
    total = sum(ways.values())
    lower = sum(way for k, way in ways.items() if k <= count)
    upper = sum(way for k, way in ways.items() if k >= count)
    return float(lower / total), float(upper / total)


def test_noncentral_hypergeometric_tails_of_a_two_by_two_table():
    """2 of 3 against 1 of 4: weights 4, 18, 12, 1 of 35; at odds 2 they are 4, 36, 48, 8 of 96."""
    assert noncentral_hypergeometric_tails(2, 3, 3, 4, 1.0) == pytest.approx((34 / 35, 13 / 35))
    assert noncentral_hypergeometric_tails(2, 3, 3, 4, 2.0) == pytest.approx((88 / 96, 56 / 96))


@pytest.mark.parametrize("odds", [1e-6, 0.3, 1.0, 2.5, 1e6])
@pytest.mark.parametrize(
    ("group", "drawn", "rest"),
    [(3, 3, 4), (1, 5, 9), (10, 12, 30), (40, 7, 3), (100, 52, 1000), (0, 3, 5), (5, 0, 3)],
)
def test_noncentral_hypergeometric_tails_equal_exact_enumeration(group, drawn, rest, odds):
    support = range(max(0, drawn - rest), min(group, drawn) + 1)
    assert len(support) > 0
    for count in support:
        tails = noncentral_hypergeometric_tails(count, group, drawn, rest, odds)
        assert tails == pytest.approx(exact_tails(count, group, drawn, rest, odds), rel=1e-11)


@pytest.mark.parametrize(
    ("count", "group", "drawn", "rest", "odds"),
    [(7, 10, 12, 30, 1.0), (3, 10, 12, 30, 0.4), (30, 300, 100, 900, 0.7), (0, 5, 4, 8, 2.5)],
)
def test_noncentral_hypergeometric_tails_equal_those_of_scipy(count, group, drawn, rest, odds):
    lower, upper = noncentral_hypergeometric_tails(count, group, drawn, rest, odds)
    law = nchypergeom_fisher(group + rest, group, drawn, odds)
    assert lower == pytest.approx(law.cdf(count), abs=1e-12)
    assert upper == pytest.approx(law.sf(count - 1), abs=1e-12)


def test_noncentral_hypergeometric_tails_of_impossible_margins_are_one():
    assert noncentral_hypergeometric_tails(2, 3, 9, 4, 1.0) == (1.0, 1.0)


def test_noncentral_hypergeometric_tails_of_large_counts():
    """12,000 draws; the values were computed by recurrence in 60-digit decimals."""
    lower, upper = noncentral_hypergeometric_tails(3_000, 100_000, 12_000, 300_000, 0.9)
    assert lower == pytest.approx(0.9999995051691792, abs=1e-12)
    assert upper == pytest.approx(5.520975025296906e-07, rel=1e-8)
