"""The feature matrix: all families at all as_of dates, computed by one engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from features.arrow import days_of, doubles_of
from features.catalogue import Family, Step, evidence_of
from features.common_steps import COHORT, SHARED_STEPS
from features.engines.duckdb import DuckDBEngine
from features.engines.engine import Engine
from features.feature_sets import FEATURE_SETS
from features.sql_tables import parse_all, tables_read
from risk.contract import TABLES
from risk.progress import Progress, scaled_progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


_COHORT_QUERY = f"SELECT as_of, count(*) AS units FROM {COHORT.name} GROUP BY as_of"

MAX_ROWS_PER_BATCH = 60_000_000
"""Dates are computed in one batch while records times dates stay below this."""


@dataclass(frozen=True)
class Matrix:
    """Features of projects, or of other units of one ``kind``, at several dates.

    ``values`` has one row per (as_ofs[i], project_ids[i]) and one column per name in ``columns``;
    unknown values are NaN.
    """

    as_ofs: NDArray[np.datetime64]
    project_ids: tuple[str, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    kind: Kind = "project"

    def rows_at(self, as_of: dt.date) -> Matrix:
        """The rows of one date."""
        return self.where(self.as_ofs == np.datetime64(as_of))

    def rows(self, places: NDArray[np.intp]) -> Matrix:
        """The rows at ``places``, in this order."""
        names = tuple(self.project_ids[row] for row in places.tolist())
        return replace(
            self, as_ofs=self.as_ofs[places], project_ids=names, values=self.values[places]
        )

    def where(self, mask: NDArray[np.bool_]) -> Matrix:
        """The rows where ``mask`` is true."""
        names = tuple(self.project_ids[row] for row in np.flatnonzero(mask))
        return replace(self, as_ofs=self.as_ofs[mask], project_ids=names, values=self.values[mask])

    def select_columns(self, columns: Sequence[str]) -> Matrix:
        """The same rows with only ``columns``, in this order."""
        indices = [self.columns.index(name) for name in columns]
        return replace(self, columns=tuple(columns), values=self.values[:, indices])


def steps(families: Sequence[Family], also: Sequence[str] = ()) -> tuple[Step, ...]:
    """The steps of ``families``, in order, preceded by the shared steps they read.

    Those that the queries ``also`` read, and the cohort, are included.
    """
    own = [step for family in families for step in family.steps]
    read = [_COHORT_QUERY, *(step.sql for step in own), *also]
    return (*_read_by(read, SHARED_STEPS), *own)


def steps_with_evidence(families: Sequence[Family]) -> tuple[Step, ...]:
    """The :func:`steps` of ``families`` and those that the evidence of their statements reads."""
    return steps(families, [one.sql for one in evidence_of(families)])


def steps_read_by(queries: Sequence[str], kind: Kind = "project") -> tuple[Step, ...]:
    """The steps of ``kind`` that ``queries`` read, directly or through other steps, in order."""
    feature_set = FEATURE_SETS[kind]
    own = [step for family in feature_set.families for step in family.steps]
    return _read_by(queries, [*SHARED_STEPS, *own, feature_set.stakes])


def shared_steps_read_by(queries: Sequence[str]) -> tuple[Step, ...]:
    """The shared steps that ``queries`` read, without those of families; the cohort included."""
    return _read_by([_COHORT_QUERY, *queries], SHARED_STEPS)


def _read_by(queries: Iterable[str], among: Sequence[Step]) -> tuple[Step, ...]:
    queries = list(queries)
    # At once: a statement for each would take as long as the parsing.
    parse_all([*queries, *(step.sql for step in among)])
    needed = {name for sql in queries for name in tables_read(sql)}
    steps: list[Step] = []
    for step in reversed(among):
        if step.name in needed:
            needed |= tables_read(step.sql)
            steps.insert(0, step)
    return tuple(steps)


def compute(
    store: RecordStore, as_ofs: Sequence[dt.date], progress: Progress | None = None
) -> DuckDBEngine:
    """An engine in which all steps have run for ``as_ofs``; close it after use."""
    engine = DuckDBEngine(store, as_ofs)
    _run(engine, steps_with_evidence(FEATURE_SETS[store.kind].families), progress)
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
    """Run the steps of ``families`` for a few dates at a time; yields the engine after each batch.

    So memory does not grow with the number of dates. The default are all families of the kind of
    unit of ``store``. ``known_before`` hides records known on or after that day (for the leakage
    check). Read the engine before taking the next batch; it is reused, and closed at the end.
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
    """As :func:`compute_in_batches`, with the steps ``todo`` instead of those of families."""
    batches = _batches(store, as_ofs, max_rows)
    engine = DuckDBEngine(store, [], known_before=known_before)
    try:
        for number, dates in enumerate(batches):
            engine.set_dates(dates)
            part = scaled_progress(progress, number / len(batches), 1 / len(batches))
            _run(engine, todo, part)
            yield engine
    finally:
        engine.close()


