"""The interface of all scoring models: raw scores, their exact contributions, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from features.matrix import Matrix
from models.calibration import Calibration
from risk.errors import WagewatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["lightgbm", "logistic", "scorecard"]


class FeaturesMissing(WagewatchError):
    """The matrix lacks columns the model was trained on."""

    code = "features_missing"


class ScoringModel(Protocol):
    """A scoring model. ``contributions(m).sum(axis=1)`` equals ``raw(m)`` to 1e-6."""

    @property
    def kind(self) -> Kind:
        """The kind of model."""

    @property
    def calibration(self) -> Calibration:
        """The map from raw scores to probabilities."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The features it reads, in order."""

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Log-odds before calibration, shape (rows,)."""

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Contribution of each feature, shape (rows, columns + 1); the last column is the base."""


def align_columns(matrix: Matrix, columns: Sequence[str]) -> NDArray[np.float64]:
    """The values of ``columns`` in this order, shape (rows, len(columns)).

    Read-only: where ``columns`` are all columns of the matrix, its own array is returned.

    Raises:
        FeaturesMissing: the matrix lacks one of them.
    """
    if tuple(columns) == matrix.columns:
        return matrix.values
    index = {name: number for number, name in enumerate(matrix.columns)}
    missing = [name for name in columns if name not in index]
    if missing:
        raise FeaturesMissing(missing=", ".join(missing))
    return matrix.values[:, [index[name] for name in columns]]
