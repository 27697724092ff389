"""What is owed, who is the contractor and when nothing was found last, worked out on paper."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from features.engines.duckdb import DuckDBEngine
from features.feature_sets import ALL_FEATURES, FAMILY_OF
from features.matrix import Matrix, steps_read_by
from models.cohort_scores import (
    _DETAILS,
    _OWED,
    CohortRecords,
    read_cohort,
    score_cohort,
    score_records,
)
from models.logistic import LogisticModel
from models.novelty import Novelty
from models.scorecard import Scorecard
from risk.contract import TABLES

AS_OF = dt.date(2025, 6, 1)
BEFORE, TODAY = "2025-05-31", "2025-06-01"


def asked(store, sql):
    """The rows of ``sql`` by project, as of 1 June."""
    engine = DuckDBEngine(store, [AS_OF])
    try:
        engine.run(steps_read_by([sql]))
        return {row[0]: row[1:] for row in engine.rows(sql)}
    finally:
        engine.close()


def test_owed_is_what_was_due_and_not_paid_before(world):
    """Of 10,000 yuan each: 100 may be missing, 100.01 are owed; one payroll is due today.

    Payments made, known or returned on the day itself are still to come, and so are corrections
    known then; amounts corrected before and payments of another payroll do not count.
    """
    for name in ("P1", "P2", "P3"):
        world.project(name)
    paid = {
        "whole": {"amount": 1_000_000},
        "enough": {"amount": 990_000},
        "short": {"amount": 989_999},  # 10,001 fen
        "paid today": {"amount": 1_000_000, "paid_on": TODAY, "known_at": BEFORE},  # 1,000,000
        "known today": {"amount": 1_000_000, "known_at": TODAY},  # 1,000,000
        "returned": {"amount": 1_000_000, "returned_on": BEFORE},  # 1,000,000
        "returned today": {"amount": 1_000_000, "returned_on": TODAY},
    }
    for name, payment in paid.items():
        world.payroll(name, "2025-05-10")
        world.payment(name, payment.pop("paid_on", BEFORE), payment.pop("amount"), **payment)
    world.payroll("two parts", "2025-05-10")
    for day, amount in (("2025-05-10", 300_000), ("2025-05-20", 600_000)):  # 100,000 are left
        world.payment("two parts", day, amount)
    world.payroll("corrected", "2025-05-10", amount_due=2_000_000)
    world.payroll("corrected", "2025-05-10", amount_due=7, known_at="2025-05-11")  # 7 unpaid
    world.payroll("corrected today", "2025-05-10", amount_due=50)
    world.payroll("corrected today", "2025-05-10", amount_due=7, known_at=TODAY)
    for name, known in (("paid less", "2025-05-20"), ("paid less, known today", TODAY)):
        world.payroll(name, "2025-05-10")
        world.payment(name, "2025-05-15", 1_000_000)
        world.payment(name, "2025-05-15", 400_000, known_at=known)
    world.payroll("a fen", BEFORE, amount_due=1)
    world.payroll("due before", BEFORE, amount_due=20)
    world.payroll("due today", TODAY, known_at=BEFORE)
    world.payroll("told today", BEFORE, known_at=TODAY)
    world.payroll("settled", "2025-05-10", project_id="P2")
    world.payment("settled", BEFORE, 1_000_000)
    owed = 10_001 + 3 * 1_000_000 + 100_000 + 7 + 50 + 600_000 + 1 + 20
    assert asked(world.store, _OWED) == {"P1": (owed,), "P2": (0,)}


def test_without_payments_known_before_nothing_is_known_to_be_owed(world):
    world.project("P1")
    world.payroll("R", "2025-05-10")
    assert asked(world.store, _OWED) == {}
    world.payment("R", BEFORE, 1, known_at=TODAY)
    assert asked(world.store, _OWED) == {}


@pytest.mark.parametrize(
    ("visits", "clean"),
    [
        ([], None),
        ([("05-01", False)], "05-01"),
        ([("05-01", False), ("05-20", False)], "05-20"),
        ([("05-01", False), ("05-02", True)], None),
        ([("05-02", True), ("05-03", False)], "05-03"),
        ([("05-01", True), ("05-02", False), ("05-03", True)], None),
        ([("05-02", True), ("05-02", False)], None),
        ([("05-02", True)], None),
        ([("05-02", None)], None),
        ([("05-01", False), ("05-02", None)], "05-01"),
    ],
)
def test_a_clean_visit_counts_until_arrears_are_found(world, visits, clean):
    world.project("P1")
    for number, (day, found) in enumerate(visits):
        world.add(
            "inspections",
            inspection_id=f"I{number}",
            project_id="P1",
            inspected_on=f"2025-{day}",
            arrears_found=found,
            known_at=BEFORE,
        )
    late = {"inspection_id": "late", "project_id": "P1", "arrears_found": True}
    world.add("inspections", inspected_on=BEFORE, known_at=TODAY, **late)
    world.project("P2")
    other = {"inspection_id": "other", "project_id": "P2", "arrears_found": False}
    world.add("inspections", inspected_on="2025-05-30", known_at=BEFORE, **other)
    found = {name: row[-1] for name, row in asked(world.store, _DETAILS).items()}
    expected = clean and dt.date.fromisoformat(f"2025-{clean}")
    assert found == {"P1": expected, "P2": dt.date(2025, 5, 30)}


def test_details_name_the_contractor_as_known(world):
    world.project("P1", contractor_id="C", owner_id="O")
    world.project("P2", contractor_id="X", region_code="420301")
    for org, name, known in (("C", "甲", "2024-01-01"), ("C", "乙", TODAY), ("O", "丙", BEFORE)):
        world.add("organizations", org_id=org, org_name=name, known_at=known)
    found = asked(world.store, _DETAILS)
    assert found["P1"][:4] == ("420300101", "工程P1", "C", "甲")
    assert found["P2"][:4] == ("420301", "工程P2", "X", None)


class NoEvidence:
    def of(self, project_ids):
        return {}


def test_details_have_the_stakes_of_their_own_project(world):
    """A month's wages and what is unpaid of them; nobody reported anything of P3."""
    for name in ("P1", "P2", "P3"):
        world.project(name)
    world.payroll("R1", "2025-05-10", workers=7, amount_due=700)
    world.payroll("R2", "2025-05-10", project_id="P2", workers=2, amount_due=200)
    world.payment("R1", "2025-05-10", 700)
    found = {name: row[4:6] for name, row in asked(world.store, _DETAILS).items()}
    assert found == {"P1": (7, 700), "P2": (2, 400), "P3": (None, None)}


