"""Which kind of model the number of known events allows, from the scorecard to trees.

A model with more freedom than its events support ranks worse than a simpler one. The thresholds
are where the curves of docs/explanation/believing.md cross.
"""

from __future__ import annotations

from models.arrears import MergedHyperparameters, hyperparameters_for
from models.logistic import LogisticHyperparameters
from training.dataset.training_set import TrainingSet
from training.event_counts import SCORECARD_BELOW
from training.fit.out_of_time import AnyHyperparameters

FROM_SCORECARD_BELOW = 50
"""Below this number a regression starts from the scorecard, see
:class:`models.logistic.LogisticHyperparameters`."""

REGRESSION_BELOW = 80
"""Below this number a regression scores, from it on boosters."""

STRENGTHS = (0.01, 0.003, 0.001)
"""Strengths of the regressions that are tried, the default first."""


def recipe_for(events: int, positives: float) -> AnyHyperparameters | None:
    """The default hyperparameters for ``events`` with ``positives`` rows; None for the scorecard.

    >>> recipe_for(9, 20.0)
    >>> recipe_for(10, 20.0)
    LogisticHyperparameters(strength=0.01, from_scorecard=True)
    >>> recipe_for(79, 200.0)
    LogisticHyperparameters(strength=0.01, from_scorecard=False)
    >>> type(recipe_for(80, 200.0)).__name__
    'Hyperparameters'
    """
    if min(events, positives) < SCORECARD_BELOW:
        return None
    if events < REGRESSION_BELOW:
        return LogisticHyperparameters(STRENGTHS[0], events < FROM_SCORECARD_BELOW)
    return hyperparameters_for(positives)


def default_recipe(training_set: TrainingSet) -> AnyHyperparameters | None:
    """The default hyperparameters for ``training_set``; with the models of other counties if it
    has them.
    """
    positives = float(training_set.target.sum())
    if training_set.use_shared is None or not training_set.dates:
        return recipe_for(training_set.events, positives)
    enough = min(training_set.events, positives) >= SCORECARD_BELOW
    own = hyperparameters_for(positives) if enough else None
    return MergedHyperparameters(training_set.use_shared, own)


def simpler_than(recipe: AnyHyperparameters | None) -> AnyHyperparameters | None:
    """The next simpler recipe: a regression after boosters, then the scorecard (None)."""
    if isinstance(recipe, LogisticHyperparameters):
        return None
    if isinstance(recipe, MergedHyperparameters) and recipe.own is None:
        return None
    return LogisticHyperparameters(STRENGTHS[0])
