"""Score and explain the cohort of a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from features.catalogue import Step
from features.engines.duckdb import DuckDBEngine
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix, compute, matrix_table, shared_steps_read_by, to_matrix
from models.base import ScoringModel, align_columns
from models.counterfactuals import LeverEffect, lever_effects
from models.explained import ExplainedCohort
from models.novelty import UNITS_SQL, Group, Novelty, known_units, novel_units
from models.reasons import Evidence, Reason, contributions_by_family, evidence_for, reasons
from risk.contract import TABLES
from risk.progress import Progress
from risk.store.store import RecordStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ScoredProject:
    """The score of one project; ``raw`` and ``base`` are log-odds before calibration.

    ``base`` plus all ``contributions`` (one per family) equals ``raw`` to 1e-6. ``workers``,
    ``amount_at_stake`` and ``amount_owed`` (fen; wages unpaid on the books) are None if unknown.
    ``unlike_inspected`` is True if none of its kind was ever inspected, so that the score is an
    extrapolation; None if too few projects were inspected to decide. ``unlike`` is then that kind,
    compared with ``inspected`` projects. ``levers`` are empty unless requested.
    """

    project_id: str
    region_code: str
    project_name: str
    contractor_id: str | None
    contractor_name: str | None
    probability: float
    raw: float
    base: float
    contributions: Mapping[str, float]
    reasons: tuple[Reason, ...]
    workers: int | None
    amount_at_stake: int | None
    last_clean_visit: dt.date | None
    unlike_inspected: bool | None = None
    unlike: Group = ()
    inspected: int | None = None
    amount_owed: int | None = None
    levers: tuple[LeverEffect, ...] = ()


@dataclass(frozen=True)
class ScoredCohort:
    """The scored cohort at ``as_of``, ordered by project_id.

    ``explained`` holds the contributions of single features.
    """

    as_of: dt.date
    projects: tuple[ScoredProject, ...]
    missing_feeds: tuple[str, ...]
    explained: ExplainedCohort | None = field(default=None, compare=False, repr=False)


_DETAILS = """
    SELECT c.project_id, c.region_code, c.project_name, c.contractor_id, o.org_name,
           s.workers, CAST(round(s.amount) AS BIGINT), v.clean_on
    FROM cohort c
    LEFT JOIN known_organizations o ON o.as_of = c.as_of AND o.org_id = c.contractor_id
    LEFT JOIN stakes s ON s.as_of = c.as_of AND s.project_id = c.project_id
    LEFT JOIN (
      SELECT as_of, project_id, max(CASE WHEN NOT arrears_found THEN inspected_on END) AS clean_on,
             max(CASE WHEN arrears_found THEN inspected_on END) AS found_on
      FROM known_inspections GROUP BY as_of, project_id
    ) v ON v.as_of = c.as_of AND v.project_id = c.project_id
       AND (v.found_on IS NULL OR v.found_on < v.clean_on)
"""

_FEEDS = "SELECT * EXCLUDE (as_of) FROM feeds"

_OWED = """
    SELECT r.project_id,
           CAST(sum(CASE WHEN coalesce(p.paid, 0) < 0.99 * r.amount_due
                         THEN r.amount_due - coalesce(p.paid, 0) ELSE 0 END) AS BIGINT)
    FROM as_ofs a
    JOIN feeds f ON f.as_of = a.as_of AND f.has_payments
    JOIN payrolls_versions r
      ON r.known_at < a.as_of AND (r.superseded_at IS NULL OR r.superseded_at >= a.as_of)
     AND r.due_on < a.as_of
    LEFT JOIN (
      SELECT v.payroll_id, sum(v.amount) AS paid
      FROM as_ofs d
      JOIN payments_versions v
        ON v.known_at < d.as_of AND (v.superseded_at IS NULL OR v.superseded_at >= d.as_of)
       AND v.paid_on < d.as_of AND (v.returned_on IS NULL OR v.returned_on >= d.as_of)
      GROUP BY v.payroll_id
    ) p ON p.payroll_id = r.payroll_id
    GROUP BY r.project_id
