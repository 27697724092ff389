"""``lightgbm.Dataset`` over a matrix in memory, without a second copy of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from features.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_COPIED_ROWS = 200_000
"""Up to this many rows are copied: LightGBM samples as many to find its bins, so it holds them
anyway."""

_BATCH_ROWS = 4_096


def matrix_dataset(
    matrix: Matrix, label: NDArray[np.float64], rows: NDArray[np.bool_] | None = None
) -> lgb.Dataset:
    """Dataset of the rows of ``matrix``, or of those where ``rows`` is true, with their ``label``.

    ``label`` has one value in [0, 1] per row of the matrix. The whole matrix is used in place; a
    large subset of its rows is copied batch by batch. The dataset is constructed when training
    begins.
    """
    names = list(matrix.columns)
    if rows is None or rows.all():
        return lgb.Dataset(matrix.values, label, feature_name=names)
    index = np.flatnonzero(rows)
    if len(index) <= MAX_COPIED_ROWS:
        return lgb.Dataset(matrix.values[index], label[index], feature_name=names)
    return SequenceDataset(MatrixSequence(matrix.values, index), label[index], feature_name=names)


class SequenceDataset(lgb.Dataset):
    """Dataset over a ``lightgbm.Sequence``, with the bins the same rows have as an array.

    LightGBM passes a sequence only some of the parameters: the sample would be drawn by another
    seed, and features that no leaf is large enough to split by would not be dropped.
    """

    _constructing = False

    def construct(self) -> lgb.Dataset:
        """Read the rows and find the bins, unless done already."""
        self._constructing = True
        try:
            return super().construct()
        finally:
            self._constructing = False

    def get_params(self) -> dict[str, Any]:
        """Parameters that decide the bins; all parameters during :meth:`construct`."""
        parameters: dict[str, Any] = (
            dict(self.params or {}) if self._constructing else super().get_params()
        )
        return parameters


class MatrixSequence(lgb.Sequence):
    """The rows of ``values`` with the indices ``rows``, in this order."""

    batch_size = _BATCH_ROWS

    def __init__(self, values: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
        self._values = values
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int | slice | list[int]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._values[self._rows[index]]
        return values
