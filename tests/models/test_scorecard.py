"""The scorecard and the rules in use read features of the catalogue, for each kind of unit."""

from __future__ import annotations

import numpy as np
import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.baselines import last_inspection, rules_in_use
from models.scorecard import LINES, Scorecard, fit_scorecard
from models.storage import load, save
from risk.unit_kinds import KINDS


def matrix_of(kind, rows=3, **known):
    """A matrix of ``kind`` in which only the features in ``known`` have a value."""
    columns = tuple(feature.name for feature in FEATURE_SETS[kind].features)
    values = np.full((rows, len(columns)), np.nan)
    for name, value in known.items():
        values[:, columns.index(name)] = value
    days = np.full(rows, np.datetime64("2025-01-01"))
    return Matrix(days, tuple(f"U{row}" for row in range(rows)), columns, values, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_lines_read_features_of_the_kind_in_their_direction(kind):
    directions = {feature.name: feature.direction for feature in FEATURE_SETS[kind].features}
    assert len(LINES[kind]) > 10
    for name, line in LINES[kind]:
        assert directions[name] in (0, 1 if line.at_least is not None else -1), line
        assert (line.at_least is None) != (line.at_most is None)
        assert line.source


@pytest.mark.parametrize(
    ("kind", "known", "points"),
    [
        ("project", {"unpaid_share_3m": 0.33}, 4),
        ("project", {"unpaid_share_3m": 0.32}, 2),
        ("project", {"contractor_overdue_loans": 1.0}, 1),
        ("employer", {"contractor_overdue_loans": 1.0}, 2),
        ("employer", {"contractor_tax_ratio": 0.5, "listed": 1.0}, 3),
        ("employer", {}, 0),
    ],
)
def test_points_are_those_of_the_kind(kind, known, points):
    assert (
        Scorecard(unit=kind).points(matrix_of(kind, **known)).sum(axis=1).tolist() == [points] * 3
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_scorecard_keeps_its_features(kind, tmp_path):
    """Lines added to the catalogue later do not change a model that is registered."""
    matrix = matrix_of(kind, complaints_90d=1.0, listed=1.0)
    older = Scorecard(typical=(0.5, 0.25), unit=kind, columns=("listed", "complaints_90d"))
    save(older, tmp_path / "m", {})
    loaded, _ = load(tmp_path / "m")
    assert loaded == older
    assert loaded.points(matrix).tolist() == [[2, 2]] * 3
    parts = loaded.contributions(matrix)
    assert parts.sum(axis=1) == pytest.approx(loaded.raw(matrix))


@pytest.mark.parametrize("kind", KINDS)
def test_fit_scorecard_gives_a_typical_unit_the_rate(kind):
    matrix = matrix_of(kind, complaints_90d=1.0)
    card = fit_scorecard(matrix, 0.04)
    assert card.calibration.probability(card.raw(matrix)) == pytest.approx([0.04] * 3)
    assert card.contributions(matrix)[:, :-1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("kind", "known", "points"),
    [
        ("project", {"oldest_unpaid_days": 61.0, "complaints_90d": 1.0, "notice_board": 0.0}, 5),
        ("employer", {"contractor_overdue_loans": 1.0, "electricity_ratio": 0.8}, 4),
        ("project", {}, 0),
        ("employer", {}, 0),
    ],
)
def test_rules_in_use_alert_on_what_is_known(kind, known, points):
    assert rules_in_use(matrix_of(kind, **known)).tolist() == [points] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_last_inspection_is_undecided_without_one(kind):
    assert last_inspection(matrix_of(kind)).tolist() == [0.5] * 3
    assert last_inspection(matrix_of(kind, last_inspection_found=1.0)).tolist() == [1.0] * 3
