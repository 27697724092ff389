"""Joins contractors, group attributes and stakes to scores and labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix, run_steps_in_batches, steps_read_by
from risk.progress import Progress
from risk.store.store import RecordStore
from training.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ATTRIBUTES = ("region_code", "sector", "funding", "registered_capital", "contract_amount")
_PROJECTS = """
    SELECT c.as_of, c.project_id, coalesce(c.contractor_id, c.project_id),
           c.region_code, c.sector, c.funding,
           o.registered_capital, c.contract_amount
    FROM cohort c
    LEFT JOIN known_organizations o ON o.as_of = c.as_of AND o.org_id = c.contractor_id
"""
_STAKES = "SELECT as_of, project_id, workers, amount FROM stakes"

Key = tuple[object, str]


@dataclass(frozen=True)
class ProjectDetails:
    """Rows by (as_of, project_id): ``projects`` has the contractor and the attributes.

    ``stakes`` has workers and amount; it is empty unless requested.
    """

    projects: Mapping[Key, tuple[object, ...]]
    stakes: Mapping[Key, tuple[object, ...]]


def details_at(
    store: RecordStore,
    months: Sequence[dt.date],
    progress: Progress | None = None,
    *,
    stakes: bool = False,
) -> ProjectDetails:
    """The details of the cohorts of ``months``; runs only the feature steps they need."""
    queries = (_PROJECTS, _STAKES) if stakes else (_PROJECTS,)
    steps = steps_read_by(queries, store.kind)
    tables: tuple[dict[Key, tuple[object, ...]], ...] = ({}, {})
    for engine in run_steps_in_batches(store, months, steps, progress):
        for table, sql in zip(tables, queries, strict=False):
            table.update({(row[0], str(row[1])): row[2:] for row in engine.rows(sql)})
    return ProjectDetails(*tables)


def join_predictions(
    cohort: Matrix,
    details: ProjectDetails,
    labels: NDArray[np.float64],
    observed: NDArray[np.float64],
    scores: Mapping[str, NDArray[np.float64]],
    probability: Mapping[str, NDArray[np.float64]],
) -> Predictions:
    """Predictions of the rows of ``cohort``; see :class:`.predictions.Predictions`."""
    days = cohort.as_ofs.astype(object)
    keys = list(zip(days, cohort.project_ids, strict=True))
    projects = [details.projects[key] for key in keys]
    stakes = [details.stakes.get(key, (None, None)) for key in keys]
    return Predictions(
        as_ofs=cohort.as_ofs,
        project_ids=cohort.project_ids,
        clusters=tuple(str(row[0]) for row in projects),
        labels=labels,
        observed=observed,
        scores=scores,
        probability=probability,
        attributes={
            name: np.array([row[index] for row in projects], dtype=object)
            for index, name in enumerate(_ATTRIBUTES, start=1)
        },
        workers=np.array([row[0] for row in stakes], dtype=np.float64),
        amount=np.array([row[1] for row in stakes], dtype=np.float64),
    )