"""
"""Wages due and not settled by project, in fen; like red flags it allows 1 % for rounding."""


@dataclass(frozen=True)
class CohortRecords:
    """What scoring a cohort needs: its features, the records behind them, and its stakes.

    ``details`` and ``owed`` are by project_id; ``missing_feeds`` are tables without rows.
    """

    as_of: dt.date
    matrix: Matrix
    evidence: Evidence
    details: Mapping[str, tuple[object, ...]]
    owed: Mapping[str, int]
    missing_feeds: tuple[str, ...]
    novelty: Novelty | None

    @property
    def facts(self) -> CohortFacts:
        """All but the features and the records behind them."""
        return CohortFacts(self.as_of, self.details, self.owed, self.missing_feeds, self.novelty)


@dataclass(frozen=True)
class CohortFacts:
    """What a list tells of a cohort besides its scores; see :class:`CohortRecords`."""

    as_of: dt.date
    details: Mapping[str, tuple[object, ...]]
    owed: Mapping[str, int]
    missing_feeds: tuple[str, ...]
    novelty: Novelty | None


@dataclass(frozen=True)
class Scores:
    """The answers of a model for the rows ``project_ids``, ordered by project_id.

    ``values`` are those of the model's columns, ``parts`` their contributions and the base.
    ``levers`` are empty unless requested.
    """

    project_ids: tuple[str, ...]
    values: NDArray[np.float64]
    parts: NDArray[np.float64]
    raw: NDArray[np.float64]
    probability: NDArray[np.float64]
    reasons: Sequence[tuple[Reason, ...]]
    levers: Sequence[tuple[LeverEffect, ...]] = ()


def score_cohort(
    store: RecordStore,
    model: ScoringModel,
    as_of: dt.date,
    progress: Progress | None = None,
    *,
    with_levers: bool = False,
) -> ScoredCohort:
    """Score and explain the cohort of ``as_of`` from what was known before it."""
    records = read_cohort(store, as_of, progress)
    return score_records(records, model, with_levers=with_levers)


def read_cohort(
    store: RecordStore, as_of: dt.date, progress: Progress | None = None
) -> CohortRecords:
    """The cohort of ``as_of`` as known before it."""
    engine = compute(store, [as_of], progress)
    try:
        matrix = to_matrix(matrix_table(engine), store.kind)
        engine.run([FEATURE_SETS[store.kind].stakes])
        evidence = evidence_for(engine, matrix.project_ids)
        facts = _facts(engine, as_of)
    finally:
        engine.close()
    return CohortRecords(
        as_of,
        matrix,
        evidence,
        facts.details,
        facts.owed,
        facts.missing_feeds,
        facts.novelty,
    )


def read_facts(store: RecordStore, as_of: dt.date, stakes: str) -> CohortFacts:
    """The cohort of ``as_of`` without its features; ``stakes`` is SQL for its stakes."""
    engine = DuckDBEngine(store, [as_of])
    try:
        engine.run(shared_steps_read_by([_DETAILS, _OWED, UNITS_SQL, _FEEDS]))
        engine.run([Step("stakes", stakes)])
        return _facts(engine, as_of)
    finally:
        engine.close()


def _facts(engine: DuckDBEngine, as_of: dt.date) -> CohortFacts:
    kind = engine.kind
    details = {str(row[0]): row for row in engine.rows(_DETAILS)}
    owed = _by_project(engine.rows(_OWED)) if kind == "project" else {}
    novelty = novel_units(known_units(engine, kind))
    needed = TABLES if kind == "project" else FEATURE_SETS[kind].feeds()
    feeds = engine.rows(_FEEDS)[0]
    missing = tuple(
        name for name, there in zip(TABLES, feeds, strict=True) if name in needed and not there
    )
    return CohortFacts(as_of, details, owed, missing, novelty)


def score_records(
    records: CohortRecords,
    model: ScoringModel,
    *,
    with_levers: bool = False,
) -> ScoredCohort:
    """Score and explain the cohort that :func:`read_cohort` returned."""
    matrix = records.matrix
    parts = model.contributions(matrix)
    raw = model.raw(matrix)
    scores = Scores(
        matrix.project_ids,
        align_columns(matrix, model.columns),
        parts,
        raw,
        model.calibration.probability(raw),
        reasons(model, matrix, parts, records.evidence),
        lever_effects(model, matrix) if with_levers else (),
    )
    return scored_cohort(records.facts, model, scores)


def scored_cohort(facts: CohortFacts, model: ScoringModel, scores: Scores) -> ScoredCohort:
    """The cohort of ``facts`` with the ``scores`` that ``model`` gave it."""
    sums = contributions_by_family(model, scores.parts)
    projects = tuple(
        _scored(
            facts.details[project_id],
            float(scores.probability[row]),
            float(scores.raw[row]),
            float(scores.parts[row, -1]),
            {name: float(total[row]) for name, total in sums.items()},
            scores.reasons[row],
        )
        for row, project_id in enumerate(scores.project_ids)
    )
    projects = tuple(
        replace(_compared(p, facts.novelty), amount_owed=facts.owed.get(p.project_id))
        for p in projects
    )
    if scores.levers:
        projects = tuple(replace(p, levers=e) for p, e in zip(projects, scores.levers, strict=True))
    explained = ExplainedCohort(
        scores.project_ids, model.columns, scores.values, scores.parts, model.calibration
    )
    return ScoredCohort(facts.as_of, projects, facts.missing_feeds, explained)


def _scored(
    detail: tuple[object, ...],
    probability: float,
    raw: float,
    base: float,
    contributions: Mapping[str, float],
    why: tuple[Reason, ...],
) -> ScoredProject:
    project_id, region, name, contractor_id, contractor, workers, amount, clean_on = detail
    return ScoredProject(
        project_id=str(project_id),
        region_code=str(region),
        project_name=str(name),
        contractor_id=None if contractor_id is None else str(contractor_id),
        contractor_name=None if contractor is None else str(contractor),
        probability=probability,
        raw=raw,
        base=base,
        contributions=contributions,
        reasons=why,
        workers=workers if isinstance(workers, int) else None,
        amount_at_stake=amount if isinstance(amount, int) else None,
        last_clean_visit=clean_on if isinstance(clean_on, dt.date) else None,
    )


def _compared(project: ScoredProject, novelty: Novelty | None) -> ScoredProject:
    if novelty is None:
        return project
    group = novelty.groups.get(project.project_id, ())
    return replace(project, unlike_inspected=bool(group), unlike=group, inspected=novelty.inspected)


def _by_project(rows: Sequence[tuple[object, ...]]) -> dict[str, int]:
    """Amounts in fen by project_id; projects without one are unknown."""
    return {str(key): amount for key, amount in rows if isinstance(amount, int)}
