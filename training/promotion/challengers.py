"""A challenger of one's own on the holdout of a training, and the gate's checks on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.registry import CHAMPION
from training.dataset.splits import walk_forward_folds
from training.dataset.training_set import TrainingSet
from training.evaluation.bootstrap import bootstrap_weights
from training.evaluation.challengers import Challenger
from training.evaluation.fairness import fairness
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import calibration_of
from training.fit.out_of_time import N_FOLDS
from training.promotion.gate import Decision, decide, is_calibrated, is_fair, not_worse

if TYPE_CHECKING:
    from numpy.typing import NDArray


def challenger_probability(
    challenger: Challenger, training_set: TrainingSet, holdout: Matrix
) -> NDArray[np.float64]:
    """Probabilities of the rows of ``holdout``, each fitted on the earlier months of its fold.

    ``holdout`` holds months of the test blocks of the folds on which the model was scored.
    """
    found = np.zeros(len(holdout.project_ids))
    for fold in walk_forward_folds(training_set.dates, n_folds=N_FOLDS):
        train = np.isin(training_set.matrix.as_ofs, np.array(fold.train, dtype="datetime64[D]"))
        test = np.isin(holdout.as_ofs, np.array(fold.test, dtype="datetime64[D]"))
        if test.any():
            found[test] = challenger.probability(training_set.where(train), holdout.where(test))
    return found


def judge_challenger(predictions: Predictions, name: str, capacity: int) -> Decision:
    """Whether the contender ``name`` of ``predictions`` would replace the model.

    The checks are those of a model of our own: ranking, precision on a list of ``capacity``,
    calibration, fairness.
    """
    judged = replace(
        predictions,
        scores={MODEL: predictions.scores[name], CHAMPION: predictions.scores[MODEL]},
        probability={MODEL: predictions.probability[name]},
    )
    weights = bootstrap_weights(judged.clusters)
    calibration = calibration_of(judged, MODEL, judged.labels, weights)
    checks = [is_calibrated(calibration), is_fair(fairness(judged, capacity))]
    return decide([*not_worse(judged, capacity), *checks], first=False, few_events=False)
