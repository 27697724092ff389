"""Causes run the right way: money trouble first, then unpaid wages, silence, complaints."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict

import pytest

AS_OFS = [
    dt.date(2022, 7, 1),
    dt.date(2023, 1, 1),
    dt.date(2023, 7, 1),
    dt.date(2024, 1, 1),
    dt.date(2024, 7, 1),
    dt.date(2025, 1, 1),
    dt.date(2025, 7, 1),
]


def auc(positive, negative):
    """Chance that a positive's value is above a negative's."""
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def events(county, rows):
    found = defaultdict(set)
    for row in rows(county, "cases"):
        if row["status"] == "confirmed" and row["project_id"]:
            found[row["project_id"]].add(dt.date.fromisoformat(row["opened_on"]))
    for row in rows(county, "inspections"):
        if row["arrears_found"] == "true":
            found[row["project_id"]].add(dt.date.fromisoformat(row["inspected_on"]))
    return found


def labels(county, rows):
    """(project, as_of, whether an event follows within 90 days) of running projects."""
    happened = events(county, rows)
    spans = {
        row["project_id"]: (row["started_on"], row["completed_on"] or "9999")
        for row in rows(county, "projects")
    }
    for as_of in AS_OFS:
        horizon = [as_of, as_of + dt.timedelta(days=90)]
        for project, (start, end) in spans.items():
            if start < as_of.isoformat() <= end:
                hit = any(horizon[0] <= day < horizon[1] for day in happened[project])
                yield project, as_of, hit


@pytest.fixture(scope="module")
def truth(county):
    with (county / "truth" / "project_months.csv").open(encoding="utf-8-sig") as file:
        return {(row["project_id"], row["month"]): row for row in csv.DictReader(file)}


def unpaid_share(county, rows, as_of):
    """Of wages due 15 to 195 days ago, the share not paid in the books before ``as_of``."""
    low, high = as_of - dt.timedelta(days=195), as_of - dt.timedelta(days=15)
    paid = defaultdict(float)
    for row in rows(county, "payments"):
        if row["known_at"] < as_of.isoformat():
            paid[row["payroll_id"]] += float(row["amount"])
    due, open_ = defaultdict(float), defaultdict(float)
    for row in rows(county, "payrolls"):
        known = row["known_at"] < as_of.isoformat()
        if known and low.isoformat() <= row["due_on"] < high.isoformat():
            amount = float(row["amount_due"])
            due[row["project_id"]] += amount
            open_[row["project_id"]] += max(0.0, amount - paid[row["payroll_id"]])
    return {project: open_[project] / due[project] for project in due}


def test_unpaid_wages_come_before_events(county, rows):
    shares = {as_of: unpaid_share(county, rows, as_of) for as_of in AS_OFS}
    groups = {True: [], False: []}
    for project, as_of, hit in labels(county, rows):
        groups[hit].append(shares[as_of].get(project, 0.0))
    assert len(groups[True]) >= 15
    assert auc(groups[True], groups[False]) > 0.6
    assert sum(groups[True]) / len(groups[True]) > 1.5 * sum(groups[False]) / len(groups[False])


def test_true_debts_come_before_events(county, rows, truth):
    groups = {True: [], False: []}
    for project, as_of, hit in labels(county, rows):
        month = truth.get((project, as_of.isoformat()[:7]))
        groups[hit].append(float(month["amount_owed"]))
    assert auc(groups[True], groups[False]) > 0.7


def test_events_are_rare_but_enough_to_learn_from(county, rows):
    hits = [hit for _, _, hit in labels(county, rows)]
    assert 0.015 < sum(hits) / len(hits) < 0.09
    assert sum(len(days) for days in events(county, rows).values()) >= 30


def test_feeds_fall_silent_and_more_so_under_stress(county, rows, truth):
    reported = {(row["project_id"], row["period"]) for row in rows(county, "attendance")}
    joined = {project for project, _ in reported}
    paid = sorted({(row["project_id"], row["period"]) for row in rows(county, "payrolls")})
    stress = {True: [], False: []}
    for project, month in paid:
        if project in joined:
            silent = (project, month) not in reported
            stress[silent].append(float(truth[project, month]["stress"]))
    assert len(stress[True]) > 100
    assert auc(stress[True], stress[False]) > 0.55


def test_some_records_come_late(county, rows):
    late = [
        row
        for row in rows(county, "payrolls")
        if dt.date.fromisoformat(row["known_at"]) - dt.date.fromisoformat(row["due_on"])
        > dt.timedelta(days=45)
    ]
    assert late


def test_copied_attendance_is_too_perfect(county, rows, truth):
    dishonest = {project for (project, _), row in truth.items() if row["clean_books"] == "true"}
    figures = defaultdict(list)
    for row in rows(county, "attendance"):
        same = row["workers_registered"] == row["workers_present"]
        figures[row["project_id"] in dishonest].append(same)
    assert all(figures[True])
    assert sum(figures[False]) / len(figures[False]) < 0.5


def test_transfers_have_a_due_version_before_the_paid_one(county, rows):
    versions = defaultdict(list)
    for row in rows(county, "transfers"):
        versions[row["transfer_id"]].append(row["paid_on"])
    assert all(days[0] == "" for days in versions.values())
    assert any(len(days) == 2 for days in versions.values())


def test_cases_walk_through_the_states_in_order(county, rows):
    order = ["accepted", "filed", "confirmed", "unfounded", "transferred", "closed"]
    states = defaultdict(list)
    for row in rows(county, "cases"):
        states[row["case_id"]].append(order.index(row["status"]))
    assert all(steps == sorted(steps) for steps in states.values())
    assert any(order.index("unfounded") in steps for steps in states.values())
