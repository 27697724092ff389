"""The feature matrix: all families, all as_of dates, in one pass of one engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from features.arrow import days_of, doubles_of
from features.catalogue import Family, Step
from features.common_steps import COHORT, SHARED_STEPS
from features.engines.duckdb import DuckDBEngine
from features.engines.engine import Engine
from features.feature_sets import FEATURE_SETS
from features.sql_tables import tables_read
from risk.contract import TABLES
from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


_COHORT_QUERY = f"SELECT as_of, count(*) AS units FROM {COHORT.name} GROUP BY as_of"

MAX_ROWS_PER_BATCH = 60_000_000
"""Dates are computed together as long as records times dates stay below this."""


@dataclass(frozen=True)
class Matrix:
    """Features of many projects, or other units of one ``kind``, at many dates.

    ``values`` has one row per (as_ofs[i], project_ids[i]) and one column per name in
    ``columns``; an unknown value is NaN.
    """

    as_ofs: NDArray[np.datetime64]
    project_ids: tuple[str, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    kind: Kind = "project"

    def rows_at(self, as_of: dt.date) -> Matrix:
        """The rows of one date."""
        return self.where(self.as_ofs == np.datetime64(as_of))

    def where(self, mask: NDArray[np.bool_]) -> Matrix:
        """The rows where ``mask`` is true."""
        kept = np.flatnonzero(mask)
        names = tuple(self.project_ids[i] for i in kept)
        return replace(self, as_ofs=self.as_ofs[mask], project_ids=names, values=self.values[mask])

    def select_columns(self, columns: Sequence[str]) -> Matrix:
        """The same rows with ``columns`` alone, in this order."""
        place = [self.columns.index(name) for name in columns]
        return replace(self, columns=tuple(columns), values=self.values[:, place])


def steps(families: Sequence[Family]) -> tuple[Step, ...]:
    """The steps of ``families``, in order, after those of the shared part that they read.

    The cohort and what it reads are always among them.
    """
    own = [step for family in families for step in family.steps]
    read = [step.sql for step in own] + [one.evidence.sql for one in families if one.evidence]
    return (*_read_by([_COHORT_QUERY, *read], SHARED_STEPS), *own)


def steps_read_by(queries: Sequence[str], kind: Kind = "project") -> tuple[Step, ...]:
    """The steps that ``queries`` read, of those asked of ``kind``, after what they read in turn."""
    asked = FEATURE_SETS[kind]
    own = [step for family in asked.families for step in family.steps]
    return _read_by(queries, [*SHARED_STEPS, *own, asked.stakes])


def _read_by(queries: Iterable[str], among: Sequence[Step]) -> tuple[Step, ...]:
    needed = {name for sql in queries for name in tables_read(sql)}
    found: list[Step] = []
    for step in reversed(among):
        if step.name in needed:
            needed |= tables_read(step.sql)
            found.insert(0, step)
    return tuple(found)


def compute(
    store: RecordStore, as_ofs: Sequence[dt.date], progress: Progress | None = None
) -> DuckDBEngine:
    """An engine in which all steps have run for ``as_ofs`` at once; close it after use."""
    engine = DuckDBEngine(store, as_ofs)
    _run(engine, steps(FEATURE_SETS[store.kind].families), progress or _silent)
    return engine


def compute_in_batches(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    progress: Progress | None = None,
    *,
    families: Sequence[Family] | None = None,
    known_before: dt.date | None = None,
    max_rows: int = MAX_ROWS_PER_BATCH,
) -> Iterator[DuckDBEngine]:
    """An engine in which all steps have run for the first few dates, then for the next, in order.

    So memory does not grow with the number of dates. Without ``families`` it is all that are asked
    of the kind of unit ``store`` shows. ``known_before`` hides all that was known on or after that
    day (the leak check). Ask each engine before taking the next; the last is closed at the end.
    """
    todo = steps(families or FEATURE_SETS[store.kind].families)
    return run_steps_in_batches(
        store, as_ofs, todo, progress, known_before=known_before, max_rows=max_rows
    )


def run_steps_in_batches(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    todo: Sequence[Step],
    progress: Progress | None = None,
    *,
    known_before: dt.date | None = None,
    max_rows: int = MAX_ROWS_PER_BATCH,
) -> Iterator[DuckDBEngine]:
    """As :func:`compute_in_batches`, with ``todo`` in place of all steps of families."""
    parts = _parts(store, as_ofs, max_rows)
    engine = DuckDBEngine(store, [], known_before=known_before)
    try:
        for number, dates in enumerate(parts):
            engine.set_dates(dates)
            _run(engine, todo, _share_of(progress, number, len(parts)))
            yield engine
    finally:
        engine.close()


def _run(engine: Engine, todo: Sequence[Step], progress: Progress) -> None:
    for number, step in enumerate(todo, start=1):
        engine.run([step])
        progress(step.name, number / len(todo))


def _silent(_step: str, _share: float) -> None:
    return None


def _share_of(progress: Progress | None, part: int, parts: int) -> Progress:
    if progress is None:
        return _silent
    return lambda step, share: progress(step, (part + share) / parts)


def _parts(store: RecordStore, as_ofs: Sequence[dt.date], most: int) -> list[list[dt.date]]:
    dates = sorted(set(as_ofs))
    rows = sum(store.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)
    together = max(1, most // max(rows, 1))
    starts = range(0, len(dates), together)
    return [dates[start : start + together] for start in starts] or [[]]


def matrix_table(engine: Engine, families: Sequence[Family] | None = None) -> pa.Table:
    """The matrix as an Arrow table: as_of, project_id, then every feature as DOUBLE.

    Rows are ordered by as_of and project_id.
    """
    return engine.fetch(matrix_sql(families or FEATURE_SETS[engine.kind].families))


def feature_matrix(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    progress: Progress | None = None,
    *,
    families: Sequence[Family] | None = None,
    known_before: dt.date | None = None,
    max_rows: int = MAX_ROWS_PER_BATCH,
) -> Matrix:
    """The features of the cohort at each of ``as_ofs``; see :func:`compute_in_batches`."""
    wanted = families or FEATURE_SETS[store.kind].families
    filling = MatrixBuilder(
        cohort_sizes(store, as_ofs, known_before), columns_of(wanted), store.kind
    )
    for engine in compute_in_batches(
        store,
        as_ofs,
        progress,
        families=wanted,
        known_before=known_before,
        max_rows=max_rows,
    ):
        table = matrix_table(engine, wanted)
        if table.num_rows:
            filling.add(table["as_of"][0].as_py(), table)
    return filling.matrix()


def cohort_sizes(
    store: RecordStore, as_ofs: Sequence[dt.date], known_before: dt.date | None = None
) -> dict[dt.date, int]:
    """How many units each of ``as_ofs`` has, in the order of dates, before anything is computed."""
    sizes = dict.fromkeys(sorted(set(as_ofs)), 0)
    # Nothing but what is counted is read of steps that stay views.
    todo = [replace(step, inlined=True) for step in _read_by([_COHORT_QUERY], SHARED_STEPS)]
    for engine in run_steps_in_batches(store, as_ofs, todo, known_before=known_before):
        counted = engine.fetch(_COHORT_QUERY)
        sizes.update((row["as_of"], row["units"]) for row in counted.to_pylist())
    return sizes


def columns_of(families: Sequence[Family]) -> tuple[str, ...]:
    """The columns of the matrix of ``families``."""
    return tuple(feature.name for family in families for feature in family.features)


class MatrixBuilder:
    """A matrix that is filled part by part, so that it is held once and beside it one part.

    Its array is made for ``sizes``, the number of units of each date; see :func:`cohort_sizes`.
    """

    def __init__(
        self, sizes: Mapping[dt.date, int], columns: Sequence[str], kind: Kind = "project"
    ) -> None:
        self._kind = kind
        self._columns = tuple(columns)
        self._place = {name: place for place, name in enumerate(columns)}
        self._as_ofs = np.repeat(
            np.array(list(sizes), dtype="datetime64[D]"), np.array(list(sizes.values()), np.int64)
        )
        self._ids: list[str] = [""] * len(self._as_ofs)
        self._once: dict[str, str] = {}
        self._values = np.empty((len(self._as_ofs), len(columns)), order="F")

    def add(self, day: dt.date, table: pa.Table) -> None:
        """Copy ``table``, some columns of the rows from the first one of ``day`` on."""
        first = int(np.searchsorted(self._as_ofs, np.datetime64(day)))
        rows = slice(first, first + table.num_rows)
        if table.num_rows and not self._ids[first]:
            named = table["project_id"].to_pylist()
            self._ids[rows] = [self._once.setdefault(name, name) for name in named]
        for name in self._place.keys() & set(table.column_names):
            self._values[rows, self._place[name]] = doubles_of(table[name])

    def matrix(self) -> Matrix:
        """The matrix, once all its parts are there."""
        return Matrix(self._as_ofs, tuple(self._ids), self._columns, self._values, self._kind)


def to_matrix(table: pa.Table, kind: Kind = "project") -> Matrix:
    """The Arrow table of :func:`matrix_table` as NumPy arrays; values lie column by column."""
    columns = tuple(table.column_names[2:])
    values = np.empty((table.num_rows, len(columns)), dtype=np.float64, order="F")
    for index, name in enumerate(columns):
        values[:, index] = doubles_of(table[name])
    return Matrix(
        days_of(table["as_of"]), tuple(table["project_id"].to_pylist()), columns, values, kind
    )


def matrix_sql(families: Sequence[Family], *, ordered: bool = True) -> str:
    """The matrix of ``families`` as SQL over their last steps; in order unless told otherwise."""
    picked = ", ".join(
        f"CAST({family.steps[-1].name}.{feature.name} AS DOUBLE) AS {feature.name}"
        for family in families
        for feature in family.features
    )
    joins = " ".join(
        f"LEFT JOIN {name} ON {name}.as_of = cohort.as_of AND {name}.project_id = cohort.project_id"
        for name in (family.steps[-1].name for family in families)
    )
    order = " ORDER BY cohort.as_of, cohort.project_id" if ordered else ""
    return f"SELECT cohort.as_of, cohort.project_id, {picked} FROM cohort {joins}{order}"
