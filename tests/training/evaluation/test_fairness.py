"""Groups warned alike pass; a group pushed down is caught; too few are not judged."""

from __future__ import annotations

import dataclasses
import json
from math import comb

import numpy as np
import pytest

from training.evaluation.fairness import FIGURES, as_document, fairness, unfair
from training.evaluation.group_counts import selected
from training.evaluation.groups import memberships
from training.evaluation.hypothesis_tests import Counted, chance_of, holm
from training.evaluation.predictions import MODEL, Judged

MONTHS = np.arange("2024-01", "2025-01", dtype="datetime64[M]").astype("datetime64[D]")
PLACES = 40


def simulated(seed, *, projects=450, contractors=90, fundings=("government", "private"), skew=0.0):
    """Twelve months of a county in which contractors and projects differ and months hang together.

    The model knows a part of it and states true probabilities; ``skew`` makes private projects
    (whose log-odds are then lower) owe less.
    """
    random = np.random.default_rng(seed)
    contractor = random.integers(0, contractors, projects)
    funding = random.choice(np.array(fundings, dtype=object), projects)
    known = random.normal(0, 1.0, contractors)[contractor] + random.normal(0, 0.8, projects)
    odds = known - 3.4 - skew * (funding == "private")
    happened, score = [], []
    trouble = random.random(projects)
    for _ in MONTHS:
        renewed = random.random(projects) < 0.4
        trouble = np.where(renewed, random.random(projects), trouble)
        happened.append((trouble < 1 / (1 + np.exp(-odds))).astype(float))
        score.append(odds)
    rows = np.tile(np.arange(projects), len(MONTHS))
    raw = np.concatenate(score)
    region = random.choice(np.array(["420300101", "420300102", "420301100", None]), projects)
    return Judged(
        as_ofs=np.repeat(MONTHS, projects),
        project_ids=tuple(f"P{row}" for row in rows),
        clusters=tuple(f"C{contractor[row]}" for row in rows),
        happened=np.concatenate(happened),
        outcome=np.concatenate(happened),
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


def pushed_down(judged, by=2.0, funding="private"):
    """The same world, but the model says less of one funding group than is true."""
    raw = judged.scores[MODEL] - by * (judged.attributes["funding"] == funding)
    return dataclasses.replace(
        judged, scores={MODEL: raw}, probability={MODEL: 1 / (1 + np.exp(-raw))}
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
def test_a_group_pushed_down_is_caught(seed):
    found = fairness(pushed_down(simulated(seed)), PLACES)
    stopped = {(one.attribute, one.value, one.figure) for one in unfair(found)}
    assert ("funding", "private", "calibration") in stopped
    assert {(attribute, value) for attribute, value, _ in stopped} == {("funding", "private")}
    private = group(found, "funding", "private")
    assert private.figures["selection_rate"].outside == "low"
    assert private.figures["recall"].value.value < private.figures["recall"].fair
    assert private.ratio.value < 0.7


def test_scores_pushed_down_behind_true_probabilities_are_caught_by_recall():
    fair = simulated(4)
    unlike = dataclasses.replace(pushed_down(fair), probability=fair.probability)
    stopped = {(one.value, one.figure) for one in unfair(fairness(unlike, PLACES))}
    assert stopped == {("private", "recall")}


def test_false_alarms_are_rare_in_a_fair_world():
    alarms = [bool(outside(fairness(simulated(seed, skew=0.0), PLACES))) for seed in range(20)]
    assert sum(alarms) <= 2


def test_a_group_that_owes_less_is_not_unfairly_treated_when_it_is_visited_less():
    stopped = 0
    for seed in range(10):
        found = fairness(simulated(seed, skew=1.0), PLACES)
        private = group(found, "funding", "private")
        assert (
            private.figures["selection_rate"].value.value
            < 0.7 * private.figures["selection_rate"].rest
        )
        stopped += bool(unfair(found))
    assert stopped <= 1


def test_too_few_events_are_not_judged():
    judged = pushed_down(simulated(1), by=6.0)
    private = judged.attributes["funding"] == "private"
    few = np.flatnonzero(private & (judged.happened > 0.5))[9:]
    happened = judged.happened.copy()
    happened[few] = 0
    found = fairness(dataclasses.replace(judged, happened=happened), PLACES)
    for value in ("private", "government"):
        for figure in group(found, "funding", value).figures.values():
            assert figure.outside is None
            assert figure.chance is None
    assert group(found, "funding", "private").figures["recall"].value.low is None


def test_the_order_of_the_rows_changes_nothing():
    judged = pushed_down(simulated(2, projects=80))
    order = np.random.default_rng(0).permutation(len(judged.project_ids))
    shuffled = Judged(
        as_ofs=judged.as_ofs[order],
        project_ids=tuple(judged.project_ids[i] for i in order),
        clusters=tuple(judged.clusters[i] for i in order),
        happened=judged.happened[order],
        outcome=judged.outcome[order],
        scores={MODEL: judged.scores[MODEL][order]},
        probability={MODEL: judged.probability[MODEL][order]},
        attributes={name: one[order] for name, one in judged.attributes.items()},
        workers=judged.workers[order],
        amount=judged.amount[order],
    )
    assert as_document(fairness(judged, 10)) == as_document(fairness(shuffled, 10))


def test_the_document_is_plain_json_without_nan():
    judged = simulated(3, projects=60)
    judged = dataclasses.replace(judged, probability={})
    document = as_document(fairness(judged, 10))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    figures = document["groups"][0]["figures"]
    assert set(figures) == set(FIGURES)
    assert figures["calibration"]["value"]["value"] is None


def test_places_are_shared_among_equals_and_all_are_given_out():
    judged = simulated(0, projects=30)
    level = dataclasses.replace(judged, scores={MODEL: np.round(judged.scores[MODEL])})
    share = selected(level, MODEL, 7)
    for month in MONTHS:
        rows = level.as_ofs == month
        assert share[rows].sum() == pytest.approx(7)
        for value in np.unique(level.scores[MODEL][rows]):
            assert np.ptp(share[rows & (level.scores[MODEL] == value)]) == 0
    assert selected(level, MODEL, 99).min() == 1


def test_groups_are_counties_or_townships_thirds_and_the_unknown():
    judged = simulated(0, projects=90)
    groups = memberships(judged)
    assert {g.value for g in groups if g.attribute == "region"} == {"420300", "420301", None}
    sizes = [g for g in groups if g.attribute == "project_size"]
    assert [g.value for g in sizes] == ["small", "medium", "large"]
    assert [int(g.rows.sum()) // 12 for g in sizes] == [30, 30, 30]
    assert sizes[0].bounds[1] == sizes[1].bounds[0]
    one_county = judged.where(
        np.array([str(code).startswith("420300") for code in judged.attributes["region_code"]])
    )
    regions = {g.value for g in memberships(one_county) if g.attribute == "region"}
    assert regions == {"420300101", "420300102"}


def test_the_chance_is_that_of_the_exact_test():
    rows = 40
    ours = np.arange(rows) < 10
    count = np.where(ours, np.arange(rows) < 7, np.arange(rows) < 15).astype(float)
    counted = Counted(count, np.ones(rows), ours, np.arange(rows), True)
    chance, side = chance_of(counted)
    # 7 of 12 events in a quarter of the rows: the tails of a binomial, of a hypergeometric.
    tail = sum(comb(12, k) * 3 ** (12 - k) for k in range(7, 13)) / 4**12
    assert (chance, side) == (pytest.approx(2 * tail), "high")
    parts, _ = chance_of(dataclasses.replace(counted, bounded=True))
    ways = [comb(10, k) * comb(30, 12 - k) for k in range(11)]
    assert parts == pytest.approx(2 * sum(ways[7:]) / comb(40, 12))
    together = dataclasses.replace(counted, cluster=np.arange(rows) // 5)
    assert chance_of(together)[0] > chance


def test_holm_keeps_the_order():
    assert holm([]) == []
    assert holm([0.2, 0.01, 0.2]) == [0.4, 0.03, 0.4]
