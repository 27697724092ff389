"""Looks for features that know the future, at every training.

Two questions: does any value at a date change when all that was told on or after that date is taken
away; and does any single feature tell events apart better than honest knowledge can?
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import Family
from features.matrix import Matrix, feature_matrix
from risk.errors import WagewatchError
from risk.store.store import RecordStore
from training.evaluation.metrics import roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOO_GOOD_AUC = 0.95
"""A single honest feature reaches about 0.7 on the records seen so far."""

_MIN_POSITIVES = 10
_SAMPLED_DATES = 2


class FeaturesLeak(WagewatchError):
    """Features change when later records are taken away."""

    code = "features_leak"


@dataclass(frozen=True)
class TooGood:
    """A feature that alone tells events apart suspiciously well."""

    feature: str
    roc_auc: float


def require_no_leak(
    store: RecordStore, as_ofs: Sequence[dt.date], families: Sequence[Family] | None = None
) -> None:
    """Check a sample of ``as_ofs``: the earliest and the middle one, where most future is known.

    Raises:
        FeaturesLeak: with the features and the dates at which they changed.
    """
    ordered = sorted(as_ofs)
    sample = list(dict.fromkeys([ordered[0], ordered[len(ordered) // 2]]))[:_SAMPLED_DATES]
    moved: dict[str, dt.date] = {}
    for day in sample:
        for name in features_moved(store, day, families):
            moved.setdefault(name, day)
    if moved:
        named = ", ".join(f"{name} ({day})" for name, day in sorted(moved.items()))
        raise FeaturesLeak(features=named)


def features_moved(
    store: RecordStore, as_of: dt.date, families: Sequence[Family] | None = None
) -> list[str]:
    """Features whose value at ``as_of`` changes when nothing later was ever told.

    A changed cohort moves every feature.
    """
    whole = feature_matrix(store, [as_of], families=families)
    past = feature_matrix(store, [as_of], families=families, known_before=as_of)
    if whole.project_ids != past.project_ids:
        return list(whole.columns)
    same = (whole.values == past.values) | (np.isnan(whole.values) & np.isnan(past.values))
    return [whole.columns[column] for column in np.flatnonzero(~same.all(axis=0))]


def too_good(matrix: Matrix, happened: NDArray[np.float64]) -> list[TooGood]:
    """Features whose ROC AUC, in either direction, is above :data:`TOO_GOOD_AUC`.

    Judged where the value is known and at least 10 events are among those rows.
    """
    found = []
    for column, name in enumerate(matrix.columns):
        known = ~np.isnan(matrix.values[:, column])
        if happened[known].sum() < _MIN_POSITIVES:
            continue
        auc = roc_auc(matrix.values[known, column], happened[known])
        if max(auc, 1 - auc) > TOO_GOOD_AUC:
            found.append(TooGood(name, max(auc, 1 - auc)))
    return found
