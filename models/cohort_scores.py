"""Score and explain the cohort of a date."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, overload

import numpy as np

from features.catalogue import Step
from features.engines.duckdb import DuckDBEngine
from features.feature_sets import FEATURE_SETS
from features.matrix import (
    Matrix,
    compute,
    feature_matrix,
    matrix_table,
    shared_steps_read_by,
    to_matrix,
)
from models.base import ScoringModel, align_columns
from models.counterfactuals import LeverEffect, lever_effects
from models.explained import Answers, Explained
from models.novelty import UNITS_SQL, Group, Novelty, known_units, novel_units
from models.peer_medians import cohort_medians
from models.reasons import (
    Evidence,
    EvidenceKey,
    Reason,
    StagedEvidence,
    contributions_by_family,
    reasons,
)
from risk.contract import TABLES
from risk.progress import Progress
from risk.store.staged import AT_ONCE, InBatches
from risk.store.store import RecordStore

if TYPE_CHECKING:
    from numpy.typing import NDArray


class EvidenceSource(Protocol):
    """Where the records behind statements are read a few projects at a time."""

    def of(self, keys: Sequence[EvidenceKey]) -> Evidence:
        """The records with the most weight for ``keys``."""

    def drop(self) -> None:
        """Free the memory of the records."""


@dataclass(frozen=True)
class ScoredProject:
    """The score of one project; ``raw`` and ``base`` are log-odds before calibration.

    ``base`` plus all ``contributions`` (one per family) equals ``raw`` to 1e-6. ``workers``,
    ``amount_at_stake`` and ``amount_owed`` (fen; wages unpaid on the books) are None if unknown.
    ``unlike_inspected`` is True if none of its kind was ever inspected, so that the score is an
    extrapolation; None if too few projects were inspected to decide. ``unlike`` is then that kind,
    compared with ``inspected`` projects.
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


class ScoredProjects(Sequence[ScoredProject]):
    """The projects of a cohort, ordered by project_id; each is made when it is read.

    Contributions and reasons of a whole province do not fit into memory, so they are asked of
    ``answers`` for a batch at a time. ``rows`` are the rows of ``answers`` in the sequence.
    """

    def __init__(
        self, facts: CohortFacts, model: ScoringModel, answers: Answers, rows: NDArray[np.intp]
    ) -> None:
        self._facts, self._model, self._answers, self._rows = facts, model, answers, rows
        self._start: int | None = None
        self._batch: list[ScoredProject] = []

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> ScoredProject: ...

    @overload
    def __getitem__(self, index: slice) -> ScoredProjects: ...

    def __getitem__(self, index: int | slice) -> ScoredProject | ScoredProjects:
        if isinstance(index, slice):
            return self._of(self._rows[index])
        place = range(len(self))[index]
        start = place - place % AT_ONCE
        if start != self._start:
            self._batch = []  # the old batch is freed before the next is made
            self._batch = self._explained(self._rows[start : start + AT_ONCE])
            self._start = start
        return self._batch[place - start]

    def outlines(self) -> Iterator[ScoredProject]:
        """The projects without contributions and reasons, which takes no time to make."""
        return (self._outline(row) for row in self._rows.tolist())

    def within(self, region: str) -> ScoredProjects:
        """Only the projects whose region code begins with ``region``."""
        codes = (one.region_code for one in self.outlines())
        return self._of(self._rows[[code.startswith(region) for code in codes]])

    def named(self, project_ids: Collection[str]) -> ScoredProjects:
        """Only the projects of ``project_ids``."""
        keys = (one.project_id for one in self.outlines())
        return self._of(self._rows[[key in project_ids for key in keys]])

    def _of(self, rows: NDArray[np.intp]) -> ScoredProjects:
        return ScoredProjects(self._facts, self._model, self._answers, rows)

    def _outline(self, row: int) -> ScoredProject:
        answers, facts = self._answers, self._facts
        project_id = answers.project_ids[row]
        scores = float(answers.probability[row]), float(answers.raw[row])
        project = _compared(_scored(facts.details[project_id], *scores), facts.novelty)
        return replace(project, amount_owed=facts.owed.get(project_id))

    def _explained(self, rows: NDArray[np.intp]) -> list[ScoredProject]:
        # Sums over a single row may be taken in another order than over many.
        parts, why = self._answers.explained(rows if len(rows) > 1 else np.repeat(rows, 2))
        sums = contributions_by_family(self._model, parts)
        return [
            replace(
                self._outline(row),
                base=float(parts[at, -1]),
                contributions={name: float(total[at]) for name, total in sums.items()},
                reasons=why[at],
            )
            for at, row in enumerate(rows.tolist())
        ]


