"""Losses of the benchmark of ablation, by hand on four rows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ablation import Losses, losses, mean, stored, table
from training.evaluation.predictions import MODEL, Predictions

LABELS = np.array([1.0, 0.0, 0.0, 0.0])
WHOLE, WITHOUT = np.array([4.0, 3.0, 2.0, 1.0]), np.array([3.0, 4.0, 2.0, 1.0])


@pytest.fixture
def found() -> Losses:
    """The event is first of four by the whole model and second without the deposits."""
    nothing = np.full(4, np.nan)
    return losses(
        Predictions(
            np.array(["2025-01-01"] * 4, dtype="datetime64[D]"),
            ("A", "B", "C", "D"),
            ("a", "b", "c", "d"),
            LABELS,
            LABELS,
            {MODEL: WHOLE, "deposits": WITHOUT, "complaints": WHOLE},
            {},
            {},
            nothing,
            nothing,
        )
    )


def test_a_loss_is_the_figure_of_the_whole_model_minus_that_without(found):
    assert (found.events, found.clusters) == (1, 1)
    assert found.by_metric["average_precision"]["deposits"][0] == pytest.approx(1 - 1 / 2)
    assert found.by_metric["roc_auc"]["deposits"][0] == pytest.approx(1 - 2 / 3)
    assert not np.nansum(found.by_metric["roc_auc"]["complaints"])
    assert len(found.by_metric["roc_auc"]["deposits"]) == 501


def test_worlds_count_alike_in_their_mean(found):
    other = Losses(3, 2, {name: {"deposits": np.ones(501)} for name in found.by_metric})
    both = mean([other, found])
    assert (both.events, both.clusters) == (4, 3)
    assert both.by_metric["average_precision"]["deposits"][0] == pytest.approx((1 + 1 / 2) / 2)


def test_what_was_computed_is_read_again(found, tmp_path):
    first = stored(tmp_path, "county 1", lambda: found)
    again = stored(tmp_path, "county 1", lambda: pytest.fail("computed again"))
    assert [path.name for path in tmp_path.iterdir()] == ["county_1.npz"]
    assert (again.events, again.clusters) == (first.events, first.clusters) == (1, 1)
    assert np.array_equal(
        again.by_metric["roc_auc"]["deposits"],
        found.by_metric["roc_auc"]["deposits"],
        equal_nan=True,
    )


def test_a_family_without_data_has_a_dash(found):
    lines = table({"county": found}, "roc_auc").splitlines()
    assert lines[0] == "| without | county (1 events) |"
    assert "| deposits | +0.333 (too few events) |" in lines
    assert "| attendance | - |" in lines
