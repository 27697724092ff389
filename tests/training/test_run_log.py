"""Runs of trainings in MLflow: opened first, true parameters, months, an honest log loss."""

from __future__ import annotations

import datetime as dt
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest

from features.matrix import Matrix
from models.calibration import Calibration
from models.logistic import LogisticHyperparameters
from models.registry import Registry
from models.scorecard import Scorecard
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.artifacts import typical_row
from training.dataset.training_set import NoProjectsKnown
from training.evaluation.backtest import backtest
from training.fit.fit import Holdout
from training.fit.honest_loss import honest_losses
from training.fit.model_selection import Candidate, choose
from training.fit.out_of_time import directions_of
from training.pipeline import _champion, run_training
from training.run_log import (
    log_backtest,
    log_candidates,
    log_training,
    metrics_by_month,
    opening_tags,
)

from ..conftest import thorough


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return Registry(Workspace(tmp_path_factory.mktemp("runs")))


def runs_of(registry, kind="arrears"):
    experiment = registry._client.get_experiment_by_name(kind).experiment_id
    return registry._client.search_runs([experiment])


def test_a_training_that_fails_leaves_a_failed_run(tmp_path):
    workspace = Workspace(tmp_path)
    RecordStore(workspace.records).close()
    with pytest.raises(NoProjectsKnown):
        run_training(workspace, dt.date(2026, 4, 1), principal="a", capacity=20)
    (run,) = runs_of(Registry(workspace))
    assert run.info.run_name == "arrears 2026-04-01"
    assert run.info.status == "FAILED"
    assert run.data.tags["error"] == "no_projects_known"
    assert run.data.tags["as_of"] == "2026-04-01"
    assert "lightgbm 4." in run.data.tags["packages"]


def test_parameters_say_which_features_are_monotone(county_trained):
    columns = county_trained.model.columns
    constraints = county_trained.parameters["monotone_constraints"]
    assert constraints["unpaid_amount"] == 1
    assert constraints["subcontractor_capital_min"] == -1
    assert "contract_count" not in constraints
    assert len(constraints) == np.count_nonzero(directions_of(columns))
    assert "seed" not in county_trained.parameters
    assert county_trained.parameters["seeds"] == [0, 1, 2, 3]


def test_a_run_shows_months_records_and_compared_candidates(
    registry, county_training_set, county_trained
):
    hyperparameters = LogisticHyperparameters(0.01)
    candidates = [Candidate("default", county_trained.recipe, (0.2, 0.4))]
    candidates.append(Candidate("logistic 0.01", hyperparameters, (0.1, 0.5)))
    with registry.run("arrears 2025-07-01", opening_tags(dt.date(2025, 7, 1), "project")) as run:
        log_training(run, county_training_set, county_trained, "d" * 64)
        log_candidates(run, choose(candidates))
    client = registry._client
    stored = client.get_run(run.id)
    assert stored.inputs.dataset_inputs[0].dataset.digest == "d" * 36
    assert stored.data.tags["records_digest"] == "d" * 64
    history = client.get_metric_history(run.id, "month/average_precision")
    months = list(metrics_by_month(county_trained.holdout))
    assert {one.step for one in history} <= {day.year * 100 + day.month for day in months}
    assert len(history) >= 6
    children = [r for r in runs_of(registry) if r.data.tags.get("mlflow.parentRunId") == run.id]
    found = {child.info.run_name: child for child in children}
    assert found["logistic 0.01"].data.params["strength"] == "0.01"
    assert found["logistic 0.01"].data.metrics["worst_regret"] == pytest.approx(0.1)
    assert found["default"].data.tags["chosen"] == "True"


def month(day, count):
    return np.repeat(np.datetime64(day), count)


def test_metrics_by_month_leave_out_what_cannot_be_measured():
    as_ofs = np.concatenate([month("2025-01-01", 2), month("2025-02-01", 2)])
    matrix = Matrix(as_ofs, ("A", "B", "A", "B"), ("a",), np.zeros((4, 1)))
    holdout = Holdout(
        matrix,
        scores=np.array([1.0, 2.0, 0.0, 1.0]),
        labels=np.array([0.0, 0.0, 1.0, 0.0]),
        expected=np.zeros(4),
        probability=np.array([np.nan, np.nan, 0.5, 0.25]),
    )
    found = metrics_by_month(holdout)
    assert found[dt.date(2025, 1, 1)] == {"rows": 2.0, "events": 0.0}
    assert found[dt.date(2025, 2, 1)] == {
        "rows": 2.0,
        "events": 1.0,
        "roc_auc": 0.0,
        "average_precision": 0.5,
        "log_loss": pytest.approx((math.log(2) + math.log(4 / 3)) / 2),
    }


