"""Training: a scorecard for few events, and no later records.

That the same records give the same model: tests/training/promotion/test_gate.py.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.scorecard import Scorecard
from training.dataset.training_set import NoProjectsKnown
from training.event_counts import SCORECARD_BELOW
from training.fit.fit import train

TRAINED_AT = dt.date(2025, 7, 1)


def test_train_ranks_the_holdout_better_than_chance(county_trained):
    assert county_trained.metrics["roc_auc"] > 0.6
    assert county_trained.metrics["average_precision"] > county_trained.metrics["base_rate"]


def test_train_uses_mature_snapshots_only(county_trained):
    gap = TRAINED_AT - county_trained.last_snapshot
    assert gap >= dt.timedelta(days=90 + county_trained.maturity_days)


def test_train_holdout_begins_after_the_first_snapshot(county_trained):
    first = county_trained.holdout.matrix.as_ofs.min()
    assert first > np.datetime64(county_trained.first_snapshot)


def test_train_with_few_events_gives_the_scorecard(world):
    world.project()
    world.project("P2")
    for number in range(SCORECARD_BELOW - 1):
        world.add(
            "inspections",
            inspection_id=f"I{number}",
            project_id="P1",
            inspected_on=f"2024-03-{number + 1:02d}",
            arrears_found=True,
            known_at="2024-04-01",
        )
    trained = train(world.store, dt.date(2025, 1, 1))
    assert isinstance(trained.model, Scorecard)
    assert trained.events == SCORECARD_BELOW - 1
    assert trained.metrics == {}


def test_train_counts_a_visit_and_a_case_of_one_day_as_one_event(world):
    world.project()
    found = {"project_id": "P1", "known_at": "2024-03-02"}
    for name in ("I1", "I2"):
        world.add(
            "inspections",
            inspection_id=name,
            inspected_on="2024-03-01",
            arrears_found=True,
            **found,
        )
    assert train(world.store, dt.date(2025, 1, 1)).events == 1


def test_train_without_projects_raises_no_projects_known(world):
    world.project(known_at="2024-05-01")
    with pytest.raises(NoProjectsKnown):
        train(world.store, dt.date(2024, 5, 1))
