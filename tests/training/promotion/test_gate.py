"""The gate: no worse, calibrated, fair, honest; its decision and its evidence."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import numpy as np
import pytest

from models.registry import Registry
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.evaluation.bootstrap import Estimate
from training.evaluation.calibration import reliability
from training.evaluation.predictions import MODEL, Judged
from training.evaluation.report import resamples
from training.pipeline import Search, train_and_register
from training.promotion.gate import CHAMPION, Check, calibrated, decide, honest, no_worse
from training.promotion.leakage import TooGood

from ...conftest import thorough

TRAINED_AT = dt.date(2025, 7, 1)
MONTHS = np.array([f"2025-0{n}-01" for n in range(1, 7)], dtype="datetime64[D]")


def race(ours, theirs, seed=0, rate=0.1):
    """Rows in which ``ours`` and ``theirs`` say how much of the truth each score holds."""
    random = np.random.default_rng(seed)
    rows = 200 * len(MONTHS)
    truth = random.normal(size=rows)
    chance = 1 / (1 + np.exp(-(2 * truth + np.log(rate / (1 - rate)))))
    happened = (random.random(rows) < chance).astype(float)
    names = tuple(f"P{n % 200}" for n in range(rows))
    scores = {
        MODEL: ours * truth + random.normal(size=rows),
        CHAMPION: theirs * truth + random.normal(size=rows),
    }
    nothing = np.full(rows, np.nan)
    return Judged(
        np.repeat(MONTHS, 200), names, names, happened, happened, scores,
        {MODEL: chance}, {}, nothing, nothing,
    )  # fmt: skip


def test_the_better_passes_and_the_worse_does_not():
    assert all(check.passed for check in no_worse(race(2.0, 0.5), 20))
    worse = no_worse(race(0.3, 3.0), 20)
    assert not any(check.passed for check in worse)
    assert worse[0].figures["difference"]["high"] < 0
    assert worse[0].figures["challenger"] < worse[0].figures["champion"]
    assert len(worse[0].figures["months"]) == 6


def test_equals_pass():
    judged = race(1.0, 1.0)
    same = dataclasses.replace(
        judged, scores=dict.fromkeys((MODEL, CHAMPION), judged.scores[MODEL])
    )
    assert all(check.passed for check in no_worse(same, 20))


def test_with_too_few_events_neither_is_worse():
    judged = race(0.3, 3.0)
    few = np.cumsum(judged.happened) * judged.happened
    judged = dataclasses.replace(judged, happened=((few > 0) & (few < 10)).astype(float))
    assert all(check.passed for check in no_worse(judged, 20))


@pytest.mark.parametrize(
    ("stretch", "shift", "passes"), [(1.0, 0.0, True), (1.0, 1.5, False), (4.0, 0.0, False)]
)
def test_probabilities_must_mean_what_they_say(stretch, shift, passes):
    judged = race(1.0, 1.0)
    chance = judged.probability[MODEL]
    odds = stretch * np.log(chance / (1 - chance)) + shift
    said = 1 / (1 + np.exp(-odds))
    weights = resamples(judged, draws=200)[1:]
    assert calibrated(reliability(said, judged.happened, weights)).passed is passes


def test_a_feature_too_good_to_be_true_stops_it():
    assert honest([]).passed
    assert not honest([TooGood("leak", 0.99)]).passed


def test_the_first_model_passes_whatever_the_checks_say():
    failed = Check("leaks", False, {})
    assert decide([failed], first=True, few_events=False).passed
    assert decide([failed], first=False, few_events=False).grounds == "too_good"
    assert decide([], first=False, few_events=True).grounds == "few_events"


@pytest.fixture
def office(county, tmp_path):
    workspace = Workspace(tmp_path / "office")
    workspace.root.mkdir()
    shutil.copy(county.records, workspace.records)
    return workspace


def run(office):
    return train_and_register(office, TRAINED_AT, who="test", places=20, search=Search())


@thorough
def test_a_group_that_is_warned_too_little_stops_the_model(office, county_trained):
    """Privately funded projects report nothing any more, and their arrears go on."""
    registry = Registry(office)
    about = {"trained_at": TRAINED_AT.isoformat()}
    first = registry.register(county_trained.model, about, parameters={}, metrics={})
    registry.promote(first.version, who="test", why="the first")
    private = "(SELECT project_id FROM projects WHERE funding = 'private')"
    with RecordStore(office.records) as store:
        store.connection.execute(
            "DELETE FROM payments WHERE payroll_id IN"
            f" (SELECT payroll_id FROM payrolls WHERE project_id IN {private})"
        )
        for table in ("payrolls", "attendance", "transfers", "complaints", "contracts",
                      "disputes", "accounts", "deposits"):  # fmt: skip
            store.connection.execute(f"DELETE FROM {table} WHERE project_id IN {private}")
    second = run(office)
    assert not second.decision.passed
    assert second.decision.grounds == "unfair"
    (check,) = (one for one in second.decision.checks if one.name == "fairness")
    assert [(g["attribute"], g["value"]) for g in check.figures["groups"]] == [
        ("funding", "private")
    ]
    assert registry.champion()[1].version == first.version
    assert second.version.about["evidence"]["gate"]["grounds"] == "unfair"


@thorough
def test_training_again_on_the_same_records_gives_the_same_files_and_passes(office):
    first, second = run(office), run(office)
    assert first.decision.grounds == "first_model"
    assert second.decision.passed, second.decision
    assert second.decision.grounds == "no_worse"
    assert first.trained.model == second.trained.model
    evidence = second.version.about["evidence"]
    assert {"months", "places", "figures", "calibration", "fairness", "gate"} <= set(evidence)
    assert first.version.about["choice"] == second.version.about["choice"]
    assert Estimate(**evidence["figures"]["model"]["roc_auc"]).value > 0.6
    registry = Registry(office)
    assert "spreads" in registry.artifact("1", "profile.json")
    assert "levels" in registry.artifact("1", "resemblance.json")
