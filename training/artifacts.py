"""What is kept beside a model so that it can be watched: what it was trained on, what was seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from features.feature_sets import FEATURE_SETS
from models.arrears import ArrearsModel
from models.logistic import LogisticModel
from models.novelty import ARTIFACT as RESEMBLANCE
from models.novelty import fit_novelty_detector
from risk.store.store import RecordStore
from training.dataset.labels import dated_within
from training.dataset.observation import looks
from training.dataset.training_set import Lessons
from training.fit.fit import Trained
from training.monitoring.drift import PAPER as PROFILE
from training.monitoring.drift import profile


def papers(store: RecordStore, lessons: Lessons, trained: Trained) -> Mapping[str, str]:
    """The profile of the training data, and the resemblance to what was inspected."""
    matrix = lessons.matrix
    kept = {PROFILE: profile(matrix, trained.model.raw(matrix), _importance(trained)).to_text()}
    looked = looks(store, lessons.log.told_at)
    inspected = dated_within(looked.days, matrix.project_ids, matrix.as_ofs)
    seen = fit_novelty_detector(matrix.where(inspected))
    return kept if seen is None else {**kept, RESEMBLANCE: seen.to_text()}


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
