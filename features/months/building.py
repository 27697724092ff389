"""A matrix put together from parts; only parts that are missing or touched are computed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from features.arrow import days_of
from features.build import (
    Matrix,
    Progress,
    computed_by_dates,
    feature_matrix,
    matrix_table,
    to_matrix,
)
from features.catalogue import Family
from features.kinds import ASKED
from features.months.keys import Keys
from features.months.parts import UNIT, Parts
from features.months.reading import Reading, readings
from risk.records import RecordStore

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 12
"""Dates computed in one go: what is done is kept before the next go."""

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def stored_matrix(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    folder: Path | None,
    progress: Progress | None = None,
    *,
    families: Sequence[Family] | None = None,
) -> Matrix:
    """To the bit what :func:`features.build.feature_matrix` gives, with its parts in ``folder``.

    Without a folder nothing is kept. ``progress`` hears steps only while something is computed.
    """
    if folder is None:
        return feature_matrix(store, as_ofs, progress, families=families)
    return to_matrix(stored_table(store, as_ofs, folder, progress, families=families), store.kind)


def stored_table(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    folder: Path,
    progress: Progress | None = None,
    *,
    families: Sequence[Family] | None = None,
) -> pa.Table:
    """As :func:`stored_matrix`, the Arrow table of :func:`features.build.matrix_table`."""
    import pyarrow as pa

    wanted = tuple(families or ASKED[store.kind].families)
    building = _Building(store, wanted, Parts(folder, store.kind))
    days = sorted(set(as_ofs))
    found = {day: building.kept(day) for day in days}
    goes = list(_goes({day: [f for f in wanted if f.name not in found[day]] for day in days}))
    for number, (these, missing) in enumerate(goes):
        heard = _within(progress, number, len(goes))
        for day, parts in building.made(these, missing, heard).items():
            found[day].update(parts)
    return pa.concat_tables([_beside(day, wanted, found.pop(day)) for day in days])


@dataclass
class _Building:
    """The parts of ``families``, by what the records say now."""

    store: RecordStore
    families: Sequence[Family]
    parts: Parts

    def __post_init__(self) -> None:
        self._readings: Mapping[str, Reading] = readings(self.store, self.families)
        tables = {name for one in self._readings.values() for name in one.tables | one.feeds}
        self._keys = Keys(self.store, sorted(tables))

    def kept(self, day: dt.date) -> dict[str, pa.Table]:
        """The parts of ``day`` that are there and right, by family."""
        found = {}
        for family in self.families:
            columns = [feature.name for feature in family.features]
            key = self._keys.key(self._readings[family.name], day)
            part = self.parts.load(family.name, day, key, columns)
            if part is not None:
                found[family.name] = part
        return found

    def made(
        self, days: Sequence[dt.date], families: Sequence[Family], progress: Progress | None
    ) -> dict[dt.date, dict[str, pa.Table]]:
        """The parts of ``families`` at ``days``, computed and kept."""
        import pyarrow as pa

        engines = computed_by_dates(self.store, days, progress, families=self._needed(families))
        table = pa.concat_tables([matrix_table(engine, families) for engine in engines])
        rows_at = days_of(table["as_of"])
        made: dict[dt.date, dict[str, pa.Table]] = {}
        for day in days:
            # Rows come in the order of dates.
            first, last = (np.searchsorted(rows_at, np.datetime64(day), side) for side in _SIDES)
            rows = table.slice(first, last - first)
            made[day] = {}
            for family in families:
                part = rows.select([UNIT, *(feature.name for feature in family.features)])
                key = self._keys.key(self._readings[family.name], day)
                self.parts.keep(family.name, day, key, part)
                made[day][family.name] = part
        return made

    def _needed(self, families: Sequence[Family]) -> list[Family]:
        """``families`` and those whose steps they read, in the order steps run."""
        names = {name for family in families for name in self._readings[family.name].families}
        others = {family.name: family for family in ASKED[self.store.kind].families}
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
        for start in range(0, len(days), AT_ONCE):
            yield days[start : start + AT_ONCE], missing[days[start]]


def _within(progress: Progress | None, number: int, goes: int) -> Progress | None:
    if progress is None:
        return None
    return lambda step, share: progress(step, (number + share) / goes)


def _beside(day: dt.date, families: Sequence[Family], parts: Mapping[str, pa.Table]) -> pa.Table:
    """The parts of one day side by side, as the matrix has them."""
    import pyarrow as pa

    units = parts[families[0].name][UNIT]
    columns = {"as_of": pa.array([day] * len(units), pa.date32()), UNIT: units}
    for family in families:
        for feature in family.features:
            columns[feature.name] = parts[family.name][feature.name]
    return pa.table(columns)
