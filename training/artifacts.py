"""Artifacts stored with a model: the profile of its training data, the effects of features."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import numpy as np

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.arrears import ArrearsModel
from models.logistic import LogisticModel
from risk.store.store import RecordStore
from training import effect_pictures
from training.dataset.training_set import TrainingSet
from training.effects import EFFECTS_ARTIFACT, sample_of, to_text
from training.fit.fit import Trained
from training.monitoring.drift import PROFILE_ARTIFACT, reference_profile


def model_artifacts(training_set: TrainingSet, trained: Trained) -> Mapping[str, str]:
    """Artifacts by file name: the profile, and the effects of features with their pictures."""
    matrix = training_set.matrix
    profile = reference_profile(matrix, trained.model.raw(matrix), _importance(trained))
    sample = sample_of(matrix, trained.model)
    return {
        PROFILE_ARTIFACT: profile.to_text(),
        EFFECTS_ARTIFACT: to_text(sample),
        **effect_pictures.draw(sample),
    }


def typical_row(matrix: Matrix, columns: Sequence[str]) -> list[float]:
    """The median of the known values of each of ``columns``, NaN where none is known.

    An example of what a model reads that is no project's own row.
    """
    values = matrix.select_columns(columns).values
    known = [column[~np.isnan(column)] for column in values.T]
    return [float(np.median(column)) if len(column) else math.nan for column in known]


def missing_feeds(store: RecordStore, as_of: dt.date) -> list[str]:
    """Tables the features need of which nothing was known before ``as_of``."""
    # Names of tables come from the contract, never from outside.
    return [
        name
        for name in FEATURE_SETS[store.kind].feeds()
        if not store.rows(f"SELECT 1 FROM {name} WHERE known_at < $1 LIMIT 1", [as_of])
    ]


def _importance(trained: Trained) -> Mapping[str, float]:
    model = trained.model
    if isinstance(model, ArrearsModel):
        shares = model.importance()
    elif isinstance(model, LogisticModel):
        shares = np.abs(np.array(model.weights))
        shares = shares / max(float(shares.sum()), 1e-12)
    else:
        shares = np.full(len(model.columns), 1 / len(model.columns))
    return dict(zip(model.columns, shares.tolist(), strict=True))