@dataclass(frozen=True)
class ScoredCohort:
    """The scored cohort at ``as_of``, ordered by project_id.

    ``explained`` holds the contributions of single features, ``levers`` what would lower the
    probability of a project; both are computed when they are read.
    """

    as_of: dt.date
    projects: Sequence[ScoredProject]
    missing_feeds: tuple[str, ...]
    explained: Explained | None = field(default=None, compare=False, repr=False)
    levers: Mapping[str, tuple[LeverEffect, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def outlines(self) -> Iterable[ScoredProject]:
        """The projects, without contributions and reasons where these are yet to be made."""
        projects = self.projects
        return projects.outlines() if isinstance(projects, ScoredProjects) else projects

    def within(self, region: str) -> ScoredCohort:
        """Only the projects whose region code begins with ``region``."""
        projects = self.projects
        if isinstance(projects, ScoredProjects):
            return replace(self, projects=projects.within(region))
        return replace(
            self, projects=tuple(p for p in projects if p.region_code.startswith(region))
        )

    def drop_reasons(self) -> None:
        """Free the memory of what reasons are made of; no project is explained any more."""
        if self.explained is not None:
            self.explained.answers.drop_reasons()

    def named(self, project_ids: Collection[str]) -> Sequence[ScoredProject]:
        """The projects of ``project_ids``, in the order of the cohort."""
        projects = self.projects
        if isinstance(projects, ScoredProjects):
            return projects.named(project_ids)
        return tuple(p for p in projects if p.project_id in project_ids)


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
class CohortFeatures:
    """The features of a cohort, whose rows are ordered by project_id."""

    as_of: dt.date
    matrix: Matrix


@dataclass(frozen=True)
class CohortRecords(CohortFeatures):
    """What explaining scores needs: the features, the records behind them, and the stakes.

    ``details`` and ``owed`` are by project_id; ``missing_feeds`` are tables without rows.
    """

    evidence: EvidenceSource
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
    """What a list says of a cohort besides its scores; see :class:`CohortRecords`."""

    as_of: dt.date
    details: Mapping[str, tuple[object, ...]]
    owed: Mapping[str, int]
    missing_feeds: tuple[str, ...]
    novelty: Novelty | None


def score_cohort(
    store: RecordStore,
    model: ScoringModel,
    as_of: dt.date,
    progress: Progress | None = None,
) -> ScoredCohort:
    """Score and explain the cohort of ``as_of`` from what was known before it.

    All projects are in memory, so the store may be closed; see :func:`score_records`.
    """
    cohort = score_records(read_cohort(store, as_of, progress), model)
    return replace(cohort, projects=tuple(cohort.projects))


def read_features(
    store: RecordStore, as_of: dt.date, progress: Progress | None = None
) -> CohortFeatures:
    """The features of the cohort of ``as_of``: all that its probabilities need."""
    return CohortFeatures(as_of, feature_matrix(store, [as_of], progress))


def read_cohort(
    store: RecordStore, as_of: dt.date, progress: Progress | None = None
) -> CohortRecords:
    """The cohort of ``as_of`` as known before it."""
    engine = compute(store, [as_of], progress)
    try:
        matrix = to_matrix(matrix_table(engine), store.kind)
        engine.run([FEATURE_SETS[store.kind].stakes])
        evidence = StagedEvidence(engine, store, len(matrix.project_ids))
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


def score_records(records: CohortRecords, model: ScoringModel) -> ScoredCohort:
    """Score and explain the cohort that :func:`read_cohort` returned.

    Reasons are made when a project is read, from the store, which must be open then.
    """
    return scored_cohort(records.facts, model, _ModelAnswers(records, model))


class _ModelAnswers:
    """The answers of a model for a cohort whose features are in memory."""

    def __init__(self, records: CohortRecords, model: ScoringModel) -> None:
        self._matrix, self._evidence, self._model = records.matrix, records.evidence, model
        self._typical = cohort_medians(records.matrix)
        self.project_ids = records.matrix.project_ids
        self.raw = model.raw(records.matrix)
        self.probability = model.calibration.probability(self.raw)

    def explained(
        self, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], Sequence[tuple[Reason, ...]]]:
        part = self._matrix.rows(rows)
        parts = self._model.contributions(part)
        return parts, reasons(self._model, part, parts, self._evidence.of, self._typical.of(rows))

    def features(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        part = self._matrix.rows(rows)
        return align_columns(part, self._model.columns), self._model.contributions(part)

    def levers(self, rows: NDArray[np.intp]) -> Sequence[tuple[LeverEffect, ...]]:
        return lever_effects(self._model, self._matrix.rows(rows))

    def drop_reasons(self) -> None:
        self._evidence.drop()


def scored_cohort(facts: CohortFacts, model: ScoringModel, answers: Answers) -> ScoredCohort:
    """The cohort of ``facts`` with the ``answers`` that ``model`` gave."""
    place_of = {project_id: row for row, project_id in enumerate(answers.project_ids)}

    def rows_of(project_ids: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
        known = [key for key in project_ids if key in place_of]
        return known, np.array([place_of[key] for key in known], dtype=np.intp)

    def levers(project_ids: Sequence[str]) -> dict[str, tuple[LeverEffect, ...]]:
        known, rows = rows_of(project_ids)
        return dict(zip(known, answers.levers(rows), strict=True)) if known else {}

    every = np.arange(len(answers.project_ids))
    return ScoredCohort(
        facts.as_of,
        ScoredProjects(facts, model, answers, every),
        facts.missing_feeds,
        Explained(answers, model, rows_of),
        InBatches(answers.project_ids, levers),
    )


def _scored(detail: tuple[object, ...], probability: float, raw: float) -> ScoredProject:
    project_id, region, name, contractor_id, contractor, workers, amount, clean_on = detail
    return ScoredProject(
        project_id=str(project_id),
        region_code=str(region),
        project_name=str(name),
        contractor_id=None if contractor_id is None else str(contractor_id),
        contractor_name=None if contractor is None else str(contractor),
        probability=probability,
        raw=raw,
        base=math.nan,
        contributions={},
        reasons=(),
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
