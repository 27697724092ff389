"""Artifacts stored with a model for monitoring: reference profile and novelty detector."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from features.feature_sets import FEATURE_SETS
from models.arrears import ArrearsModel
from models.logistic import LogisticModel
from models.novelty import ARTIFACT as NOVELTY_ARTIFACT
from models.novelty import fit_novelty_detector
from risk.store.store import RecordStore
from training.dataset.labels import dated_within
from training.dataset.observation import observations_before
from training.dataset.training_set import TrainingSet
from training.fit.fit import Trained
from training.monitoring.drift import PROFILE_ARTIFACT, reference_profile


def model_artifacts(
    store: RecordStore, training_set: TrainingSet, trained: Trained
) -> Mapping[str, str]:
    """Artifacts by file name.

    The profile of the training data, and the novelty detector fitted on the inspected rows unless
    those are too few.
    """
    matrix = training_set.matrix
    profile = reference_profile(matrix, trained.model.raw(matrix), _importance(trained))
    artifacts = {PROFILE_ARTIFACT: profile.to_text()}
    observations = observations_before(store, training_set.log.known_until)
    inspected = dated_within(observations.days, matrix.project_ids, matrix.as_ofs)
    detector = fit_novelty_detector(matrix.where(inspected))
    if detector is not None:
        artifacts[NOVELTY_ARTIFACT] = detector.to_text()
    return artifacts


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
