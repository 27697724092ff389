"""The contribution of every feature to every score of a cohort, as SHAP values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from features.feature_sets import FAMILY_OF
from models.calibration import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray


_DIGITS = 12
"""Decimals of contributions in a document; the sum of 150 rounded ones is right to 1e-10."""


@dataclass(frozen=True)
class ExplainedCohort:
    """Contributions in log-odds before calibration; rows are ``project_ids``.

    ``values`` are those of the features, NaN where unknown, shape (rows, columns); ``parts`` has
    one column more, the base. The sum of a row of ``parts`` is the raw score.
    """

    project_ids: tuple[str, ...]
    columns: tuple[str, ...]
    values: NDArray[Any]
    parts: NDArray[Any]
    calibration: Calibration

    @cached_property
    def _row(self) -> Mapping[str, int]:
        return {project_id: row for row, project_id in enumerate(self.project_ids)}

    def to_document(self, project_id: str) -> dict[str, Any] | None:
        """Base, calibration and all features of a project; None if it was not scored."""
        row = self._row.get(project_id)
        if row is None:
            return None
        values, parts = self.values[row].tolist(), self.parts[row].round(_DIGITS).tolist()
        return {
            "base": parts[-1],
            "calibration": {
                "slope": self.calibration.slope,
                "intercept": self.calibration.intercept,
            },
            "features": [
                {
                    "name": name,
                    "family": FAMILY_OF[name],
                    "value": None if math.isnan(value) else value,
                    "contribution": part,
                }
                for name, value, part in zip(self.columns, values, parts, strict=False)
            ],
        }
