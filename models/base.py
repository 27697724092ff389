"""What every scorer offers: raw scores, their exact parts, and a probability."""

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
    """The matrix lacks columns the model was made with."""

    code = "features_missing"


class ScoringModel(Protocol):
    """A model of either kind. ``contributions(m).sum(axis=1) == raw(m)`` to 1e-6."""

    @property
    def kind(self) -> Kind:
        """Which kind of model this is."""

    @property
    def calibration(self) -> Calibration:
        """From raw score to probability."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The features it reads, in its order."""

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Log-odds before calibration, shape (rows,)."""

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Shape (rows, len(columns) + 1): what each feature adds; the last column is the base."""


def align_columns(matrix: Matrix, columns: Sequence[str]) -> NDArray[np.float64]:
    """The values of ``columns`` in this order, not to be written to: no copy where they are all.

    Raises:
        FeaturesMissing: the matrix lacks one of them.
    """
    if tuple(columns) == matrix.columns:
        return matrix.values
    place = {name: index for index, name in enumerate(matrix.columns)}
    missing = [name for name in columns if name not in place]
    if missing:
        raise FeaturesMissing(missing=", ".join(missing))
    return matrix.values[:, [place[name] for name in columns]]
