"""The walk forward sees only what was known at each month, and is judged by what came later."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.families import PROJECT_FAMILIES
from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.dataset.labels import event_log, happened
from training.dataset.training_set import NoProjectsKnown, lessons_at
from training.evaluation.baselines import CONTENDERS
from training.evaluation.predictions import MODEL
from training.evaluation.walk_forward import (
    NothingToJudge,
    Plan,
    SpanEmpty,
    end_of_records,
    plan,
    walk,
)
from training.fit.fit import fit

from ...conftest import thorough

FIRST, LAST = dt.date(2025, 3, 1), dt.date(2025, 4, 1)


@pytest.fixture(scope="module")
def walked(county):
    with RecordStore(county.records, read_only=True) as store:
        return walk(store, plan(store, FIRST, LAST))


@thorough
def test_every_contender_scores_every_project_of_every_month(walked, county):
    judged = walked.judged
    assert judged.months() == [FIRST, LAST]
    assert set(judged.scores) == set(CONTENDERS)
    with RecordStore(county.records, read_only=True) as store:
        cohort = feature_matrix(store, [FIRST, LAST])
    assert judged.project_ids == cohort.project_ids
    assert all(len(one) == len(cohort.project_ids) for one in judged.scores.values())
    assert not any(np.isnan(one).any() for one in judged.scores.values())


@thorough
def test_the_scores_of_a_month_are_those_of_the_model_trained_that_day(walked, county):
    with RecordStore(county.records, read_only=True) as store:
        model = fit(lessons_at(store, FIRST)).model
        cohort = feature_matrix(store, [FIRST])
    month = walked.judged.where(walked.judged.as_ofs == np.datetime64(FIRST))
    assert np.array_equal(month.scores[MODEL], model.raw(cohort))
    said = model.calibration.probability(model.raw(cohort))
    assert np.array_equal(month.probability[MODEL], said)


@thorough
def test_what_became_known_later_changes_no_score(walked, tmp_path):
    """The same walk over a store in which nothing of the last month on was ever told."""
    folder = tmp_path / "records"
    simulate(folder, projects=450, months=42, seed=7)
    workspace = Workspace(tmp_path / "workspace")
    import_paths(workspace, [folder], today=dt.date(2026, 1, 1))
    with RecordStore(workspace.records) as store:
        log = event_log(store, end_of_records(store))
        for table in TABLES:
            store.connection.execute(f"DELETE FROM {table} WHERE known_at >= ?", [LAST])
        again = walk(store, Plan(LAST, (FIRST, LAST), ()))
        cohort = feature_matrix(store, [FIRST, LAST])
    for name in CONTENDERS:
        assert np.array_equal(again.judged.scores[name], walked.judged.scores[name]), name
    assert np.array_equal(walked.judged.happened, happened(log, cohort))
    assert again.judged.happened.sum() < walked.judged.happened.sum()


@thorough
def test_features_kept_by_month_change_no_figure(walked, county, tmp_path):
    heard: list[str] = []
    with RecordStore(county.records, read_only=True) as store:
        planned = plan(store, FIRST, LAST)
        walk(store, planned, kept=tmp_path)
        again = walk(store, planned, lambda step, share: heard.append(step), kept=tmp_path)
    assert PROJECT_FAMILIES[-1].steps[-1].name not in heard
    for name in CONTENDERS:
        assert np.array_equal(again.judged.scores[name], walked.judged.scores[name]), name
    assert np.array_equal(again.judged.workers, walked.judged.workers, equal_nan=True)
    assert np.array_equal(again.judged.amount, walked.judged.amount, equal_nan=True)
    assert again.judged.clusters == walked.judged.clusters


def test_months_that_cannot_be_judged_yet_are_left_out(county):
    with RecordStore(county.records, read_only=True) as store:
        found = plan(store, dt.date(2025, 6, 1), dt.date(2026, 1, 1))
        told_at = end_of_records(store)
        assert found.told_at == told_at
        mature = event_log(store, told_at).last_mature()
        assert max(found.months) <= mature < min(found.not_mature)
        with pytest.raises(NothingToJudge):
            plan(store, dt.date(2026, 1, 1), dt.date(2026, 2, 1))
        with pytest.raises(SpanEmpty):
            plan(store, LAST, FIRST)


def test_nothing_known_before_the_first_month_is_said_plainly(world):
    world.project(known_at="2024-05-01")
    with pytest.raises(NoProjectsKnown):
        plan(world.store, dt.date(2024, 5, 1), dt.date(2024, 6, 1))


def test_a_place_without_events_is_walked_with_the_scorecard(world):
    for number in range(3):
        world.project(f"P{number}", known_at="2024-01-02")
    world.add("complaints", complaint_id="K", received_on="2025-12-01", known_at="2025-12-01")
    found = walk(world.store, plan(world.store, dt.date(2024, 6, 1), dt.date(2024, 7, 1)))
    assert [note.kind for note in found.months] == ["scorecard", "scorecard"]
    assert found.judged.happened.sum() == 0
