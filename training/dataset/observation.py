"""Where somebody looked: without a look, that nothing is known says nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.common_steps import known_rows_step
from features.engines.duckdb import DuckDBEngine
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, dated_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOOKED = """
    SELECT project_id, inspected_on FROM known_inspections
    UNION
    SELECT project_id, opened_on FROM known_cases
    WHERE project_id IS NOT NULL AND status NOT IN ('accepted', 'filed')
    ORDER BY 1, 2
"""
_VISITED = """
    SELECT project_id, inspected_on, bool_or(kind = 'random') AS random, bool_or(arrears_found)
    FROM known_inspections GROUP BY project_id, inspected_on ORDER BY inspected_on, project_id
"""

Days = Mapping[str, "NDArray[np.datetime64]"]


@dataclass(frozen=True)
class Visit:
    """One project visited on one day: ``random`` if it was drawn, ``found`` if wages were owed."""

    project_id: str
    on: dt.date
    random: bool
    found: bool


@dataclass(frozen=True)
class Looks:
    """Everything anyone looked into, as known before a day.

    ``days`` holds, per project, the sorted days of inspections and of cases that were decided;
    ``visits`` the inspections alone, in order of time.
    """

    days: Days
    visits: tuple[Visit, ...]

    def random_days(self) -> Days:
        """Per project the sorted days on which it was visited because it was drawn."""
        return _by_project((one.project_id, one.on) for one in self.visits if one.random)


def looks(store: RecordStore, told_at: dt.date) -> Looks:
    """What was looked into, from what was known before ``told_at``."""
    engine = DuckDBEngine(store, [told_at])
    try:
        engine.run([known_rows_step("inspections"), known_rows_step("cases")])
        days = engine.rows(_LOOKED)
        visits = [_visit(row) for row in engine.rows(_VISITED)]
    finally:
        engine.close()
    return Looks(_by_project((str(name), on) for name, on in days), tuple(visits))


def outcomes(
    log: EventLog, looked: Looks, project_ids: Sequence[str], as_ofs: NDArray[np.datetime64]
) -> NDArray[np.float64]:
    """What came of each row within the horizon: 1 an event, 0 looked into without, NaN not looked.

    Shape (rows,).
    """
    event = dated_within(log.days, project_ids, as_ofs)
    seen = dated_within(looked.days, project_ids, as_ofs)
    return np.where(event, 1.0, np.where(seen, 0.0, np.nan))


def _visit(row: tuple[Any, ...]) -> Visit:
    project_id, on, random, found = row
    return Visit(str(project_id), on, bool(random), bool(found))


def _by_project(pairs: Iterable[tuple[str, object]]) -> Days:
    found: dict[str, list[object]] = {}
    for name, on in pairs:
        found.setdefault(name, []).append(on)
    return {name: np.array(sorted(on), dtype="datetime64[D]") for name, on in found.items()}  # type: ignore[type-var]