def test_scores_have_the_figures_of_their_own_project():
    columns = ("complaints_90d", "listed", "unpaid_share_3m")
    values = np.array([[1.0, np.nan, np.nan, 1, 1e6], [np.nan, 1.0, 0.4, 1, 1e6]])
    names = (*columns, "building_sector", "contract_amount_yuan")
    matrix = Matrix(np.full(2, np.datetime64(AS_OF)), ("P1", "P2"), names, values)
    clean = dt.date(2025, 5, 1)
    details = {
        "P2": ("P2", "42", "二", None, None, None, None, None),
        "P1": ("P1", "4203", "一", "C", "甲", 7, 900, clean),
    }
    kind = (("sector", "energy"),)
    records = CohortRecords(
        AS_OF, matrix, NoEvidence(), details, {"P2": 5}, ("disputes",), Novelty(40, {"P2": kind})
    )
    card = Scorecard(columns=columns)
    found = score_records(records, card)
    first, second = found.projects
    assert (found.as_of, found.missing_feeds) == (AS_OF, ("disputes",))
    assert (first.project_id, first.region_code, first.project_name) == ("P1", "4203", "一")
    assert (first.contractor_id, first.contractor_name) == ("C", "甲")
    assert (first.workers, first.amount_at_stake, first.last_clean_visit) == (7, 900, clean)
    assert (second.contractor_id, second.contractor_name, second.workers) == (None, None, None)
    assert (second.amount_at_stake, second.last_clean_visit) == (None, None)
    assert (first.amount_owed, second.amount_owed) == (None, 5)
    assert (first.unlike_inspected, first.unlike, first.inspected) == (False, (), 40)
    assert (second.unlike_inspected, second.unlike, second.inspected) == (True, kind, 40)
    # Two points of 0.14 for a complaint; two for the list and four for the unpaid share.
    assert [one.raw for one in found.projects] == pytest.approx([0.28, 0.84])
    assert first.contributions["complaints"] == pytest.approx(0.28)
    # Cohorts are compared and shown without the contributions of single features.
    assert found == replace(found, explained=None, levers={})
    assert not {"explained", "levers"} & set(re.findall(r"\w+(?==)", repr(found)))
    assert second.contributions["payments"] == pytest.approx(0.56)
    assert [one.base for one in found.projects] == [0, 0]
    document = found.explained.to_document("P2")
    assert (document["base"], found.explained.to_document("P3")) == (0, None)
    assert list(document["calibration"].values()) == [
        card.calibration.slope,
        card.calibration.intercept,
    ]
    assert [list(one.values()) for one in document["features"]] == [
        ["complaints_90d", "complaints", None, 0],
        ["listed", "history", 1, 0.28],
        ["unpaid_share_3m", "payments", 0.4, 0.56],
    ]
    chances = card.calibration.probability(np.array([0.28, 0.84]))
    assert [one.probability for one in found.projects] == pytest.approx(chances.tolist())