def _run(engine: Engine, todo: Sequence[Step], progress: Progress | None) -> None:
    for number, step in enumerate(todo, start=1):
        engine.run([step])
        if progress:
            progress(step.name, number / len(todo))


def _batches(store: RecordStore, as_ofs: Sequence[dt.date], max_rows: int) -> list[list[dt.date]]:
    dates = sorted(set(as_ofs))
    if len(dates) < 2:  # the rows of all tables need not be counted
        return [dates]
    counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    rows = store.rows(f"SELECT {counts}")[0][0]
    size = max(1, max_rows // max(rows, 1))
    starts = range(0, len(dates), size)
    return [dates[start : start + size] for start in starts]


def matrix_table(engine: Engine, families: Sequence[Family] | None = None) -> pa.Table:
    """The matrix as an Arrow table: as_of, project_id, then all features as DOUBLE.

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
    families = families or FEATURE_SETS[store.kind].families
    if len(set(as_ofs)) == 1:  # one batch, whose rows need not be counted before
        engines = compute_in_batches(
            store, as_ofs, progress, families=families, known_before=known_before
        )
        (table,) = [matrix_table(engine, families) for engine in engines]
        return to_matrix(table, store.kind)
    builder = MatrixBuilder(
        cohort_sizes(store, as_ofs, known_before), columns_of(families), store.kind
    )
    for engine in compute_in_batches(
        store,
        as_ofs,
        progress,
        families=families,
        known_before=known_before,
        max_rows=max_rows,
    ):
        table = matrix_table(engine, families)
        if table.num_rows:
            builder.add(table["as_of"][0].as_py(), table)
    return builder.matrix()


def cohort_sizes(
    store: RecordStore, as_ofs: Sequence[dt.date], known_before: dt.date | None = None
) -> dict[dt.date, int]:
    """The number of units in the cohort of each date, without computing features."""
    sizes = dict.fromkeys(sorted(set(as_ofs)), 0)
    # As views, steps read only the columns that are counted.
    todo = [replace(step, inlined=True) for step in _read_by([_COHORT_QUERY], SHARED_STEPS)]
    for engine in run_steps_in_batches(store, as_ofs, todo, known_before=known_before):
        counted = engine.fetch(_COHORT_QUERY)
        sizes.update((row["as_of"], row["units"]) for row in counted.to_pylist())
    return sizes


def columns_of(families: Sequence[Family]) -> tuple[str, ...]:
    """The feature columns of ``families``."""
    return tuple(feature.name for family in families for feature in family.features)


class MatrixBuilder:
    """Fills a preallocated matrix block by block, so that memory holds it only once.

    ``sizes`` is the number of units at each date; see :func:`cohort_sizes`.
    """

    def __init__(
        self, sizes: Mapping[dt.date, int], columns: Sequence[str], kind: Kind = "project"
    ) -> None:
        self._kind = kind
        self._columns = tuple(columns)
        self._index = {name: index for index, name in enumerate(columns)}
        self._as_ofs = np.repeat(
            np.array(list(sizes), dtype="datetime64[D]"), np.array(list(sizes.values()), np.int64)
        )
        self._ids: list[str] = [""] * len(self._as_ofs)
        self._interned: dict[str, str] = {}
        self._values = np.empty((len(self._as_ofs), len(columns)), order="F")

    def add(self, day: dt.date, table: pa.Table) -> None:
        """Copy the columns of ``table`` into the rows from the first one of ``day`` on."""
        first = int(np.searchsorted(self._as_ofs, np.datetime64(day)))
        rows = slice(first, first + table.num_rows)
        if table.num_rows and not self._ids[first]:
            names = table["project_id"].to_pylist()
            self._ids[rows] = [self._interned.setdefault(name, name) for name in names]
        for name in self._index.keys() & set(table.column_names):
            self._values[rows, self._index[name]] = doubles_of(table[name])

    def matrix(self) -> Matrix:
        """The matrix; call it once all blocks are added."""
        return Matrix(self._as_ofs, tuple(self._ids), self._columns, self._values, self._kind)


def to_matrix(table: pa.Table, kind: Kind = "project") -> Matrix:
    """The Arrow table of :func:`matrix_table` as NumPy arrays, values in column-major order."""
    columns = tuple(table.column_names[2:])
    values = np.empty((table.num_rows, len(columns)), dtype=np.float64, order="F")
    for index, name in enumerate(columns):
        values[:, index] = doubles_of(table[name])
    return Matrix(
        days_of(table["as_of"]), tuple(table["project_id"].to_pylist()), columns, values, kind
    )


def matrix_sql(families: Sequence[Family], *, ordered: bool = True) -> str:
    """SQL for the matrix of ``families``; ``ordered`` by as_of and project_id."""
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
