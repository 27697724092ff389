"""The feature matrix from the cache; only missing or outdated blocks are computed."""

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
from risk.progress import Progress, scaled_progress
from risk.store.store import RecordStore

if TYPE_CHECKING:
    import pyarrow as pa

DATES_PER_BATCH = 12
"""Dates computed in one batch; its blocks are stored before the next batch starts."""

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
    families = tuple(families or FEATURE_SETS[store.kind].families)
    cache = _CacheReader(store, families, BlockStore(cache_dir, store.kind))
    sizes = cohort_sizes(store, as_ofs)
    builder = MatrixBuilder(sizes, columns_of(families), store.kind)
    batches = list(_batches({day: cache.add_cached(day, builder) for day in sizes}))
    for number, (days, missing) in enumerate(batches):
        part = scaled_progress(progress, number / len(batches), 1 / len(batches))
        cache.add_computed(days, missing, builder, part)
    return builder.matrix()


@dataclass
class _CacheReader:
    """Reads the blocks of ``families`` from the cache and adds missing ones."""

    store: RecordStore
    families: Sequence[Family]
    blocks: BlockStore

    def __post_init__(self) -> None:
        self._dependencies: Mapping[str, FamilyDependencies] = family_dependencies(
            self.store, self.families
        )
        tables = {name for d in self._dependencies.values() for name in d.tables | d.feeds}
        self._keys = CacheKeys(self.store, sorted(tables))

    def add_cached(self, day: dt.date, builder: MatrixBuilder) -> list[Family]:
        """Add the valid blocks of ``day`` to the matrix; returns the families of the others."""
        missing = []
        for family in self.families:
            block = self.blocks.load(family.name, day, self._key(family, day), columns_of([family]))
            if block is None:
                missing.append(family)
            else:
                builder.add(day, block)
        return missing

    def add_computed(
        self,
        days: Sequence[dt.date],
        families: Sequence[Family],
        builder: MatrixBuilder,
        progress: Progress | None,
    ) -> None:
        """Compute the blocks of ``families`` at ``days``, add them to the matrix and store them."""
        needed = self._needed(families)
        for engine in compute_in_batches(self.store, days, progress, families=needed):
            table = matrix_table(engine, families)
            for day, rows in _by_day(table, engine.days):
                builder.add(day, rows)
                for family in families:
                    block = rows.select([UNIT_COLUMN, *columns_of([family])])
                    self.blocks.save(family.name, day, self._key(family, day), block)

    def _key(self, family: Family, day: dt.date) -> str:
        return self._keys.key(self._dependencies[family.name], day)

    def _needed(self, families: Sequence[Family]) -> list[Family]:
        """``families`` and those whose steps they read, in the order their steps run."""
        names = {name for family in families for name in self._dependencies[family.name].families}
        others = {family.name: family for family in FEATURE_SETS[self.store.kind].families}
        every = {**others, **{family.name: family for family in self.families}}
        return [family for name, family in every.items() if name in names]


def _batches(
    missing: Mapping[dt.date, Sequence[Family]],
) -> Iterator[tuple[list[dt.date], Sequence[Family]]]:
    """Batches of dates that lack the same families."""
    groups: dict[tuple[str, ...], list[dt.date]] = {}
    for day, families in missing.items():
        if families:
            groups.setdefault(tuple(family.name for family in families), []).append(day)
    for days in groups.values():
        for start in range(0, len(days), DATES_PER_BATCH):
            yield days[start : start + DATES_PER_BATCH], missing[days[start]]


def _by_day(table: pa.Table, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, pa.Table]]:
    """The rows of each of ``days``; ``table`` is ordered by date."""
    rows_at = days_of(table["as_of"])
    for day in days:
        first, last = (np.searchsorted(rows_at, np.datetime64(day), side) for side in _SIDES)
        yield day, table.slice(first, last - first)
