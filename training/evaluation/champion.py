"""How the champion would have scored the months a challenger is judged on.

The champion itself may be asked about months after its training only. Where models are trained
every month there are hardly any such months whose events are known, so there the champion's way of
fitting stands for it: grown anew on earlier months, exactly as the challenger was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.base import ScoringModel
from models.registry import ModelVersion
from training.evaluation.bootstrap import MIN_POSITIVES_TO_TELL
from training.fit.fit import LaterTime

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rival:
    """The champion's scores on the rows of the challenger's later time, and which rows count."""

    scores: NDArray[np.float64]
    rows: NDArray[np.bool_]


def rival_of(champion: tuple[ScoringModel, ModelVersion], later: LaterTime) -> Rival:
    """The champion as the rival of the challenger that scored ``later``."""
    model, version = champion
    every = np.ones(len(later.scores), dtype=bool)
    after = later.matrix.as_ofs >= np.datetime64(version.trained_at)
    if model.kind == "scorecard":  # it learns nothing but the rate
        return Rival(model.raw(later.matrix), every)
    if later.happened[after].sum() >= MIN_POSITIVES_TO_TELL:
        return Rival(model.raw(later.matrix), after)
    return Rival(later.scores, every)
