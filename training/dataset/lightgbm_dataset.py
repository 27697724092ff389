"""A matrix in memory as LightGBM reads it: without a second copy of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from features.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

COPIED_ROWS = 200_000
"""Up to so many rows are copied: LightGBM samples as many to find its bins, so it holds them all
anyway."""

_ROWS_AT_ONCE = 4_096


def dataset_of(
    matrix: Matrix, label: NDArray[np.float64], rows: NDArray[np.bool_] | None = None
) -> lgb.Dataset:
    """The rows of ``matrix``, or those where ``rows`` is true, with their ``label``.

    ``label`` has one value in [0, 1] per row of the matrix. The whole matrix is read where it lies;
    of many rows of it a few are laid out at a time. Read when training begins.
    """
    names = list(matrix.columns)
    if rows is None or rows.all():
        return lgb.Dataset(matrix.values, label, feature_name=names)
    kept = np.flatnonzero(rows)
    if len(kept) <= COPIED_ROWS:
        return lgb.Dataset(matrix.values[kept], label[kept], feature_name=names)
    return DatasetOfRows(RowsOfMatrix(matrix.values, kept), label[kept], feature_name=names)


class DatasetOfRows(lgb.Dataset):
    """A dataset read through a sequence of rows, with the same bins as the same rows at once.

    LightGBM itself lets a sequence hear only some of the parameters: the sample would be drawn by
    another seed, and features no leaf is large enough to split by would be kept.
    """

    _being_made = False

    def construct(self) -> lgb.Dataset:
        """Read the rows and find the bins, if that is not done yet."""
        self._being_made = True
        try:
            return super().construct()
        finally:
            self._being_made = False

    def get_params(self) -> dict[str, Any]:
        """What bins are made by; while they are made all parameters are."""
        every: dict[str, Any] = (
            dict(self.params or {}) if self._being_made else super().get_params()
        )
        return every


class RowsOfMatrix(lgb.Sequence):
    """Some ``rows`` of ``values``, in this order."""

    batch_size = _ROWS_AT_ONCE

    def __init__(self, values: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
        self._values = values
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, asked: int | slice | list[int]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._values[self._rows[asked]]
        return values
