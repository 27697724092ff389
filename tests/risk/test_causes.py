"""Disputes over other money than wages are outside wage figures once their cause is known."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from features.families import complaints as complaints_family
from features.families import history as history_family
from features.matrix import feature_matrix
from risk.contract import TABLES
from serving.snapshot.case_handling import load_case_handling
from serving.snapshot.open_matters import open_matters
from training.dataset.labels import event_log

BEFORE, AFTER = dt.date(2025, 6, 1), dt.date(2025, 6, 2)
"""The cause becomes known on 1 June: unknown as of that day, known as of the next."""


def complain(world, complaint_id="K1", **values):
    row = {"complaint_id": complaint_id, "project_id": "P1", "received_on": "2025-04-01",
           "workers": 12, "known_at": "2025-04-01"}  # fmt: skip
    world.add("complaints", **{**row, **values})


def file_case(world, case_id="F1", **values):
    row = {"case_id": case_id, "project_id": "P1", "opened_on": "2025-04-10", "status": "filed",
           "known_at": "2025-04-10"}  # fmt: skip
    world.add("cases", **{**row, **values})


def features(world, day, family):
    """Features of P1 on ``day``; None while it is not in the cohort."""
    matrix = feature_matrix(world.store, [day], families=[family.FAMILY])
    if "P1" not in matrix.project_ids:
        return None
    return dict(zip(matrix.columns, matrix.values[matrix.project_ids.index("P1")], strict=True))


def complaints_counted(world, day):
    return features(world, day, complaints_family)["complaints_365d"]


def matters(world, day):
    return {one["key"] for one in open_matters(world.store, day)}


@pytest.mark.parametrize("cause", ["project_payment", "labour_fee", "other"])
def test_complaint_leaves_the_wage_figures_when_its_cause_is_known(world, cause):
    world.project()
    complain(world)
    complain(world, cause=cause, guided_on="2025-06-01", known_at="2025-06-01")
    assert [complaints_counted(world, day) for day in (BEFORE, AFTER)] == [1, 0]
    assert [matters(world, day) for day in (BEFORE, AFTER)] == [{"complaint:K1"}, set()]


def test_complaint_takes_the_cause_its_only_case_found(world):
    world.project()
    complain(world, cause="wages")
    file_case(world, complaint_id="K1")
    file_case(world, complaint_id="K1", cause="labour_fee", known_at="2025-06-01")
    assert [complaints_counted(world, day) for day in (BEFORE, AFTER)] == [1, 0]
    assert [matters(world, day) for day in (BEFORE, AFTER)] == [{"case:F1"}, set()]


def test_complaint_with_one_case_about_wages_stays(world):
    world.project()
    complain(world)
    file_case(world, complaint_id="K1", cause="project_payment")
    file_case(world, "F2", complaint_id="K1")
    assert complaints_counted(world, AFTER) == 1
    assert matters(world, AFTER) == {"case:F2"}


def test_confirmed_case_about_project_payment_is_no_arrears_event(world):
    world.project()
    confirmed = partial(file_case, world, status="confirmed", confirmed_on="2025-05-01")
    confirmed(known_at="2025-05-01")
    confirmed(known_at="2025-06-01", cause="project_payment")
    events = [list(event_log(world.store, day).days) for day in (BEFORE, AFTER)]
    assert events == [["P1"], []]
    # A confirmed case takes a project off the scored cohort; a dispute over other money does not.
    assert [features(world, day, history_family) is None for day in (BEFORE, AFTER)] == [
        True,
        False,
    ]
    assert [bool(load_case_handling(world.store, day)) for day in (BEFORE, AFTER)] == [True, False]


def test_unknown_cause_counts_as_wages_and_guidance_alone_answers_a_complaint(world):
    world.project()
    complain(world)
    complain(world, guided_on="2025-06-01", known_at="2025-06-01")
    assert [complaints_counted(world, day) for day in (BEFORE, AFTER)] == [1, 1]
    assert [matters(world, day) for day in (BEFORE, AFTER)] == [{"complaint:K1"}, set()]


def test_terms_are_those_of_the_offices():
    for table in ("complaints", "cases"):
        values = TABLES[table].field("cause").values
        assert list(values.values()) == ["工资", "工程款", "劳务费", "其他"]
