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
    return feature_values(store, (name,), unit, as_of)[0]


def feature_values(
    store: RecordStore, names: tuple[str, ...], unit: str, as_of: dt.date
) -> list[float]:
    """The values of the features ``names`` of ``unit``, computed together."""
    matrix = feature_matrix(store, [as_of], families=_families_for(names, store.kind))
    row = matrix.values[matrix.project_ids.index(unit)]
    return [float(row[matrix.columns.index(name)]) for name in names]


@functools.cache
def _families_for(names: tuple[str, ...], kind: Kind) -> list[Family]:
    """The families of the features and those whose steps they read, in order."""
    families = FEATURE_SETS[kind].families
    made_by = {step.name: number for number, one in enumerate(families) for step in one.steps}
    needed = {
        number
        for number, one in enumerate(families)
        if any(feature.name in names for feature in one.features)
    }
    for number in range(len(families) - 1, -1, -1):  # families read only those before them
        if number in needed:
            read = {table for step in families[number].steps for table in tables_read(step.sql)}
            needed |= {made_by[table] for table in read & made_by.keys()}
    return [families[number] for number in sorted(needed)]
