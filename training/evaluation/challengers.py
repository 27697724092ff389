"""Challengers of one's own: any estimator with ``fit`` and ``predict_proba``, as scikit-learn's.

They are fitted and evaluated with the model. They are never stored: that would need pickle.
"""

from __future__ import annotations

import copy
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models.scorecard import shrunk_rate
from risk.errors import WagewatchError
from training.dataset.frames import feature_frame
from training.dataset.training_set import TrainingSet

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHALLENGER = "challenger/"
"""Prefix of the contenders that are challengers, followed by their name."""


class ChallengerUnusable(WagewatchError):
    """The estimator cannot be loaded, or is none. Carries ``name`` and ``detail``."""

    code = "challenger_unusable"


class ChallengerFailed(WagewatchError):
    """The estimator failed or gave no probabilities. Carries ``name`` and ``detail``."""

    code = "challenger_failed"


@dataclass(frozen=True)
class Challenger:
    """An unfitted ``estimator``, named by where it came from."""

    name: str
    estimator: Any

    def probability(self, training_set: TrainingSet, cohort: Matrix) -> NDArray[np.float64]:
        """Probabilities of an event for the rows of ``cohort``, fitted on ``training_set``.

        Features are given as a pandas frame without those that are unknown in all training rows,
        which scikit-learn's trees cannot bin; labels as 0 and 1. The rate of all rows where the
        training set has one label only.

        Raises:
            ChallengerFailed: it raised an error, or gave something other than probabilities.
        """
        rows = len(cohort.project_ids)
        labels = training_set.target.astype(np.int64)
        if not len(labels) or labels.min() == labels.max():
            return np.full(rows, shrunk_rate(training_set.expected))
        features = feature_frame(training_set.matrix).dropna(axis="columns", how="all")
        judged = feature_frame(cohort)[list(features.columns)]
        try:
            fitted = copy.deepcopy(self.estimator).fit(features, labels)
            found = np.asarray(fitted.predict_proba(judged), dtype=np.float64)
        except Exception as error:
            detail = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ChallengerFailed(name=self.name, detail=detail) from error
        if found.shape != (rows, 2) or not ((found >= 0) & (found <= 1)).all():
            detail = f"predict_proba: {found.shape}, {np.min(found)} .. {np.max(found)}"
            raise ChallengerFailed(name=self.name, detail=detail)
        return np.asarray(found[:, 1])


def load_challenger(name: str) -> Challenger:
    """The challenger at ``module:object``: an estimator, or a class or function that makes one.

    Modules are looked for in the current folder too.

    Raises:
        ChallengerUnusable: there is no such object, or it lacks ``fit`` or ``predict_proba``.
    """
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ChallengerUnusable(name=name, detail="module:object")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute)
        estimator = found() if isinstance(found, type) or not hasattr(found, "fit") else found
    except Exception as error:
        detail = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ChallengerUnusable(name=name, detail=detail) from error
    missing = [need for need in ("fit", "predict_proba") if not hasattr(estimator, need)]
    if missing:
        raise ChallengerUnusable(name=name, detail=", ".join(missing))
    return Challenger(name, estimator)
