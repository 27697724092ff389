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
    matrix = feature_matrix(store, as_ofs, families=families).select_columns(list(names))
    rows = zip(matrix.project_ids, matrix.as_ofs.tolist(), matrix.values.tolist(), strict=True)
    return {(unit, day): dict(zip(matrix.columns, row, strict=True)) for unit, day, row in rows}
