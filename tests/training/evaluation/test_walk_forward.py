"""The walk uses only what was known at each month and is labelled by later events."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import numpy as np
import pytest

from features.families import PROJECT_FAMILIES, stage
from features.matrix import Matrix, feature_matrix
from risk.contract import TABLES
from risk.store.store import RecordStore
from training.dataset.labels import event_log, horizon_labels
from training.dataset.training_set import NoProjectsKnown, build_training_set
from training.evaluation.backtest import as_document as backtest_document
from training.evaluation.backtest import backtest
from training.evaluation.baselines import CONTENDERS
from training.evaluation.challengers import Challenger
from training.evaluation.predictions import MODEL
from training.evaluation.predictions_join import ProjectDetails, details_at, join_predictions
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
def test_walk_gives_the_same_predictions_with_a_feature_cache(walked, county_office, tmp_path):
    """The cache of a training has most blocks that the first walk reads; the second finds all."""
    steps: list[str] = []
    cache = shutil.copytree(county_office.features, tmp_path / "features")
    with RecordStore(county_office.records, read_only=True) as store:
        planned = plan_walk(store, FIRST, LAST)
        walk(store, planned, lambda step, share: steps.append(step), cache_dir=cache)
        assert PROJECT_FAMILIES[-1].steps[-1].name in steps
        steps.clear()
        again = walk(store, planned, lambda step, share: steps.append(step), cache_dir=cache)
    assert PROJECT_FAMILIES[-1].steps[-1].name not in steps
    for name in CONTENDERS:
        assert np.array_equal(again.predictions.scores[name], walked.predictions.scores[name]), name
    assert np.array_equal(again.predictions.workers, walked.predictions.workers, equal_nan=True)
    assert np.array_equal(again.predictions.amount, walked.predictions.amount, equal_nan=True)
    assert again.predictions.clusters == walked.predictions.clusters


def test_plan_walk_without_projects_raises_no_projects_known(world):
    world.project(known_at="2024-05-01")
    with pytest.raises(NoProjectsKnown):
        plan_walk(world.store, dt.date(2024, 5, 1), dt.date(2024, 6, 1))


def test_plan_walk_keeps_the_month_that_is_just_mature(world):
    """A complaint of 28 October ends the records; a horizon and 30 days before lie 120 days."""
    world.project()
    world.project("P2", known_at="2024-12-01")
    for number, day in enumerate(("2024-10-28", "2024-02-01")):
        world.add("complaints", complaint_id=f"K{number}", received_on=day, known_at=day)
    world.add("cases", case_id="A", project_id="P1", opened_on="2024-03-01", known_at="2024-03-02",
              status="filed")  # fmt: skip
    found = plan_walk(world.store, dt.date(2024, 6, 1), dt.date(2024, 8, 1))
    assert found.known_until == dt.date(2024, 10, 29)
    assert found.months == (dt.date(2024, 6, 1), dt.date(2024, 7, 1))
    assert found.not_mature == (dt.date(2024, 8, 1),)
    with pytest.raises(NothingToJudge):
        plan_walk(world.store, dt.date(2024, 8, 1), dt.date(2024, 9, 1))
    with pytest.raises(SpanEmpty):
        plan_walk(world.store, LAST, FIRST)


def test_records_without_any_sign_of_arrears_end_with_the_last_project(world):
    world.project(known_at="2024-05-01")
    world.project("P2", known_at="2024-01-07")
    assert end_of_records(world.store) == dt.date(2024, 5, 2)


@dataclasses.dataclass(frozen=True)
class ByNumber:
    """Own rules that give each project its number."""

    name: str

    def points(self, cohort):
        return np.array([float(one[1:]) for one in cohort.project_ids])


def test_backtest_without_earlier_events_uses_the_scorecard(world):
    """P0 owes on 15 August, within both horizons, learnt of in September: in neither training.

    The own rules put it last, the challenger gives all the same chance. On a list of one of three
    the own rules find nothing, whatever is tied a third of an event; the visit to P2 was drawn.
    """
    for number in range(3):
        world.project(f"P{number}", contractor_id=f"C{number}")
    world.payroll("R", "2024-05-20", workers=7, project_id="P1")
    visit = {"inspected_on": "2024-08-15", "known_at": "2024-09-20"}
    world.add("inspections", inspection_id="I0", project_id="P0", arrears_found=True, **visit)
    drawn = {"inspected_on": "2024-06-11", "known_at": "2024-06-12", "kind": "random"}
    world.add("inspections", inspection_id="I2", project_id="P2", arrears_found=False, **drawn)
    world.add("complaints", complaint_id="K", received_on="2025-12-01", known_at="2025-12-01")
    done = []
    report = backtest(
        *(world.store, dt.date(2024, 6, 1), dt.date(2024, 7, 1)),
        capacity=1,
        progress=lambda step, share: done.append((step, share)),
        rule_sets=[ByNumber("numbers")],
        challengers=[Challenger("mine", object())],
    )
    months = report.walk.months
    assert [(one.kind, one.events_learnt) for one in months] == [("scorecard", 0)] * 2
    assert [(one.cohort, one.events, one.labelled) for one in months] == [(3, 1, 2), (3, 1, 1)]
    predictions = report.walk.predictions
    assert predictions.labels.tolist() == [1, 0, 0] * 2
    assert predictions.observed.tolist()[:1] + predictions.observed.tolist()[2:4] == [1, 0, 1]
    assert predictions.clusters == ("C0", "C1", "C2") * 2
    assert predictions.workers[[1, 4]].tolist() == [7, 7]
    assert np.isnan(predictions.workers[[0, 2]]).all()
    names = {*CONTENDERS, "own_rules/numbers", "challenger/mine"}
    assert set(report.reports) == set(predictions.scores) == names
    assert set(report.differences) == names - {MODEL}
    assert set(report.gain.ways) == {MODEL, "rules", "made", "own_rules/numbers"}
    assert set(report.reordered) == {MODEL, "rules", "own_rules/numbers"}
    assert report.random_visits.visits == 1
    found = {name: one.figures["precision_capacity"].value for name, one in report.reports.items()}
    assert (found["random"], found["own_rules/numbers"]) == (pytest.approx(1 / 3), 0)
    document = backtest_document(report)
    assert (document["from"], document["to"]) == ("2024-06-01", "2024-07-01")
    assert document["judged_by_what_was_known_before"] == "2025-12-02"
    longer = dataclasses.replace(report.walk.plan, months=(FIRST, FIRST, LAST))
    of_three = dataclasses.replace(report, walk=dataclasses.replace(report.walk, plan=longer))
    assert backtest_document(of_three)["to"] == LAST.isoformat()
    shares = [share for _, share in done]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.2
    by_month = [(step, pytest.approx(share)) for step, share in done if step.startswith("2024")]
    assert by_month == [("2024-06-01", 0.6), ("2024-07-01", 1.0)]


def test_details_are_those_of_the_contractor_as_known_at_the_date(world):
    """P2 has no contractor, P3 one that is not on record; the capital of C was corrected in May."""
    world.project("P1", contractor_id="C", owner_id="O", sector="road", funding="government",
                  contract_amount=900)  # fmt: skip
    world.project("P2", owner_id="O")
    world.project("P3", contractor_id="D")
    for name, capital, known in (("C", 5, "2024-01-02"), ("O", 7, "2024-01-02"),
                                 ("C", 6, "2024-05-09")):  # fmt: skip
        world.add("organizations", org_id=name, org_name=name, registered_capital=capital,
                  known_at=known)  # fmt: skip
    april, june = dt.date(2024, 4, 1), dt.date(2024, 6, 1)
    found = details_at(world.store, [april, june])
    region = "420300101"
    assert dict(found.projects) == {
        (april, "P1"): ("C", region, "road", "government", 5, 900),
        (april, "P2"): ("P2", region, None, None, None, None),
        (april, "P3"): ("D", region, None, None, None, None),
        (june, "P1"): ("C", region, "road", "government", 6, 900),
        (june, "P2"): ("P2", region, None, None, None, None),
        (june, "P3"): ("D", region, None, None, None, None),
    }
    assert dict(found.stakes) == {}


def test_predictions_join_details_by_date_and_project():
    days = np.array(["2024-04-01", "2024-05-01"], "datetime64[D]")
    cohort = Matrix(days, ("P1", "P1"), (), np.zeros((2, 0)))
    april, may = dt.date(2024, 4, 1), dt.date(2024, 5, 1)
    details = ProjectDetails(
        {(april, "P1"): ("C", "42", "road", "own", 5, 900), (may, "P1"): ("D", *[None] * 5)},
        {(may, "P1"): (3, 40.0)},
    )
    found = join_predictions(cohort, details, np.zeros(2), np.ones(2), {}, {})
    assert found.clusters == ("C", "D")
    assert {name: one.tolist() for name, one in found.attributes.items()} == {
        "region_code": ["42", None],
        "sector": ["road", None],
        "funding": ["own", None],
        "registered_capital": [5, None],
        "contract_amount": [900, None],
    }
    assert np.array_equal(found.workers, [np.nan, 3], equal_nan=True)
    assert np.array_equal(found.amount, [np.nan, 40], equal_nan=True)
