"""A matrix put together from parts; only parts that are missing or touched are computed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from features.arrow import days_of
from features.cache.dependencies import FamilyDependencies, family_dependencies
from features.cache.fingerprint import CacheKeys
from features.cache.store import UNIT_COLUMN, BlockStore
from features.catalogue import Family
from features.feature_sets import FEATURE_SETS
from features.matrix import (
    Matrix,
    MatrixBuilder,
    cohort_sizes,
    columns_of,
    compute_in_batches,
    feature_matrix,
    matrix_table,
)
from risk.progress import Progress
from risk.store.store import RecordStore

if TYPE_CHECKING:
    import pyarrow as pa

DATES_PER_BATCH = 12
"""Dates computed in one go: what is done is kept before the next go."""

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def cached_matrix(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    cache_dir: Path | None,
    progress: Progress | None = None,
    *,
    families: Sequence[Family] | None = None,
) -> Matrix:
    """The matrix of :func:`features.matrix.feature_matrix`, equal to the bit, read from a cache.

    Blocks missing in ``cache_dir`` are computed and added; None computes everything and stores
    nothing. ``progress`` is called only while something is computed.
    """
    if cache_dir is None:
        return feature_matrix(store, as_ofs, progress, families=families)
    wanted = tuple(families or FEATURE_SETS[store.kind].families)
    building = _CacheReader(store, wanted, BlockStore(cache_dir, store.kind))
    sizes = cohort_sizes(store, as_ofs)
    filling = MatrixBuilder(sizes, columns_of(wanted), store.kind)
    goes = list(_goes({day: building.add_cached(day, filling) for day in sizes}))
    for number, (days, missing) in enumerate(goes):
        building.add_computed(days, missing, filling, _within(progress, number, len(goes)))
    return filling.matrix()


@dataclass
class _CacheReader:
    """The parts of ``families``, by what the records say now."""

    store: RecordStore
    families: Sequence[Family]
    parts: BlockStore

    def __post_init__(self) -> None:
        self._readings: Mapping[str, FamilyDependencies] = family_dependencies(
            self.store, self.families
        )
        tables = {name for one in self._readings.values() for name in one.tables | one.feeds}
        self._keys = CacheKeys(self.store, sorted(tables))

    def add_cached(self, day: dt.date, filling: MatrixBuilder) -> list[Family]:
        """Fill in the parts of ``day`` that are there and right; the families of the others."""
        missing = []
        for family in self.families:
            part = self.parts.load(family.name, day, self._key(family, day), columns_of([family]))
            if part is None:
                missing.append(family)
            else:
                filling.add(day, part)
        return missing

    def add_computed(
        self,
        days: Sequence[dt.date],
        families: Sequence[Family],
        filling: MatrixBuilder,
        progress: Progress | None,
    ) -> None:
        """Compute the parts of ``families`` at ``days``, keep them and fill them in."""
        needed = self._needed(families)
        for engine in compute_in_batches(self.store, days, progress, families=needed):
            table = matrix_table(engine, families)
            for day, rows in _by_day(table, engine.days):
                filling.add(day, rows)
                for family in families:
                    part = rows.select([UNIT_COLUMN, *columns_of([family])])
                    self.parts.save(family.name, day, self._key(family, day), part)

    def _key(self, family: Family, day: dt.date) -> str:
        return self._keys.key(self._readings[family.name], day)

    def _needed(self, families: Sequence[Family]) -> list[Family]:
        """``families`` and those whose steps they read, in the order steps run."""
        names = {name for family in families for name in self._readings[family.name].families}
        others = {family.name: family for family in FEATURE_SETS[self.store.kind].families}
        every = {**others, **{family.name: family for family in self.families}}
        return [family for name, family in every.items() if name in names]


def _goes(
    missing: Mapping[dt.date, Sequence[Family]],
) -> Iterator[tuple[list[dt.date], Sequence[Family]]]:
    """Dates that lack the same families, a few at once."""
    alike: dict[tuple[str, ...], list[dt.date]] = {}
    for day, families in missing.items():
        if families:
            alike.setdefault(tuple(family.name for family in families), []).append(day)
    for days in alike.values():
        for start in range(0, len(days), DATES_PER_BATCH):
            yield days[start : start + DATES_PER_BATCH], missing[days[start]]


def _within(progress: Progress | None, number: int, goes: int) -> Progress | None:
    if progress is None:
        return None
    return lambda step, share: progress(step, (number + share) / goes)


def _by_day(table: pa.Table, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, pa.Table]]:
    """The rows of each of ``days``; they come in the order of dates."""
    rows_at = days_of(table["as_of"])
    for day in days:
        first, last = (np.searchsorted(rows_at, np.datetime64(day), side) for side in _SIDES)
        yield day, table.slice(first, last - first)