def test_the_log_loss_of_a_month_is_not_changed_by_its_own_labels():
    random = np.random.default_rng(0)
    as_ofs = np.concatenate([month("2025-01-01", 200), month("2025-06-01", 200)])
    stages = random.normal(size=(400, 3))
    labels = (random.random(400) < 1 / (1 + np.exp(-stages[:, 1]))).astype(float)
    names = [f"P{number}" for number in range(400)]
    found = honest_losses(stages, names, as_ofs, labels, labels)
    # The rate of 200 rows with 200 more at 3 %, see shrunk_rate.
    rate = (labels[:200].sum() + 6) / 400
    late = labels[200:].mean()
    expected = -(late * math.log(rate) + (1 - late) * math.log(1 - rate))
    assert found["log_loss_of_rate"] == pytest.approx(expected)
    assert found["log_loss"] < found["log_loss_of_rate"]
    # Turning all labels of the judged month turns its loss, since nothing is fitted on it.
    turned = np.concatenate([labels[:200], 1 - labels[200:]])
    both = found["log_loss"] + honest_losses(stages, names, as_ofs, turned, turned)["log_loss"]
    assert both > 2 * math.log(2)
    only_late = labels * (as_ofs == np.datetime64("2025-06-01"))
    assert honest_losses(stages, names, as_ofs, only_late, only_late) == {}


def test_ten_distinct_events_before_a_month_give_it_a_log_loss():
    """Nine projects with three labels of one event each are nine events; a tenth makes ten."""
    as_ofs = np.concatenate([month(f"2025-0{n}-01", 20) for n in (1, 2, 3, 6)])
    names = [f"P{number}" for number in range(20)] * 4
    stages = np.random.default_rng(0).normal(size=(80, 1))

    def judged(events):
        labels = np.tile(np.arange(20) < events, 4).astype(float)
        return honest_losses(stages, names, as_ofs, labels, labels)

    assert judged(9) == {}
    assert judged(10).keys() == {"log_loss", "log_loss_of_rate"}


def test_the_input_example_is_a_row_of_medians():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    matrix = Matrix(month("2025-01-01", 3), ("A", "B", "C"), ("a", "b"), values)
    assert typical_row(matrix, ("b", "a")) == [pytest.approx(math.nan, nan_ok=True), 2.0]


def test_the_stages_of_a_fit_are_those_of_its_holdout(county_trained):
    held = county_trained.holdout
    assert county_trained.stages.shape[0] == len(held.scores)
    assert any((stage == held.scores).all() for stage in county_trained.stages.T)
    keys = held.matrix.project_ids, held.matrix.as_ofs
    losses = honest_losses(county_trained.stages, *keys, held.labels, held.expected)
    assert losses["log_loss"] < losses["log_loss_of_rate"]
    assert county_trained.metrics.keys() == {
        "roc_auc",
        "average_precision",
        "base_rate",
    }


@thorough
def test_a_backtest_is_a_run_with_a_nested_run_for_every_month(registry, county_office, tmp_path):
    first, last = dt.date(2025, 3, 1), dt.date(2025, 4, 1)
    cache = shutil.copytree(county_office.features, tmp_path / "features")
    with (
        RecordStore(county_office.records, read_only=True) as store,
        registry.run("backtest", opening_tags(last, "project")) as run,
    ):
        report = backtest(store, first, last, capacity=10, cache_dir=cache)
        log_backtest(run, report, {"capacity": 10})
    stored = registry._client.get_run(run.id)
    figures = report.reports["model"].figures
    assert stored.data.metrics["model/roc_auc"] == figures["roc_auc"].value
    children = [r for r in runs_of(registry) if r.data.tags.get("mlflow.parentRunId") == run.id]
    names = {one.info.run_name: one.data for one in children}
    assert set(names) == {"2025-03-01", "2025-04-01"}
    assert names["2025-04-01"].metrics["events"] == report.walk.months[1].events
    assert "rules/average_precision" in names["2025-04-01"].metrics
    assert (run.folder / "backtest.json").is_file()


def test_a_model_whose_folder_was_deleted_stops_neither_lists_nor_the_next_training(tmp_path):
    registry = Registry(Workspace(tmp_path))

    def promoted(intercept):
        model = replace(Scorecard(), calibration=Calibration(1.0, intercept))
        about = {"trained_at": "2025-07-01"}
        version = registry.register(model, about, parameters={}, metrics={}).version
        return registry.promote(version, who="a", why="b").version

    first, second = promoted(-1.0), promoted(-2.0)
    assert _champion(registry)[1].version == second
    [folder] = [
        path.parent
        for path in (tmp_path / "models").rglob("model.json")
        if "-2.0" in path.read_text(encoding="utf-8")
    ]
    shutil.rmtree(folder)
    assert [one.version for one in registry.versions()] == [first]
    assert registry.damaged_versions() == [second]
    # The next training has nothing to compare with; going back is possible as well.
    assert _champion(registry) is None
    assert registry.champion_version() == second
    assert registry.rollback(who="a", why="c").version == first
    assert _champion(registry)[1].version == first
