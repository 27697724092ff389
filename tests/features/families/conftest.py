"""One feature of one unit, without computing the families after its own."""

from __future__ import annotations

import datetime as dt

from features.matrix import FEATURE_SETS, feature_matrix
from risk.store.store import RecordStore


def feature_value(store: RecordStore, name: str, unit: str, as_of: dt.date) -> float:
    """The value of the feature ``name`` of ``unit``, which must be in the cohort."""
    families = FEATURE_SETS[store.kind].families
    holds = [name in [feature.name for feature in family.features] for family in families]
    # A family may read what the ones before it have computed.
    matrix = feature_matrix(store, [as_of], families=families[: holds.index(True) + 1])
    return float(matrix.values[matrix.project_ids.index(unit), matrix.columns.index(name)])
