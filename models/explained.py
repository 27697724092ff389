"""The contribution of every feature to every score of a cohort, as SHAP values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from features.feature_sets import FAMILY_OF
from features.matrix import Matrix
from models.base import ScoringModel, align_columns
from risk.store.staged import InBatches

_DIGITS = 12
"""Decimals of contributions in a document; the sum of 150 rounded ones is right to 1e-10."""


class Explained:
    """Contributions in log-odds before calibration, computed for a batch of the cohort at a time.

    The sum of the contributions of a project and its base is its raw score.
    """

    def __init__(self, matrix: Matrix, model: ScoringModel) -> None:
        self._matrix, self._model = matrix, model
        self._documents = InBatches(matrix.project_ids, self._load)

    def to_document(self, project_id: str) -> dict[str, Any] | None:
        """Base, calibration and all features of a project; None if it was not scored."""
        return self._documents.get(project_id)

    def _load(self, project_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        part = self._matrix.rows(self._matrix.places(project_ids))
        if not part.project_ids:
            return {}
        values = align_columns(part, self._model.columns).tolist()
        parts = self._model.contributions(part).round(_DIGITS).tolist()
        rows = zip(part.project_ids, values, parts, strict=True)
        return {key: self._document(known, shares) for key, known, shares in rows}

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
