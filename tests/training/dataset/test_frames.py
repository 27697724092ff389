"""Matrices as pandas frames and back."""

from __future__ import annotations

import numpy as np
import pytest

from features.matrix import Matrix
from training.dataset.frames import feature_frame, matrix_of

DAYS = np.array(["2025-01-01", "2025-02-01"], dtype="datetime64[D]")
MATRIX = Matrix(DAYS, ("P1", "P2"), ("a", "b"), np.array([[1.0, np.nan], [2.0, 3.0]]))


def test_a_frame_has_the_keys_first_where_asked_for():
    pytest.importorskip("pandas")
    assert list(feature_frame(MATRIX).columns) == ["a", "b"]
    frame = feature_frame(MATRIX, keys=True)
    assert list(frame.columns) == ["as_of", "project_id", "a", "b"]
    assert frame["project_id"].tolist() == ["P1", "P2"]
    assert frame["as_of"].dt.strftime("%Y-%m-%d").tolist() == ["2025-01-01", "2025-02-01"]
    again = matrix_of(frame, ("b", "a"), "employer")
    assert (again.columns, again.project_ids, again.kind) == (("b", "a"), ("P1", "P2"), "employer")
    np.testing.assert_array_equal(again.values, MATRIX.values[:, ::-1])
    np.testing.assert_array_equal(again.as_ofs, DAYS)


def test_without_keys_days_and_units_are_unknown():
    pytest.importorskip("pandas")
    for data in (feature_frame(MATRIX), MATRIX.values, MATRIX.values.tolist()):
        found = matrix_of(data, ["a", "b"])
        assert (found.project_ids, found.kind) == (("", ""), "project")
        assert np.isnat(found.as_ofs).all()
        np.testing.assert_array_equal(found.values, MATRIX.values)


@pytest.mark.parametrize("columns", [1, 3])
def test_an_array_has_as_many_columns_as_the_model(columns):
    with pytest.raises(ValueError, match=r"found shape \(2, 2\)"):
        matrix_of(MATRIX.values, ["a"] * columns)
    with pytest.raises(ValueError, match=r"found shape \(2,\)"):
        matrix_of(MATRIX.values[:, 0], ["a"])


def test_columns_that_are_missing_are_named():
    pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="missing columns: c, d"):
        matrix_of(feature_frame(MATRIX), ["c", "a", "d"])
