"""The ablation leaves out each signal family of the kind of unit it is asked about."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.families import complaints, history, payments, stage
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.logistic import LogisticHyperparameters
from training.dataset.labels import EventLog
from training.dataset.training_set import TrainingSet
from training.evaluation.ablation import _without_each, ablation, family_effects
from training.evaluation.baselines import _regression
from training.evaluation.predictions import MODEL
from training.evaluation.walk_forward import plan_walk
from training.fit.fit import fit

from .test_pinned_figures import predictions

MONTH = dt.date(2023, 7, 1)
COLUMNS = ("complaints_90d", "unpaid_share_3m", "listed")


@pytest.fixture
def store(world):
    """Two employers and two projects with a case each, and a year of records after them."""
    for number in ("P1", "P2"):
        world.project(number, started_on="2023-01-01", known_at="2023-01-02")
    for number in ("E1", "E2"):
        world.add("organizations", org_id=number, org_name=number, org_kind="employer",
                  known_at="2023-01-02")  # fmt: skip
    for number, about in (("C1", {"org_id": "E1"}), ("C2", {"project_id": "P1"})):
        world.add("cases", case_id=number, opened_on="2023-08-01", known_at="2023-08-01",
                  status="closed", confirmed_on="2023-08-02", closed_on="2023-08-03",
                  **about)  # fmt: skip
    world.add("complaints", complaint_id="K1", received_on="2024-12-01", known_at="2024-12-01")
    return world.store


@pytest.mark.parametrize(("kind", "last"), [("employer", 10), ("project", 7)])
def test_ablation_covers_every_family_of_the_kind(store, kind, last):
    """Of the months from July on only every third is walked."""
    seen, done = store.for_kind(kind), []
    plan = plan_walk(seen, MONTH, MONTH.replace(month=last))
    found = ablation(seen, plan, capacity=1, progress=lambda step, share: done.append(step))
    families = {family.name for family in FEATURE_SETS[kind].families}
    assert {one.family for one in found} == families
    assert ("utilities" in families) == (kind == "employer")
    walked = {day for day in done if day[:4].isdecimal()}
    assert walked == {f"2023-{month:02}-01" for month in range(7, last + 1, 3)}


def test_an_effect_is_what_the_model_loses_and_the_greatest_comes_first():
    """One event of three. The model has it first: average precision 1, and it outranks both others.

    Without pay it is second, 1/2 and one of two; without complaints last, 1/3 and none; without
    stage it is first as before.
    """
    given = predictions([3, 2, 1], [1, 0, 0])
    ranks = {"stage": [3, 2, 1], "pay": [2, 3, 1], "complaints": [1, 2, 3]}
    scores = {name: np.array(one, dtype=float) for name, one in ranks.items()}
    given = dataclasses.replace(given, scores={**given.scores, **scores})
    found = family_effects(given, list(ranks), 2)
    assert [one.family for one in found] == ["complaints", "pay", "stage"]
    assert [one.average_precision.value for one in found] == pytest.approx([2 / 3, 1 / 2, 0])
    assert [one.roc_auc.value for one in found] == [1, 0.5, 0]
    assert {one.roc_auc.positives for one in found} == {1}


@pytest.fixture(scope="module")
def training_set():
    """A year of sixty projects with three features of three families that all tell of arrears."""
    random = np.random.default_rng(0)
    dates = [dt.date(2024, month, 1) for month in range(1, 13)]
    values = random.random((720, 3))
    target = (random.random(720) < 0.2 * values.sum(axis=1)).astype(float)
    days = np.repeat(np.array(dates, dtype="datetime64[D]"), 60)
    matrix = Matrix(days, tuple(f"P{row % 60}" for row in range(720)), COLUMNS, values)
    log = EventLog(dt.date(2025, 6, 1), {}, 30)
    return TrainingSet(log, tuple(dates), matrix, target, target, 60)


def test_each_family_is_left_out_of_a_model_fitted_without_it(training_set):
    """Nothing of a fourth family is in the training set."""
    cohort = training_set.matrix.rows_at(training_set.dates[-1])
    families = (complaints.FAMILY, payments.FAMILY, history.FAMILY, stage.FAMILY)
    found = _without_each(training_set, cohort, families)
    whole = fit(training_set)
    assert whole.model.kind == "logistic"
    assert np.array_equal(found.scores[MODEL], whole.model.raw(cohort))
    chances = whole.model.calibration.probability(whole.model.raw(cohort))
    assert np.array_equal(found.probability[MODEL], chances)
    for left_out, family in zip(COLUMNS, families, strict=False):
        assert left_out in family.by_name
        rest = training_set.matrix.select_columns([name for name in COLUMNS if name != left_out])
        without = fit(dataclasses.replace(training_set, matrix=rest)).model.raw(cohort)
        assert np.array_equal(found.scores[family.name], without)
        assert not np.array_equal(without, found.scores[MODEL])
    assert np.array_equal(found.scores[stage.FAMILY.name], found.scores[MODEL])


def test_the_regression_beside_the_model_does_not_start_from_the_scorecard(training_set):
    cohort = training_set.matrix.rows_at(training_set.dates[-1])
    raw, chances = _regression(training_set, cohort)
    model = fit(training_set, LogisticHyperparameters(0.01)).model
    assert np.array_equal(raw, model.raw(cohort))
    assert np.array_equal(chances, model.calibration.probability(raw))
    few = dataclasses.replace(training_set, events=9)
    raw, chances = _regression(few, cohort)
    assert raw.tolist() == [0] * 60
    # 200 rows at 3 % beside the 720.
    assert chances == pytest.approx([(training_set.target.sum() + 6) / 920] * 60)
