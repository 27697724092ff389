"""How often inspectors come, and why, is no feature: only what they find is."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.families import history
from features.matrix import feature_matrix

from ..conftest import MUST_RUN_ALL, World
from ..empty_store import empty_store

AS_OFS = [dt.date(2024, 7, 1), dt.date(2025, 3, 1), dt.date(2025, 7, 1)]
TOWNSHIPS = ("420300101", "420300102")


@pytest.fixture
def visited(world):
    """Nine projects of three contractors with wages, complaints and a history of visits."""
    return visits_to(world)


@pytest.fixture(scope="module")
def before():
    """The features of those projects."""
    with empty_store() as store:
        return feature_matrix(visits_to(World(store)).store, AS_OFS)


def visits_to(world):
    random = np.random.default_rng(5)
    for number in range(9):
        name = f"P{number}"
        world.project(
            name,
            contractor_id=f"C{number % 3}",
            owner_id=f"O{number % 2}",
            region_code=TOWNSHIPS[number % 2],
        )
        world.payroll(f"{name}-1", "2025-06-15", project_id=name)
        world.payment(f"{name}-1", "2025-06-20", int(random.integers(1, 1_000_000)))
        for visit in range(number % 4):
            day = dt.date(2024, 2, 1) + dt.timedelta(days=int(random.integers(0, 480)))
            inspect(world, f"{name}-{visit}", day, project_id=name, findings=found(random))
    world.add("complaints", complaint_id="K", received_on="2025-02-01", known_at="2025-02-02")
    # One visit ordered a rectification that never came, one found arrears.
    inspect(world, "Z1", dt.date(2025, 1, 9), project_id="P5", findings="a", rectify_by=OVERDUE)
    inspect(world, "Z2", dt.date(2024, 3, 9), project_id="P6", findings="b", arrears_found=True)
    return world


OVERDUE = dt.date(2025, 2, 1)


def found(random):
    return ";".join(["x"] * int(random.integers(0, 4)))


def inspect(world, name, day, **values):
    known_at = day + dt.timedelta(days=1)
    row = {"arrears_found": False, "kind": "routine", **values}
    world.add(
        "inspections", **{**row, "inspected_on": day, "known_at": known_at}, inspection_id=name
    )


def visits(world):
    names = ("project_id", "inspected_on", "findings", "rectify_by", "rectified_on")
    found = world.store.rows(
        f"SELECT {', '.join(names)} FROM inspections WHERE NOT arrears_found"
        " ORDER BY inspected_on, inspection_id"
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def differing(before, after):
    same = (before.values == after.values) | (np.isnan(before.values) & np.isnan(after.values))
    return {before.columns[column] for column in np.flatnonzero(~same.all(axis=0))}


@pytest.mark.parametrize("seed", range(3) if MUST_RUN_ALL else [0])
def test_further_visits_with_the_same_findings_change_no_feature(visited, before, seed):
    random = np.random.default_rng(seed)
    history = visits(visited)
    for number, visit in enumerate(history):
        own = [v["inspected_on"] for v in history if v["project_id"] == visit["project_id"]]
        until = min((day for day in own if day > visit["inspected_on"]), default=AS_OFS[-1])
        room = (until - visit["inspected_on"]).days
        for again in range(int(random.integers(1, 5)) if room > 1 else 0):
            day = visit["inspected_on"] + dt.timedelta(days=int(random.integers(1, room)))
            inspect(visited, f"~{number}-{again}", day, **visit)
    assert len(visits(visited)) > 1.5 * len(history)
    after = feature_matrix(visited.store, AS_OFS)
    assert differing(before, after) == set()


def test_no_feature_depends_on_the_kind_of_a_visit(visited, before):
    visited.store.connection.execute(
        "UPDATE inspections SET kind = CASE WHEN inspection_id < 'P5' THEN 'complaint' END"
    )
    assert differing(before, feature_matrix(visited.store, AS_OFS)) == set()


def test_a_visit_with_other_findings_changes_features(visited, before):
    inspect(visited, "new", dt.date(2025, 6, 1), project_id="P3", findings="a;b;c;d;e")
    changed = differing(before, feature_matrix(visited.store, AS_OFS))
    assert changed == {"findings_last", "findings_mean_365d"}


def test_findings_are_averaged_over_the_time_until_the_next_visit(world):
    world.project()
    inspect(world, "A", dt.date(2025, 4, 2), project_id="P1", findings="a;b;c")
    inspect(world, "B", dt.date(2025, 6, 1), project_id="P1", findings="")
    matrix = feature_matrix(world.store, [dt.date(2025, 7, 1)], families=[history.FAMILY])
    mean = matrix.values[0, matrix.columns.index("findings_mean_365d")]
    assert mean == pytest.approx(3 * 60 / 90)


def test_without_any_visit_findings_are_unknown(visited):
    matrix = feature_matrix(visited.store, AS_OFS[-1:], families=[history.FAMILY])
    mean = matrix.values[matrix.project_ids.index("P0"), matrix.columns.index("findings_mean_365d")]
    assert np.isnan(mean)
