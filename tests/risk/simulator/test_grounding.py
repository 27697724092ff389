"""The simulated world against published figures."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from risk.simulator.parameters import Parameters

from ...conftest import thorough

STRIKE_MAP = dict(
    enumerate((17.2, 10.5, 2.8, 4.4, 4.8, 5.0, 5.2, 7.3, 8.8, 7.6, 11.4, 14.9), start=1)
)
WINTER = (11, 12, 1, 2)


def latest(versions, key):
    return {row[key]: row for row in versions}


def levels(contracts):
    """Level of every contract below its general contract."""
    parent = {row["contract_id"]: row["parent_contract_id"] for row in contracts}

    def level(contract):
        above = parent[contract]
        return 1 + level(above) if above in parent else int(bool(above))

    return {contract: level(contract) for contract in parent}


@thorough
def test_building_projects_are_layered(prefecture, rows):
    # Yunxi: over 95 % of building projects pass work on from layer to layer
    contracts = latest(rows(prefecture, "contracts"), "contract_id")
    deepest = Counter()
    for contract, level in levels(contracts.values()).items():
        project = contracts[contract]["project_id"]
        deepest[project] = max(deepest[project], level)
    projects = latest(rows(prefecture, "projects"), "project_id")
    building = [p for p, row in projects.items() if row["sector"] == "building" and p in deepest]
    assert sum(deepest[p] >= 2 for p in building) / len(building) > 0.95
    assert max(deepest.values()) == 4


def test_construction_holds_most_filed_cases(prefecture, rows):
    # Yunxi: 60 of 70 filed cases
    filed = [row for row in rows(prefecture, "cases") if row["status"] == "filed"]
    assert 0.80 <= sum(row["project_id"] != "" for row in filed) / len(filed) <= 0.93


def test_about_half_of_the_complaints_are_filed(prefecture, rows):
    # Yunxi: 141 complaints, 70 filed cases
    complaints = latest(rows(prefecture, "complaints"), "complaint_id")
    filed = {row["complaint_id"] for row in rows(prefecture, "cases") if row["status"] == "filed"}
    assert len(filed - {""}) / len(complaints) == pytest.approx(0.5, abs=0.1)


def test_complaints_peak_before_spring_festival(prefecture, rows):
    months = Counter(
        int(row["received_on"][5:7])
        for row in latest(rows(prefecture, "complaints"), "complaint_id").values()
    )
    shares = {month: 100 * count / months.total() for month, count in months.items()}
    expected = sum(STRIKE_MAP[month] for month in WINTER)
    assert sum(shares[month] for month in WINTER) == pytest.approx(expected, abs=8)
    assert all(abs(shares.get(month, 0) - STRIKE_MAP[month]) < 7 for month in range(1, 13))


def test_events_peak_in_winter_too(prefecture, rows):
    opened = [
        int(row["opened_on"][5:7])
        for row in rows(prefecture, "cases")
        if row["status"] == "confirmed"
    ]
    assert 0.40 < sum(month in WINTER for month in opened) / len(opened) < 0.65


def test_four_in_ten_complaints_name_no_project(prefecture, rows):
    first = {}
    for row in rows(prefecture, "complaints"):
        first.setdefault(row["complaint_id"], row)
    share = sum(row["project_id"] == "" for row in first.values()) / len(first)
    assert share == pytest.approx(0.4, abs=0.08)


def test_workers_follow_a_foreman(prefecture, rows):
    # a town's survey: over 90 % work under a foreman (by himself or through a labour firm)
    kinds = {row["org_id"]: row["org_kind"] for row in rows(prefecture, "organizations")}
    contracts = latest(rows(prefecture, "contracts"), "contract_id")
    workers = Counter()
    for row in rows(prefecture, "payrolls"):
        contract = contracts.get(row["contract_id"])
        if contract and row["workers"]:
            kind = kinds.get(contract["contractor_id"], "")
            person = contract["contractor_kind"] == "individual"
            workers[person or kind == "labour_subcontractor"] += int(row["workers"])
    assert workers[True] / workers.total() > 0.9


def test_amount_owed_per_worker_is_as_reported(prefecture, rows):
    # 7,356,000 / 437 and 4,390,600 / 309 in reports; 9,511 to 11,433 in national figures
    confirmed = [
        row
        for row in rows(prefecture, "cases")
        if row["status"] == "confirmed" and row["project_id"]
    ]
    amount = sum(float(row["amount_owed"]) for row in confirmed)
    workers = sum(int(row["workers"]) for row in confirmed)
    assert 7_000 < amount / workers < 20_000


def test_most_groups_are_small(prefecture, rows):
    # strike map: 92.2 % of protests had at most 100 people
    sizes = [int(row["workers"]) for row in rows(prefecture, "complaints") if row["workers"]]
    assert sum(size <= 100 for size in sizes) / len(sizes) > 0.85


def test_every_parameter_has_a_source_or_is_marked_as_assumed():
    parameters = dataclasses.fields(Parameters)
    assert len(parameters) > 50
    for parameter in parameters:
        notes = parameter.metadata
        assert bool(notes.get("source")) != bool(notes.get("assumption")), parameter.name
