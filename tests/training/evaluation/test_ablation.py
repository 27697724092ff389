"""The ablation leaves out each signal family of the kind of unit it is asked about."""

from __future__ import annotations

import datetime as dt

import pytest

from features.feature_sets import FEATURE_SETS
from training.evaluation.ablation import ablation
from training.evaluation.walk_forward import plan_walk

MONTH = dt.date(2023, 7, 1)


@pytest.fixture
def store(world):
    """Two employers and two projects with a case each, and a year of records after them."""
    for number in ("P1", "P2"):
        world.project(number, started_on="2023-01-01", known_at="2023-01-02")
    for number in ("E1", "E2"):
        world.add("organizations", org_id=number, org_name=number, org_kind="employer",
                  known_at="2023-01-02")  # fmt: skip
    for number, about in (("C1", {"org_id": "E1"}), ("C2", {"project_id": "P1"})):
        world.add("cases", case_id=number, opened_on="2023-08-01", known_at="2023-08-01",
                  status="closed", confirmed_on="2023-08-02", closed_on="2023-08-03",
                  **about)  # fmt: skip
    world.add("complaints", complaint_id="K1", received_on="2024-12-01", known_at="2024-12-01")
    return world.store


@pytest.mark.parametrize("kind", ["employer", "project"])
def test_ablation_covers_every_family_of_the_kind(store, kind):
    seen = store.for_kind(kind)
    found = ablation(seen, plan_walk(seen, MONTH, MONTH), capacity=1)
    families = {family.name for family in FEATURE_SETS[kind].families}
    assert {one.family for one in found} == families
    assert ("utilities" in families) == (kind == "employer")
