"""The contribution of every feature to every score of a cohort, as SHAP values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from features.feature_sets import FAMILY_OF
from models.base import ScoringModel
from risk.store.staged import InBatches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.counterfactuals import LeverEffect
    from models.reasons import Reason

_DIGITS = 6
"""Decimals of contributions in a document; the sum of 150 rounded ones is right to 1e-4."""


class Answers(Protocol):
    """What a model says of the rows ``project_ids`` of a cohort, ordered by project_id.

    ``raw`` and ``probability`` are of all rows; the rest is asked for a few at a time.
    """

    project_ids: tuple[str, ...]
    raw: NDArray[np.float64]
    probability: NDArray[np.float64]

    def explained(
        self, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], Sequence[tuple[Reason, ...]]]:
        """Contributions of the features and the base, shape (rows, columns + 1), and reasons."""

    def features(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values of the model's columns, NaN where unknown, and contributions as above."""

    def levers(self, rows: NDArray[np.intp]) -> Sequence[tuple[LeverEffect, ...]]:
        """What would lower the probability."""

    def drop_reasons(self) -> None:
        """Free the memory of what only reasons need; none are asked for any more."""


RowsOf = Callable[[Sequence[str]], "tuple[list[str], NDArray[np.intp]]"]
"""Those of some projects that are in a cohort, and their rows."""


def rounded(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Contributions as documents have them; a zero has no sign."""
    return parts.round(_DIGITS) + 0.0


class Explained:
    """Contributions in log-odds before calibration, asked of ``answers`` a batch at a time.

    The sum of the contributions of a project and its base is its raw score.
    """

    def __init__(self, answers: Answers, model: ScoringModel, rows_of: RowsOf) -> None:
        self.answers, self._model, self._rows_of = answers, model, rows_of
        self._documents = InBatches(answers.project_ids, self._load)

    def to_document(self, project_id: str) -> dict[str, Any] | None:
        """Base, calibration and all features of a project; None if it was not scored."""
        return self._documents.get(project_id)

    def _load(self, project_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        known, rows = self._rows_of(project_ids)
        if not known:
            return {}
        values, parts = self.answers.features(rows)
        rows_of_values = zip(known, values.tolist(), rounded(parts).tolist(), strict=True)
        return {key: self._document(own, shares) for key, own, shares in rows_of_values}

    def _document(self, values: Sequence[float], parts: Sequence[float]) -> dict[str, Any]:
        calibration = self._model.calibration
        return {
            "base": parts[-1],
            "calibration": {
                "slope": calibration.slope,
                "intercept": calibration.intercept,
            },
            "features": [
                {
                    "name": name,
                    "family": FAMILY_OF[name],
                    "value": None if math.isnan(value) else value,
                    "contribution": part,
                }
                for name, value, part in zip(self._model.columns, values, parts, strict=False)
            ],
        }
