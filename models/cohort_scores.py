"""Score and explain the cohort of a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix, compute, matrix_table, to_matrix
from models.base import ScoringModel, align_columns
from models.counterfactuals import LeverEffect, lever_effects
from models.explained import ExplainedCohort
from models.novelty import Group, Novelty, known_units, novel_units
from models.reasons import Evidence, Reason, contributions_by_family, evidence_for, reasons
from risk.contract import TABLES
from risk.progress import Progress
from risk.store.store import RecordStore


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
        details = {str(row[0]): row for row in engine.rows(_DETAILS)}
        evidence = evidence_for(engine, matrix.project_ids)
        owed = _by_project(engine.rows(_OWED)) if store.kind == "project" else {}
        novelty = novel_units(known_units(engine, store.kind))
        feeds = engine.rows("SELECT * EXCLUDE (as_of) FROM feeds")[0]
    finally:
        engine.close()
    needed = TABLES if store.kind == "project" else FEATURE_SETS[store.kind].feeds()
    missing = tuple(
        name for name, there in zip(TABLES, feeds, strict=True) if name in needed and not there
    )
    return CohortRecords(as_of, matrix, evidence, details, owed, missing, novelty)


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
    probability = model.calibration.probability(raw)
    sums = contributions_by_family(model, parts)
    why = reasons(model, matrix, parts, records.evidence)
    projects = tuple(
        _scored(
            records.details[project_id],
            float(probability[row]),
            float(raw[row]),
            float(parts[row, -1]),
            {name: float(total[row]) for name, total in sums.items()},
            why[row],
        )
        for row, project_id in enumerate(matrix.project_ids)
    )
    projects = tuple(
        replace(_compared(p, records.novelty), amount_owed=records.owed.get(p.project_id))
        for p in projects
    )
    if with_levers:
        effects = lever_effects(model, matrix)
        projects = tuple(replace(p, levers=e) for p, e in zip(projects, effects, strict=True))
    explained = ExplainedCohort(
        matrix.project_ids,
        model.columns,
        align_columns(matrix, model.columns),
        parts,
        model.calibration,
    )
    return ScoredCohort(records.as_of, projects, records.missing_feeds, explained)


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
