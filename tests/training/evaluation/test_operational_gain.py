"""The gain at equal effort, counted by hand on a small example."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from training.dataset.labels import EventLog
from training.dataset.observation import Inspection
from training.evaluation.operational_gain import FIGURES, MADE, gain
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.visit_reordering import reorder_visits

FIRST, SECOND = dt.date(2025, 4, 1), dt.date(2025, 5, 1)


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


@pytest.fixture
def small():
    """Two months of four projects; A owes on 20 May, D on 10 April; B and D are visited."""
    names = ("A", "B", "C", "D")
    as_ofs = np.repeat(days("2025-04-01", "2025-05-01"), 4)
    return Predictions(
        as_ofs=as_ofs,
        project_ids=names * 2,
        clusters=names * 2,
        labels=np.array([1.0, 0, 0, 1, 1, 0, 0, 0]),
        observed=np.array([1.0, 0, np.nan, 1, 1, 0, np.nan, 0]),
        scores={
            MODEL: np.array([4.0, 1, 2, 3, 4, 1, 2, 3]),
            "rules": np.array([1.0, 4, 2, 3, 1, 4, 2, 3]),
        },
        probability={},
        attributes={},
        workers=np.array([10.0, 20, 30, 40] * 2),
        amount=np.array([1e6, 2e6, 3e6, np.nan] * 2),
    )


LOG = EventLog(dt.date(2026, 1, 1), {"A": days("2025-05-20"), "D": days("2025-04-10")}, 30)
VISITS = (
    Inspection("D", dt.date(2025, 4, 10), False, True),
    Inspection("B", dt.date(2025, 5, 2), False, False),
    Inspection("X", dt.date(2025, 5, 3), False, False),
)


def test_gain_gives_every_way_as_many_visits_and_counts_events_once(small):
    found = gain(small, LOG, VISITS)
    assert found.events == 2
    assert {figures["visits"].value for figures in found.ways.values()} == {2.0}
    model, rules, made = (found.ways[way] for way in (MODEL, "rules", MADE))
    assert model["events"].value == 1  # A, twice on the list, once an event
    assert model["workers"].value == 10
    assert model["amount"].value == 1e6
    assert model["days_early"].value == (dt.date(2025, 5, 20) - dt.date(2025, 4, 16)).days
    assert model["weeks_early"].value == 1
    assert model["mean_days_early"].value == pytest.approx(34 / 2)
    assert model["nothing_owed"].value == 0
    assert rules["events"].value == 0
    assert rules["nothing_owed"].value == 2
    assert made["events"].value == 1
    assert (made["events"].positives, rules["events"].positives) == (1, 0)
    assert made["days_early"].value == 0
    assert made["nothing_owed"].value == 1
    assert found.known_stakes == pytest.approx(0.5)
    assert found.ahead["rules"]["events"].value == 1
    assert set(found.ahead[MADE]) == set(FIGURES)


def test_gain_gives_no_interval_to_two_events(small):
    assert gain(small, LOG, VISITS).ways[MODEL]["events"].too_few


def test_gain_without_events_has_no_mean(small):
    found = gain(dataclasses.replace(small, labels=np.zeros(len(small.labels))), LOG, VISITS)
    assert (found.events, found.ways[MODEL]["visits"].value) == (0, 2.0)
    assert np.isnan([figures["mean_days_early"].value for figures in found.ways.values()]).all()


def test_gain_of_a_perfect_ranking_exceeds_random_visits():
    random = np.random.default_rng(1)
    names = tuple(f"P{n:03d}" for n in range(200))
    owes = random.random(200) < 0.15
    event = np.datetime64("2025-04-01") + random.integers(31, 90, 200)
    log = EventLog(
        dt.date(2026, 1, 1),
        {name: event[n : n + 1] for n, name in enumerate(names) if owes[n]},
        30,
    )
    visited = random.permutation(200)[:30]
    visits = [
        Inspection(names[n], dt.date(2025, 4, 1) + dt.timedelta(int(k)), False, False)
        for k, n in enumerate(visited)
    ]
    predictions = Predictions(
        np.repeat(days("2025-04-01"), 200), names, names, owes.astype(float),
        owes.astype(float), {MODEL: owes.astype(float), "rules": np.zeros(200)}, {}, {},
        np.ones(200), np.ones(200),
    )  # fmt: skip
    found = gain(predictions, log, sorted(visits, key=lambda one: one.on))
    assert found.ways[MODEL]["events"].value == min(owes.sum(), 30)
    assert found.ahead[MADE]["events"].low > 0
    assert found.ahead[MADE]["mean_days_early"].low > 0


def test_reorder_visits_changes_only_the_order(small):
    late = tuple(
        Inspection(name, dt.date(2025, 4, day), False, name == "A")
        for name, day in (("B", 5), ("C", 15), ("A", 25))
    )
    third = Predictions(**{**vars(small), "as_ofs": small.as_ofs.copy()})
    months = np.repeat(days("2025-04-01", "2025-05-01", "2025-06-01"), 4)
    three = Predictions(
        **{
            **{
                name: np.resize(value, 12) if isinstance(value, np.ndarray) else value
                for name, value in vars(third).items()
            },
            "as_ofs": months,
            "project_ids": third.project_ids[:4] * 3,
            "clusters": third.clusters[:4] * 3,
            "scores": {name: np.resize(one, 12) for name, one in third.scores.items()},
        }
    )
    found = reorder_visits(three, late)
    assert found[MODEL].visits == found["rules"].visits == 3
    assert found[MODEL].found == 1
    assert found[MODEL].days_sooner.value == 20
    assert found[MODEL].first_half.value == 1.0
    assert found[MODEL].made_first_half.value == 0.0
    assert found["rules"].days_sooner.value == 0
