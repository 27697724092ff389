"""Values of all units at several dates, from one computation of the families they need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from features.matrix import feature_matrix
from risk.store.store import RecordStore

from .conftest import _families_for

Values = dict[tuple[str, dt.date], dict[str, float]]


def value_table(store: RecordStore, names: Sequence[str], as_ofs: Sequence[dt.date]) -> Values:
    """The features ``names`` by unit and date, for the units in the cohort of each date."""
    families = _families_for(tuple(names), store.kind)
    found: Values = {}
    for as_of in as_ofs:
        matrix = feature_matrix(store, [as_of], families=families).select_columns(list(names))
        for unit, row in zip(matrix.project_ids, matrix.values.tolist(), strict=True):
            found[unit, as_of] = dict(zip(matrix.columns, row, strict=True))
    return found
