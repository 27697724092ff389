"""The model and its baselines, scored on the cohort of a month.

The baselines are the warning rules in use, the expert scorecard, logistic regression, the result of
the last inspection, and random order. Those that are fitted use the same training set as the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.baselines import last_inspection, rules_in_use
from models.logistic import LogisticHyperparameters
from models.rule_set import RuleSet
from models.scorecard import shrunk_rate
from training.dataset.training_set import TrainingSet
from training.evaluation.challengers import CHALLENGER, Challenger
from training.evaluation.predictions import MODEL
from training.fit.fit import Trained, fit, fit_card
from training.fit.ladder import STRENGTHS, recipe_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES = "rules"
OWN_RULES = "own_rules/"
"""Prefix of the contenders that are rule sets of the office, followed by their name."""

CONTENDERS = (MODEL, "logistic", "scorecard", RULES, "last_inspection", "random")


@dataclass(frozen=True)
class ContenderScores:
    """Scores of one month by contender, the probabilities of those that give one, the model."""

    scores: Mapping[str, NDArray[np.float64]]
    probability: Mapping[str, NDArray[np.float64]]
    trained: Trained


def score_all_models(
    training_set: TrainingSet,
    cohort: Matrix,
    rule_sets: Sequence[RuleSet] = (),
    challengers: Sequence[Challenger] = (),
) -> ContenderScores:
    """Fit every contender on ``training_set`` and score ``cohort``.

    ``rule_sets`` and ``challengers`` are contenders too.

    Raises:
        ChallengerFailed: a challenger failed or gave no probabilities.
    """
    trained = fit(training_set)
    raw = trained.model.raw(cohort)
    card = fit_card(training_set).model
    points = card.raw(cohort)
    regression, chances = _regression(training_set, cohort)
    own = {CHALLENGER + one.name: one.probability(training_set, cohort) for one in challengers}
    scores = {
        MODEL: raw,
        "logistic": regression,
        "scorecard": points,
        RULES: rules_in_use(cohort),
        "last_inspection": last_inspection(cohort),
        "random": np.zeros(len(cohort.project_ids)),
        **{OWN_RULES + one.name: one.points(cohort) for one in rule_sets},
        **own,
    }
    probability = {
        MODEL: trained.model.calibration.probability(raw),
        "scorecard": card.calibration.probability(points),
        "logistic": chances,
        **own,
    }
    return ContenderScores(scores, probability, trained)


def _regression(
    training_set: TrainingSet, cohort: Matrix
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores and probabilities of the regression; the same for all if there are too few events."""
    if recipe_for(training_set.events, float(training_set.target.sum())) is None:
        rate = np.full(len(cohort.project_ids), shrunk_rate(training_set.expected))
        return np.zeros(len(rate)), rate
    model = fit(training_set, LogisticHyperparameters(STRENGTHS[0])).model
    raw = model.raw(cohort)
    return raw, model.calibration.probability(raw)
