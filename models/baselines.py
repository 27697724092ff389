"""Baselines that need no training: published warning rules, and the last inspection.

They are the bar a model has to clear, so they stay as published when features are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.base import align_columns
from models.rule_set import published_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rules_in_use(matrix: Matrix) -> NDArray[np.float64]:
    """Alert points by the warning rules that provinces publish: 3 for a red, 1 for a yellow.

    See :func:`models.rule_set.published_rules`. Unknown never alerts.
    """
    return published_rules(matrix.kind).points(matrix)


def last_inspection(matrix: Matrix) -> NDArray[np.float64]:
    """1 where the last inspection found arrears, 0 where it found none, 0.5 where none was made."""
    return np.nan_to_num(align_columns(matrix, ["last_inspection_found"])[:, 0], nan=0.5)
