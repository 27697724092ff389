"""Where labels were observed: inspections and decided cases.

A project nobody inspected has an unknown label, not a negative one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.common_steps import known_rows_step
from features.engines.duckdb import DuckDBEngine
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, dated_within, expected_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OBSERVED = """
    SELECT project_id, inspected_on FROM known_inspections
    UNION
    SELECT project_id, opened_on FROM known_cases
    WHERE project_id IS NOT NULL AND status NOT IN ('accepted', 'filed')
    ORDER BY 1, 2
"""
_INSPECTED = """
    SELECT project_id, inspected_on, bool_or(kind = 'random') AS random, bool_or(arrears_found)
    FROM known_inspections GROUP BY project_id, inspected_on ORDER BY inspected_on, project_id
"""

Days = Mapping[str, "NDArray[np.datetime64]"]


@dataclass(frozen=True)
class Inspection:
    """The inspections of one project on one day.

    ``random`` is true if the project was drawn at random, ``arrears_found`` if wages were owed.
    """

    project_id: str
    on: dt.date
    random: bool
    arrears_found: bool


@dataclass(frozen=True)
class Observations:
    """All inspections and decided cases known before a day.

    ``days`` holds their sorted dates per project, ``inspections`` the inspections alone by date.
    """

    days: Days
    inspections: tuple[Inspection, ...]

    def random_inspection_days(self) -> Days:
        """Sorted dates of random inspections per project."""
        return _by_project(
            (visit.project_id, visit.on) for visit in self.inspections if visit.random
        )


def observations_before(store: RecordStore, known_until: dt.date) -> Observations:
    """The inspections and decided cases known before ``known_until``."""
    engine = DuckDBEngine(store, [known_until])
    try:
        engine.run([known_rows_step("inspections"), known_rows_step("cases")])
        days = engine.rows(_OBSERVED)
        inspections = [_inspection(row) for row in engine.rows(_INSPECTED)]
    finally:
        engine.close()
    return Observations(
        _by_project((str(project_id), on) for project_id, on in days), tuple(inspections)
    )


def observed_labels(
    log: EventLog,
    observations: Observations,
    project_ids: Sequence[str],
    as_ofs: NDArray[np.datetime64],
) -> NDArray[np.float64]:
    """Label of each row: 1 an event within the horizon, 0 observed without one, else NaN.

    An undecided case within the horizon leaves the label unknown. Shape (rows,).
    """
    expected = expected_labels(log, project_ids, as_ofs)
    observed = dated_within(observations.days, project_ids, as_ofs)
    labels = np.where(observed, 0.0, np.nan)
    labels[expected > 0] = np.nan
    labels[expected == 1] = 1.0
    return labels


def _inspection(row: tuple[Any, ...]) -> Inspection:
    project_id, on, random, arrears_found = row
    return Inspection(str(project_id), on, bool(random), bool(arrears_found))


def _by_project(pairs: Iterable[tuple[str, object]]) -> Days:
    days: dict[str, list[object]] = {}
    for project_id, on in pairs:
        days.setdefault(project_id, []).append(on)
    return {name: np.array(sorted(on), dtype="datetime64[D]") for name, on in days.items()}  # type: ignore[type-var]
