"""The model and its baselines, scored on the cohort of a month.

The baselines are the warning rules in use, the expert scorecard, logistic regression, the result of
the last inspection, and random order. Those that are fitted use the same training set as the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.baselines import last_inspection, rules_in_use
from models.logistic import fit_logistic
from models.scorecard import fit_scorecard
from training.dataset.training_set import TrainingSet
from training.evaluation.predictions import MODEL
from training.fit.fit import Trained, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES = "rules"
CONTENDERS = (MODEL, "logistic", "scorecard", RULES, "last_inspection", "random")


@dataclass(frozen=True)
class ContenderScores:
    """Scores of one month by contender, the probabilities of those that give one, the model."""

    scores: Mapping[str, NDArray[np.float64]]
    probability: Mapping[str, NDArray[np.float64]]
    trained: Trained


def score_all_models(training_set: TrainingSet, cohort: Matrix) -> ContenderScores:
    """Fit every contender on ``training_set`` and score ``cohort``."""
    trained = fit(training_set)
    raw = trained.model.raw(cohort)
    card = fit_scorecard(training_set.matrix, training_set.target)
    points = card.raw(cohort)
    scores = {
        MODEL: raw,
        "logistic": _logistic(training_set, cohort),
        "scorecard": points,
        RULES: rules_in_use(cohort),
        "last_inspection": last_inspection(cohort),
        "random": np.zeros(len(cohort.project_ids)),
    }
    probability = {
        MODEL: trained.model.calibration.probability(raw),
        "scorecard": card.calibration.probability(points),
        "logistic": 1 / (1 + np.exp(-scores["logistic"])),
    }
    return ContenderScores(scores, probability, trained)


def _rate(training_set: TrainingSet) -> float:
    rate = float(training_set.target.mean()) if len(training_set.target) else 0.0
    return min(max(rate, 0.001), 0.5)


def _logistic(training_set: TrainingSet, cohort: Matrix) -> NDArray[np.float64]:
    """Scores of the regression; the log-odds of the event rate if there are too few events."""
    if not training_set.has_enough_events():
        rate = _rate(training_set)
        return np.full(len(cohort.project_ids), np.log(rate / (1 - rate)))
    return fit_logistic(training_set.matrix, training_set.target).raw(cohort)
