"""One feature of one unit, computing only the families it needs."""

from __future__ import annotations

import datetime as dt
import functools

from features.catalogue import Family
from features.matrix import FEATURE_SETS, feature_matrix
from features.sql_tables import tables_read
from risk.store.store import RecordStore
from risk.unit_kinds import Kind


def feature_value(store: RecordStore, name: str, unit: str, as_of: dt.date) -> float:
    """The value of the feature ``name`` of ``unit``, which must be in the cohort."""
    matrix = feature_matrix(store, [as_of], families=_families_for(name, store.kind))
    return float(matrix.values[matrix.project_ids.index(unit), matrix.columns.index(name)])


@functools.cache
def _families_for(name: str, kind: Kind) -> list[Family]:
    """The family of the feature and those whose steps it reads, in order."""
    families = FEATURE_SETS[kind].families
    made_by = {step.name: number for number, one in enumerate(families) for step in one.steps}
    needed = {
        number
        for number, one in enumerate(families)
        if name in [feature.name for feature in one.features]
    }
    for number in range(len(families) - 1, -1, -1):  # families read only those before them
        if number in needed:
            read = {table for step in families[number].steps for table in tables_read(step.sql)}
            needed |= {made_by[table] for table in read & made_by.keys()}
    return [families[number] for number in sorted(needed)]
