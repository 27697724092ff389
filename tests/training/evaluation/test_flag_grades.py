"""Red flags by grade in the backtest: shares, lift and recall worked out by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from training.evaluation.bootstrap import bootstrap_weights
from training.evaluation.flag_grades import flag_grades, flags_carried
from training.evaluation.predictions import Predictions

AS_OF = dt.date(2025, 6, 1)


def predictions(labels):
    n = len(labels)
    empty = np.full(n, np.nan)
    names = tuple(f"P{i + 1}" for i in range(n))
    days = np.full(n, np.datetime64(AS_OF))
    given = np.asarray(labels, dtype=float)
    return Predictions(days, names, names, given, empty, {}, {}, {}, empty, empty)


def test_figures_of_a_grade_by_hand():
    """Ten project-months with 4 events; 5 have a flag, 3 of them an event.

    Share 5/10, recall 3/4, lift (3/5) / (4/10) = 1.5.
    """
    rows = predictions([1, 1, 1, 0, 0, 1, 0, 0, 0, 0])
    carried = {"money": np.array([True] * 5 + [False] * 5)}
    found = flag_grades(carried, rows, bootstrap_weights(rows.clusters, 20))["money"]
    assert (found.share.value, found.recall.value) == (0.5, 0.75)
    assert found.lift.value == pytest.approx(1.5)
    assert found.lift.positives == 3
    assert found.lift.too_few


def test_a_grade_without_rows_has_no_lift():
    rows = predictions([1, 0])
    found = flag_grades({"people": np.zeros(2, dtype=bool)}, rows, bootstrap_weights(("a", "b"), 5))
    assert found["people"].share.value == 0
    assert np.isnan(found["people"].lift.value)


def test_flags_are_those_known_at_the_date_of_the_row(world):
    """P1: March unpaid two months later. P2: the same, but its payroll came in on the date."""
    for project in ("P1", "P2"):
        world.project(project, notice_board=project == "P2")
    world.payroll("R1", "2025-03-20", period="2025-03-01")
    world.payroll("R2", "2025-03-20", period="2025-03-01", project_id="P2", known_at="2025-06-01")
    # The county reports payments until then: one that settles another payroll.
    world.payroll("R3", "2025-03-10", project_id="P2")
    world.payment("R3", "2025-03-10", 1_000_000)
    world.payroll("R4", "2025-05-20", project_id="P2")
    world.payment("R4", "2025-05-20", 1_000_000)
    carried = flags_carried(world.store, predictions([1, 0]))
    assert carried["money"].tolist() == [True, False]
    assert carried["counted"].tolist() == [True, False]
    assert carried["people"].tolist() == [False, False]
    assert carried["papers"].tolist() == [True, False]
    assert carried["any"].tolist() == [True, False]
