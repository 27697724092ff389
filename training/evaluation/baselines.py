"""Everyone who ranks the cohort of a month: the model and what it has to beat.

Today's warning rules, the expert scorecard, logistic regression, the last inspection's result, and
random order. Those that are fitted learn from the same lessons as the model.
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
from training.dataset.training_set import Lessons
from training.evaluation.predictions import MODEL
from training.fit.fit import Trained, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES = "rules"
CONTENDERS = (MODEL, "logistic", "scorecard", RULES, "last_inspection", "random")


@dataclass(frozen=True)
class Contest:
    """One month's scores by contender, the probabilities of those that state one, the model."""

    scores: Mapping[str, NDArray[np.float64]]
    probability: Mapping[str, NDArray[np.float64]]
    trained: Trained


def contest(lessons: Lessons, cohort: Matrix) -> Contest:
    """Let every contender learn from ``lessons`` and score ``cohort``."""
    trained = fit(lessons)
    raw = trained.model.raw(cohort)
    card = fit_scorecard(lessons.matrix, _rate(lessons))
    points = card.raw(cohort)
    scores = {
        MODEL: raw,
        "logistic": _logistic(lessons, cohort),
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
    return Contest(scores, probability, trained)


def _rate(lessons: Lessons) -> float:
    seen = float(lessons.target.mean()) if len(lessons.target) else 0.0
    return min(max(seen, 0.001), 0.5)


def _logistic(lessons: Lessons, cohort: Matrix) -> NDArray[np.float64]:
    """Its scores; without enough events it cannot be fitted and says the rate for everybody."""
    if not lessons.enough():
        rate = _rate(lessons)
        return np.full(len(cohort.project_ids), np.log(rate / (1 - rate)))
    return fit_logistic(lessons.matrix, lessons.target).raw(cohort)