def test_a_project_has_the_same_reasons_in_any_batch(monkeypatch):
    """To the last digit, also where it is asked for alone; each has its own place."""
    monkeypatch.setattr("models.cohort_scores.AT_ONCE", 2)
    columns = tuple(one.name for one in ALL_FEATURES if FAMILY_OF[one.name] == "payments")
    weights = tuple(1 / (3 + number) for number in range(len(columns)))
    model = LogisticModel(columns, ((0.0, 1.0),) * len(columns), weights, (0.1,) * len(columns), 0)
    names = tuple(f"P{number}" for number in range(5))
    values = np.outer(np.arange(5) / 5, np.linspace(0, 1, len(columns) + 2))
    more = ("building_sector", "contract_amount_yuan")
    matrix = Matrix(np.full(5, np.datetime64(AS_OF)), names, (*columns, *more), values)
    details = {name: (name, "42", name, *[None] * 5) for name in names}
    records = CohortRecords(AS_OF, matrix, NoEvidence(), details, {}, (), None)
    cohort = score_records(records, model)
    projects = cohort.projects
    alone = [projects.named([name])[0] for name in names]
    assert [one.project_id for one in projects] == list(names)
    assert [projects[place] for place in (3, 0, 4, 2, 1)] == [alone[p] for p in (3, 0, 4, 2, 1)]
    assert len({one.raw for one in projects}) == 5
    shown = [one["contribution"] for one in cohort.explained.to_document("P3")["features"]]
    assert shown == [round(one, 12) for one in shown]


def test_a_cohort_is_read_with_the_records_behind_it(world):
    """P2 has no wages on record; an employer owes none that the records show."""
    world.project("P1")
    world.project("P2")
    world.payroll("R", "2025-05-10", workers=3, amount_due=90)
    world.payment("none", BEFORE, 1)
    world.add("organizations", org_id="E", org_name="厂", org_kind="employer", known_at=BEFORE)
    found = read_cohort(world.store, AS_OF)
    assert (found.as_of, found.matrix.project_ids) == (AS_OF, ("P1", "P2"))
    assert {name: row[5] for name, row in found.details.items()} == {"P1": 3, "P2": None}
    assert (found.owed, found.novelty) == ({"P1": 90}, None)
    there = {"organizations", "projects", "payrolls", "payments"}
    assert found.missing_feeds == tuple(name for name in TABLES if name not in there)
    employers = read_cohort(world.store.for_kind("employer"), AS_OF)
    assert (employers.matrix.project_ids, employers.owed) == (("E",), {})
    assert employers.missing_feeds == (
        *("complaints", "cases", "inspections", "listings", "operations"),
    )


def test_duties_are_met_where_they_are_asked_for(world):
    """Wages unpaid and months without a payroll raise the score."""
    world.project("P1")
    world.payroll("R", "2025-05-01")
    world.payment("none", BEFORE, 1)
    found = score_records(read_cohort(world.store, AS_OF), Scorecard())
    assert [one.code for one in found.levers["P1"]] == ["wages_paid", "reported", "all_duties"]
    assert list(found.projects) == list(score_cohort(world.store, Scorecard(), AS_OF).projects)
