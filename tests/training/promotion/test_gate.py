"""The promotion gate: its checks, its decision and the stored evidence."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import numpy as np
import pytest

from models.registry import CHAMPION, Registry
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training import pipeline
from training.evaluation.bootstrap import Estimate, bootstrap_weights
from training.evaluation.calibration import calibration_report
from training.evaluation.predictions import MODEL, Predictions
from training.pipeline import Search, run_training
from training.promotion.gate import (
    Check,
    comparison_power,
    decide,
    is_calibrated,
    no_leakage,
    not_worse,
)
from training.promotion.leakage import SuspiciousFeature

from ...conftest import thorough

TRAINED_AT = dt.date(2025, 7, 1)
MONTHS = np.array([f"2025-0{n}-01" for n in range(1, 7)], dtype="datetime64[D]")


def rivals(ours, theirs, seed=0, rate=0.1):
    """Predictions whose scores hold ``ours`` and ``theirs`` of the truth, plus noise."""
    random = np.random.default_rng(seed)
    rows = 200 * len(MONTHS)
    truth = random.normal(size=rows)
    chance = 1 / (1 + np.exp(-(2 * truth + np.log(rate / (1 - rate)))))
    labels = (random.random(rows) < chance).astype(float)
    names = tuple(f"P{n % 200}" for n in range(rows))
    scores = {
        MODEL: ours * truth + random.normal(size=rows),
        CHAMPION: theirs * truth + random.normal(size=rows),
    }
    nothing = np.full(rows, np.nan)
    return Predictions(
        np.repeat(MONTHS, 200), names, names, labels, labels, scores,
        {MODEL: chance}, {}, nothing, nothing,
    )  # fmt: skip


def test_not_worse_passes_the_better_and_fails_the_worse():
    assert all(check.passed for check in not_worse(rivals(2.0, 0.5), 20))
    worse = not_worse(rivals(0.3, 3.0), 20)
    assert not any(check.passed for check in worse)
    assert worse[0].figures["difference"]["high"] < 0
    assert worse[0].figures["challenger"] < worse[0].figures["champion"]
    assert len(worse[0].figures["months"]) == 6


def test_not_worse_passes_equals():
    predictions = rivals(1.0, 1.0)
    same = dataclasses.replace(
        predictions, scores=dict.fromkeys((MODEL, CHAMPION), predictions.scores[MODEL])
    )
    assert all(check.passed for check in not_worse(same, 20))


def test_not_worse_cannot_tell_the_same_recipe():
    checks = not_worse(rivals(1.0, 1.0), 20, same_recipe=True)
    assert all(check.undecided and not check.passed for check in checks)


def test_not_worse_cannot_tell_with_few_events():
    predictions = rivals(0.3, 3.0)
    few = np.cumsum(predictions.labels) * predictions.labels
    predictions = dataclasses.replace(predictions, labels=((few > 0) & (few < 10)).astype(float))
    assert all(check.undecided for check in not_worse(predictions, 20))


def test_not_worse_counts_an_event_in_three_months_once():
    """27 rows with label 1 are 9 events: too few to compare."""
    predictions = rivals(0.3, 3.0)
    month = predictions.as_ofs.astype("datetime64[M]").astype(int) % 12
    nine = np.isin(predictions.project_ids, [f"P{n}" for n in range(9)]) & (month < 3)
    predictions = dataclasses.replace(predictions, labels=nine.astype(float))
    assert predictions.labels.sum() == 27
    assert predictions.events == 9
    checks = not_worse(predictions, 20)
    assert [check.figures["events"] for check in checks] == [9, 9]
    assert all(check.undecided for check in checks)


@thorough  # its verdicts: above; its power: below
def test_not_worse_rejects_half_the_average_precision_and_says_its_power():
    """With some 600 events a challenger half as good does not pass in any of ten worlds."""
    for seed in range(10):
        check = not_worse(rivals(0.25, 3.0, seed), 20)[0]
        assert check.figures["challenger"] < 0.6 * check.figures["champion"]
        assert not check.passed
        assert not check.undecided
        assert check.figures["margin"] == pytest.approx(0.2 * check.figures["champion"])
        assert check.figures["passes_half"] < 0.05
        assert check.figures["passes_equal"] > 0.5


def test_not_worse_rejects_a_good_challenger_of_a_perfect_champion():
    """The champion ranks every event first, so nothing can be within a fifth of it."""
    predictions = rivals(1.0, 1.0)
    scores = {**predictions.scores, CHAMPION: predictions.labels}
    precision, listed = not_worse(dataclasses.replace(predictions, scores=scores), 20)
    assert precision.figures["champion"] == 1.0
    assert precision.figures["challenger"] > 2 * predictions.labels.mean()
    assert not precision.passed
    assert not precision.undecided
    assert precision.figures["difference"]["high"] < -precision.figures["margin"]
    assert not listed.passed


@pytest.mark.parametrize(
    ("clusters", "equal", "half"),
    # Bounds of the interval: 2.262 * sqrt(10 / 9) = 2.3846 and, for many, 1.9600 errors.
    # An equal challenger has the whole margin of 3 errors, one half as good 3 - 3 / 0.4 = -4.5.
    [(10, 0.7308, 0.0), (1_000_000, 0.8508, 0.0)],
)
def test_comparison_power_counts_with_the_width_of_the_interval(clusters, equal, half):
    gaps = np.array([0.0, *[-1.0, 1.0] * 500])
    found = comparison_power(gaps, 3.0, clusters)
    assert found.passes_equal == pytest.approx(equal, abs=5e-4)
    assert found.passes_half == pytest.approx(half, abs=1e-4)


def test_comparison_power_is_unknown_without_a_margin_or_spread():
    assert comparison_power(np.array([0.0, 1.0, -1.0]), None, 10) is None
    assert comparison_power(np.array([0.0, 1.0, 1.0]), 3.0, 10) is None


@pytest.mark.parametrize(
    ("same_recipe", "over_scorecard", "passed", "grounds"),
    [
        (True, False, True, "same_recipe"),
        (False, True, True, "more_events"),
        (False, False, False, "cannot_tell"),
    ],
)
def test_decide_on_undecided_checks(same_recipe, over_scorecard, passed, grounds):
    undecided = Check("average_precision", False, {}, undecided=True)
    decision = decide(
        [undecided],
        first=False,
        few_events=False,
        same_recipe=same_recipe,
        over_scorecard=over_scorecard,
    )
    assert (decision.passed, decision.grounds) == (passed, grounds)
    failed = Check("leaks", False, {})
    decision = decide([undecided, failed], first=False, few_events=False, same_recipe=True)
    assert (decision.passed, decision.grounds) == (False, "too_good")


@pytest.mark.parametrize(
    ("stretch", "shift", "passes"), [(1.0, 0.0, True), (1.0, 1.5, False), (4.0, 0.0, False)]
)
def test_is_calibrated_fails_on_shifted_or_stretched_probabilities(stretch, shift, passes):
    predictions = rivals(1.0, 1.0)
    chance = predictions.probability[MODEL]
    odds = stretch * np.log(chance / (1 - chance)) + shift
    predicted = 1 / (1 + np.exp(-odds))
    weights = bootstrap_weights(predictions.clusters, n_resamples=200)[1:]
    assert (
        is_calibrated(calibration_report(predicted, predictions.labels, weights)).passed is passes
    )


def test_no_leakage_fails_on_a_suspicious_feature():
    assert no_leakage([]).passed
    assert not no_leakage([SuspiciousFeature("leak", 0.99)]).passed


def test_decide_passes_the_first_model_with_failed_checks():
    failed = Check("leaks", False, {})
    assert decide([failed], first=True, few_events=False).passed
    assert decide([failed], first=False, few_events=False).grounds == "too_good"
    assert decide([], first=False, few_events=True).grounds == "few_events"


@pytest.fixture
def office(county_office, tmp_path):
    """The county without its model; features are read from the cache."""
    workspace = Workspace(tmp_path / "office")
    shutil.copytree(county_office.features, workspace.features)
    shutil.copy(county_office.records, workspace.records)
    return workspace


def run(office, capacity=20):
    return run_training(office, TRAINED_AT, principal="test", capacity=capacity, search=Search())


@thorough
def test_run_training_rejects_a_model_that_warns_a_group_too_little(
    office, county_trained, monkeypatch
):
    """Privately funded projects are ranked last, though their wages are owed no less often."""
    registry = Registry(office)
    about = {"trained_at": TRAINED_AT.isoformat()}
    first = registry.register(county_trained.model, about, parameters={}, metrics={})
    registry.promote(first.version, who="test", why="the first")
    with RecordStore(office.records, read_only=True) as store:
        rows = store.rows("SELECT project_id FROM projects WHERE funding = 'private'")
    private = {project for (project,) in rows}
    fitted = pipeline.fit

    def ranked_last(*args, **named):
        trained = fitted(*args, **named)
        held = trained.holdout
        last = np.array([name in private for name in held.matrix.project_ids])
        scores = np.where(last, held.scores.min() - 1, held.scores)
        return dataclasses.replace(trained, holdout=dataclasses.replace(held, scores=scores))

    monkeypatch.setattr(pipeline, "fit", ranked_last)
    monkeypatch.setattr(pipeline, "tune", lambda *args: None)
    second = run(office, capacity=40)
    assert not second.decision.passed
    assert second.decision.grounds == "unfair"
    (check,) = (one for one in second.decision.checks if one.name == "fairness")
    assert [(g["attribute"], g["value"]) for g in check.figures["groups"]] == [
        ("funding", "private")
    ]
    assert registry.champion()[1].version == first.version
    assert second.version.about["evidence"]["gate"]["grounds"] == "unfair"


@thorough
def test_run_training_twice_on_the_same_records_gives_the_same_model_and_passes(
    county_office, tmp_path
):
    office = Workspace(tmp_path / "office")
    shutil.copytree(county_office.root, office.root)
    model, first = Registry(office).champion()
    second = run(office)
    assert first.about["evidence"]["gate"]["grounds"] == "first_model"
    assert second.decision.passed, second.decision
    assert second.decision.grounds == "same_recipe"
    assert second.trained.model == model
    evidence = second.version.about["evidence"]
    assert {"months", "places", "figures", "calibration", "fairness", "gate"} <= set(evidence)
    assert first.about["choice"] == second.version.about["choice"]
    assert Estimate(**evidence["figures"]["model"]["roc_auc"]).value > 0.6
    registry = Registry(office)
    assert "spreads" in registry.artifact("1", "profile.json")


@thorough
def test_run_training_without_champion_takes_the_next_sound_kind(office, monkeypatch):
    """The trees give four times the probability: a regression goes live in their place."""
    fitted = pipeline.fit

    def overstated(training_set, hyperparameters=None, progress=None, out_of_time=None):
        trained = fitted(training_set, hyperparameters, progress, out_of_time)
        if trained.model.kind != "lightgbm":
            return trained
        held = trained.holdout
        probability = np.minimum(4 * held.probability, 0.99)
        return dataclasses.replace(
            trained, holdout=dataclasses.replace(held, probability=probability)
        )

    monkeypatch.setattr(pipeline, "fit", overstated)
    monkeypatch.setattr(pipeline, "tune", lambda *args: None)
    done = run(office)
    assert done.version.kind == "logistic"
    assert done.decision.passed
    assert done.decision.failed_checks() == ()
    assert done.version.about["rejected"] == [{"kind": "lightgbm", "failed": ["calibration"]}]
