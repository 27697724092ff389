"""The ablation leaves out each signal family of the kind of unit it is asked about."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from lightgbm import Booster

from features.families import payments, stage
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.arrears import Hyperparameters
from models.calibration import Calibration
from models.logistic import LogisticHyperparameters
from training.dataset.labels import EventLog
from training.dataset.training_set import TrainingSet
from training.evaluation.ablation import ablation, family_effects, models_without, varies
from training.evaluation.baselines import _regression
from training.evaluation.walk_forward import plan_walk
from training.fit.fit import fit, fit_alike

from .test_pinned_figures import predictions

MONTH = dt.date(2023, 7, 1)


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


PAID, SEASON = payments.FAMILY, stage.FAMILY
COLUMNS = (PAID.features[0].name, PAID.features[1].name, SEASON.features[0].name)


def training_set(events: int) -> TrainingSet:
    """Eight months of 60 projects, ``events`` of them; the season's column has one value."""
    dates = tuple(dt.date(2024, month, 1) for month in range(1, 9))
    as_ofs = np.repeat(np.array(dates, dtype="datetime64[D]"), 60)
    random = np.random.default_rng(0)
    values = random.random((480, 3))
    values[:, 1] = np.where(values[:, 1] < 0.5, np.nan, values[:, 1])
    values[:, 2] = 0.0
    target = np.zeros(480)
    target[np.argsort(-values[:, 0] - random.random(480) / 2)[:events]] = 1
    names = tuple(f"P{number % 60}" for number in range(480))
    log = EventLog(dt.date(2025, 1, 1), {}, 0)
    return TrainingSet(
        log, dates, Matrix(as_ofs, names, COLUMNS, values, "project"), target, target, events
    )


def test_each_family_is_left_out_of_a_model_alike_in_all_else():
    past = training_set(60)
    whole, without = models_without(past, [PAID, SEASON])
    assert (whole.model.kind, without[PAID.name].kind) == ("logistic", "logistic")
    assert whole.model.columns == COLUMNS
    assert without[PAID.name].columns == COLUMNS[2:]
    assert without[SEASON.name] is whole.model, "one value everywhere"
    card, same = models_without(training_set(9), [PAID])
    assert (card.model.kind, same[PAID.name]) == ("scorecard", card.model)


@pytest.mark.parametrize(
    "recipe", [LogisticHyperparameters(), Hyperparameters(7, 10, 1.0, max_rounds=40, seeds=(0, 1))]
)
def test_a_column_with_one_value_changes_no_score(recipe):
    past = training_set(60)
    left = dataclasses.replace(past, matrix=past.matrix.select_columns(COLUMNS[:2]))
    whole = fit(past, recipe)
    again = fit_alike(left, whole)
    assert again.columns == COLUMNS[:2]
    assert again.raw(left.matrix) == pytest.approx(whole.model.raw(past.matrix), abs=1e-9)
    assert again.calibration == Calibration()
    if isinstance(recipe, Hyperparameters):
        counted = [Booster(model_str=text).num_trees() for text in again.boosters]
        assert counted == [whole.parameters["rounds"]] * 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.0], False),
        ([np.nan, np.nan], False),
        ([0.0, 1.0], True),
        ([0.0, np.nan], True),
        ([], False),
    ],
)
def test_unknown_is_a_value_by_which_rows_may_differ(values, expected):
    days = np.array(["2024-01-01"] * len(values), dtype="datetime64[D]")
    ids = tuple(f"P{number}" for number in range(len(values)))
    column = np.array(values, dtype=float)[:, None]
    assert varies(Matrix(days, ids, COLUMNS[:1], column, "project"), PAID) == expected
    assert not varies(Matrix(days, ids, COLUMNS[:1], column, "project"), SEASON)


def test_the_regression_beside_the_model_does_not_start_from_the_scorecard():
    past = training_set(60)
    cohort = past.matrix.rows_at(past.dates[-1])
    raw, chances = _regression(past, cohort)
    model = fit(past, LogisticHyperparameters(0.01)).model
    assert np.array_equal(raw, model.raw(cohort))
    assert np.array_equal(chances, model.calibration.probability(raw))
    few = dataclasses.replace(past, events=9)
    raw, chances = _regression(few, cohort)
    assert raw.tolist() == [0] * 60
    # 200 rows at 3 % beside the 480.
    assert chances == pytest.approx([(past.target.sum() + 6) / 680] * 60)
