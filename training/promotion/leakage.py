"""Leakage checks, run at every training.

Two checks: no feature value at a date changes when everything known on or after that date is
removed, and no single feature separates events better than is plausible.
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
from training.metrics import distinct_events, roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOO_GOOD_AUC = 0.95
"""A single feature without leakage reaches about 0.7 on the records seen so far."""

_MIN_EVENTS = 10


class FeaturesLeak(WagewatchError):
    """Features change when later records are removed."""

    code = "features_leak"


@dataclass(frozen=True)
class SuspiciousFeature:
    """A feature that alone separates events implausibly well."""

    feature: str
    roc_auc: float


def require_no_leak(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    families: Sequence[Family] | None = None,
    matrix: Matrix | None = None,
) -> None:
    """Check the earliest and the middle of ``as_ofs``, where most of the future is known.

    ``matrix`` are the features at these dates from all records, computed here without.

    Raises:
        FeaturesLeak: with the features and the dates at which they changed.
    """
    ordered = sorted(as_ofs)
    sample = dict.fromkeys([ordered[0], ordered[len(ordered) // 2]])
    changed: dict[str, dt.date] = {}
    for day in sample:
        whole = matrix.rows_at(day) if matrix else None
        for name in features_changed(store, day, families, whole):
            changed.setdefault(name, day)
    if changed:
        named = ", ".join(f"{name} ({day})" for name, day in sorted(changed.items()))
        raise FeaturesLeak(features=named)


def features_changed(
    store: RecordStore,
    as_of: dt.date,
    families: Sequence[Family] | None = None,
    whole: Matrix | None = None,
) -> list[str]:
    """Features whose values at ``as_of`` change when all later records are removed.

    All features if the cohort changes. ``whole`` are the features from all records.
    """
    whole = whole or feature_matrix(store, [as_of], families=families)
    past = feature_matrix(store, [as_of], families=families, known_before=as_of)
    if whole.project_ids != past.project_ids:
        return list(whole.columns)
    same = (whole.values == past.values) | (np.isnan(whole.values) & np.isnan(past.values))
    return [whole.columns[column] for column in np.flatnonzero(~same.all(axis=0))]


def suspicious_features(matrix: Matrix, labels: NDArray[np.float64]) -> list[SuspiciousFeature]:
    """Features whose ROC AUC, in either direction, is above :data:`TOO_GOOD_AUC`.

    Computed on the rows where the value is known, if they hold at least 10 events.
    """
    suspicious = []
    names = np.array(matrix.project_ids, dtype=object)
    for column, name in enumerate(matrix.columns):
        known = ~np.isnan(matrix.values[:, column])
        if (
            distinct_events(names[known].tolist(), matrix.as_ofs[known], labels[known])
            < _MIN_EVENTS
        ):
            continue
        auc = roc_auc(matrix.values[known, column], labels[known])
        if max(auc, 1 - auc) > TOO_GOOD_AUC:
            suspicious.append(SuspiciousFeature(name, max(auc, 1 - auc)))
    return suspicious
