"""Calibration: monotone, fitted where it can be, harmless where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import Calibration, fit


def drawn(slope, intercept, rows, seed):
    random = np.random.default_rng(seed)
    raw = random.normal(-3, 1, rows)
    chance = 1 / (1 + np.exp(-(slope * raw + intercept)))
    return raw, (random.random(rows) < chance).astype(float)


def test_it_finds_the_map_the_data_were_drawn_with():
    raw, happened = drawn(0.6, -0.5, 40_000, 1)
    fitted = fit(raw, happened)
    assert fitted.slope == pytest.approx(0.6, abs=0.08)
    assert fitted.probability(raw).mean() == pytest.approx(happened.mean(), rel=0.02)


def test_few_events_draw_the_slope_towards_one():
    raw, happened = drawn(0.1, -1, 60, 2)
    many_raw, many_happened = np.tile(raw, 100), np.tile(happened, 100)
    assert abs(fit(raw, happened).slope - 1) < abs(fit(many_raw, many_happened).slope - 1) - 0.1


def test_without_events_nothing_is_fitted():
    assert fit(np.array([1.0, 2.0]), np.zeros(2)) == Calibration()
    assert fit(np.zeros(0), np.zeros(0)) == Calibration()


@given(
    st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=2, max_size=50),
    st.lists(st.floats(-8, 8), min_size=2, max_size=10),
)
def test_order_is_never_turned(rows, scores):
    fitted = fit(np.array([r for r, _ in rows]), np.array([float(h) for _, h in rows]))
    ordered = fitted.probability(np.sort(np.array(scores)))
    assert (np.diff(ordered) >= 0).all()
    assert ((ordered >= 0) & (ordered <= 1)).all()
