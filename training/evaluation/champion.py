"""Scores of the champion on the holdout of a challenger.

The champion may only be evaluated on months after its training. If models are trained every month
hardly any such months have known events. Then its configuration is taken as refitted on earlier
months, which gives the challenger's own holdout scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.base import ScoringModel
from models.registry import ModelVersion
from training.evaluation.bootstrap import MIN_EVENTS_FOR_INTERVAL
from training.fit.fit import Holdout

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ChampionScores:
    """The champion's scores of the holdout rows, and a mask of the rows to compare on."""

    scores: NDArray[np.float64]
    rows: NDArray[np.bool_]


def champion_scores(
    champion: tuple[ScoringModel, ModelVersion], holdout: Holdout
) -> ChampionScores:
    """The champion's scores on the challenger's ``holdout``."""
    model, version = champion
    all_rows = np.ones(len(holdout.scores), dtype=bool)
    after = holdout.matrix.as_ofs >= np.datetime64(version.trained_at)
    if model.kind == "scorecard":  # only its rate is learnt, which does not change the ranking
        return ChampionScores(model.raw(holdout.matrix), all_rows)
    if holdout.labels[after].sum() >= MIN_EVENTS_FOR_INTERVAL:
        return ChampionScores(model.raw(holdout.matrix), after)
    return ChampionScores(holdout.scores, all_rows)
