"""The walk uses only what was known at each month and is labelled by later events."""

from __future__ import annotations

import datetime as dt
import shutil

import numpy as np
import pytest

from features.families import PROJECT_FAMILIES, stage
from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.store.store import RecordStore
from training.dataset.labels import event_log, horizon_labels
from training.dataset.training_set import NoProjectsKnown, build_training_set
from training.evaluation.baselines import CONTENDERS
from training.evaluation.predictions import MODEL
from training.evaluation.walk_forward import (
    NothingToJudge,
    SpanEmpty,
    WalkPlan,
    end_of_records,
    plan_walk,
    walk,
)
from training.fit.fit import fit

from ...conftest import thorough

FIRST, LAST = dt.date(2025, 3, 1), dt.date(2025, 4, 1)


@pytest.fixture(scope="module")
def walked(county):
    with RecordStore(county.records, read_only=True) as store:
        return walk(store, plan_walk(store, FIRST, LAST))


@thorough
def test_walk_scores_every_project_of_every_month_by_every_contender(walked, county):
    predictions = walked.predictions
    assert predictions.months() == [FIRST, LAST]
    assert set(predictions.scores) == set(CONTENDERS)
    with RecordStore(county.records, read_only=True) as store:
        cohort = feature_matrix(store, [FIRST, LAST], families=[stage.FAMILY])
    assert predictions.project_ids == cohort.project_ids
    assert all(len(one) == len(cohort.project_ids) for one in predictions.scores.values())
    assert not any(np.isnan(one).any() for one in predictions.scores.values())


@thorough
def test_walk_scores_equal_those_of_the_model_trained_that_day(walked, county):
    with RecordStore(county.records, read_only=True) as store:
        model = fit(build_training_set(store, FIRST)).model
        cohort = feature_matrix(store, [FIRST])
    month = walked.predictions.where(walked.predictions.as_ofs == np.datetime64(FIRST))
    assert np.array_equal(month.scores[MODEL], model.raw(cohort))
    probability = model.calibration.probability(model.raw(cohort))
    assert np.array_equal(month.probability[MODEL], probability)


@thorough
def test_walk_scores_do_not_depend_on_later_records(walked, county, tmp_path):
    """The same walk over a store without the records known from the last month on."""
    records = shutil.copy(county.records, tmp_path)
    with RecordStore(records) as store:
        log = event_log(store, end_of_records(store))
        for table in TABLES:
            store.connection.execute(f"DELETE FROM {table} WHERE known_at >= ?", [LAST])
        again = walk(store, WalkPlan(LAST, (FIRST, LAST), ()))
        cohort = feature_matrix(store, [FIRST, LAST], families=[stage.FAMILY])
    for name in CONTENDERS:
        assert np.array_equal(again.predictions.scores[name], walked.predictions.scores[name]), name
    assert np.array_equal(walked.predictions.labels, horizon_labels(log, cohort))
    assert again.predictions.labels.sum() < walked.predictions.labels.sum()


@thorough
def test_walk_gives_the_same_predictions_with_a_feature_cache(walked, county, tmp_path):
    steps: list[str] = []
    with RecordStore(county.records, read_only=True) as store:
        planned = plan_walk(store, FIRST, LAST)
        walk(store, planned, cache_dir=tmp_path)
        again = walk(store, planned, lambda step, share: steps.append(step), cache_dir=tmp_path)
    assert PROJECT_FAMILIES[-1].steps[-1].name not in steps
    for name in CONTENDERS:
        assert np.array_equal(again.predictions.scores[name], walked.predictions.scores[name]), name
    assert np.array_equal(again.predictions.workers, walked.predictions.workers, equal_nan=True)
    assert np.array_equal(again.predictions.amount, walked.predictions.amount, equal_nan=True)
    assert again.predictions.clusters == walked.predictions.clusters


def test_plan_walk_leaves_out_months_that_are_not_mature(county):
    with RecordStore(county.records, read_only=True) as store:
        found = plan_walk(store, dt.date(2025, 6, 1), dt.date(2026, 1, 1))
        known_until = end_of_records(store)
        assert found.known_until == known_until
        mature = event_log(store, known_until).last_mature()
        assert max(found.months) <= mature < min(found.not_mature)
        with pytest.raises(NothingToJudge):
            plan_walk(store, dt.date(2026, 1, 1), dt.date(2026, 2, 1))
        with pytest.raises(SpanEmpty):
            plan_walk(store, LAST, FIRST)


def test_plan_walk_without_projects_raises_no_projects_known(world):
    world.project(known_at="2024-05-01")
    with pytest.raises(NoProjectsKnown):
        plan_walk(world.store, dt.date(2024, 5, 1), dt.date(2024, 6, 1))


def test_walk_without_events_uses_the_scorecard(world):
    for number in range(3):
        world.project(f"P{number}", known_at="2024-01-02")
    world.add("complaints", complaint_id="K", received_on="2025-12-01", known_at="2025-12-01")
    found = walk(world.store, plan_walk(world.store, dt.date(2024, 6, 1), dt.date(2024, 7, 1)))
    assert [note.kind for note in found.months] == ["scorecard", "scorecard"]
    assert found.predictions.labels.sum() == 0
