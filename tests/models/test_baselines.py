"""The last inspection as a score."""

from __future__ import annotations

import numpy as np

from features.matrix import Matrix
from models.baselines import last_inspection


def test_the_last_inspection_found_arrears_or_none_or_was_not_made():
    days = np.repeat(np.array(["2025-01-01"], dtype="datetime64[D]"), 3)
    values = np.array([[7.0, 1.0], [7.0, 0.0], [7.0, np.nan]])
    matrix = Matrix(days, ("P", "Q", "R"), ("age_months", "last_inspection_found"), values)
    assert last_inspection(matrix).tolist() == [1.0, 0.0, 0.5]
