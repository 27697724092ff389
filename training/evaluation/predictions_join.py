"""Puts together the rows that verdicts are made from: scores, outcomes, and whose project it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix, run_steps_in_batches, steps_read_by
from risk.progress import Progress
from risk.store.store import RecordStore
from training.evaluation.predictions import Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ATTRIBUTES = ("region_code", "sector", "funding", "registered_capital", "contract_amount")
_WHOSE = """
    SELECT c.as_of, c.project_id, coalesce(c.contractor_id, c.project_id),
           c.region_code, c.sector, c.funding,
           o.registered_capital, c.contract_amount
    FROM cohort c
    LEFT JOIN known_organizations o ON o.as_of = c.as_of AND o.org_id = c.contractor_id
"""
_STAKES = "SELECT as_of, project_id, workers, amount FROM stakes"

Key = tuple[object, str]


@dataclass(frozen=True)
class Details:
    """Per (as_of, project_id): contractor and attributes, and the stakes where they were asked."""

    whose: Mapping[Key, tuple[object, ...]]
    stakes: Mapping[Key, tuple[object, ...]]


def details_at(
    store: RecordStore,
    months: Sequence[dt.date],
    progress: Progress | None = None,
    *,
    stakes: bool = False,
) -> Details:
    """The details at ``months``, from the few steps they need; stakes only if asked for."""
    queries = (_WHOSE, _STAKES) if stakes else (_WHOSE,)
    todo = steps_read_by(queries, store.kind)
    found: tuple[dict[Key, tuple[object, ...]], ...] = ({}, {})
    for engine in run_steps_in_batches(store, months, todo, progress):
        for rows, sql in zip(found, queries, strict=False):
            rows.update({(row[0], str(row[1])): row[2:] for row in engine.rows(sql)})
    return Details(*found)


def judged_rows(
    cohort: Matrix,
    details: Details,
    happened: NDArray[np.float64],
    outcome: NDArray[np.float64],
    scores: Mapping[str, NDArray[np.float64]],
    probability: Mapping[str, NDArray[np.float64]],
) -> Judged:
    """The rows of ``cohort`` with known labels; see :class:`.predictions.Judged`."""
    days = cohort.as_ofs.astype(object)
    keys = list(zip(days, cohort.project_ids, strict=True))
    whose = [details.whose[key] for key in keys]
    stakes = [details.stakes.get(key, (None, None)) for key in keys]
    return Judged(
        as_ofs=cohort.as_ofs,
        project_ids=cohort.project_ids,
        clusters=tuple(str(row[0]) for row in whose),
        happened=happened,
        outcome=outcome,
        scores=scores,
        probability=probability,
        attributes={
            name: np.array([row[place] for row in whose], dtype=object)
            for place, name in enumerate(_ATTRIBUTES, start=1)
        },
        workers=np.array([row[0] for row in stakes], dtype=np.float64),
        amount=np.array([row[1] for row in stakes], dtype=np.float64),
    )
