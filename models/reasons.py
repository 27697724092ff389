"""Reasons for a score: one per signal family, with a fact that can be argued where there is one.

The contribution of a reason is the sum of the exact contributions of the family's features; all
reasons and the base add up to the raw score. A reason states the feature of the family that
contributes most in the direction of that sum among those that may be stated
(:func:`_may_be_stated`). If there is none, or no record to show it, it names no fact; see
:class:`Basis`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from features import catalogue
from features.catalogue import Feature, Statement, evidence_of
from features.feature_sets import ALL_FAMILIES, FAMILY_OF, FEATURE_SETS
from features.matrix import Matrix
from models.base import ScoringModel
from models.peer_medians import Typical, peer_medians
from risk.store.staged import Staged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.engines.duckdb import DuckDBEngine
    from risk.store.store import RecordStore
    from risk.unit_kinds import Kind

EVIDENCE_PER_REASON = 5
MIN_SHARE = 0.01
"""A feature with a smaller share of the absolute contributions of all features is not stated."""
SAME = 0.05
"""A value that differs less from the typical one, relative to the larger, counts as equal to it."""


class Basis(StrEnum):
    """What a reason rests on.

    ``FACT``: a feature with a statement. ``NOT_REPORTED``: the strongest feature is unknown.
    ``COMBINED``: features that say nothing one by one.
    """

    FACT = "fact"
    NOT_REPORTED = "not_reported"
    COMBINED = "combined"


@dataclass(frozen=True)
class EvidenceItem:
    """A record behind a reason."""

    table: str
    record_id: str
    known_at: dt.date


@dataclass(frozen=True)
class Reason:
    """The contribution of one family to the raw score (log-odds; above 0 raises the risk).

    ``value`` and ``typical`` are in the unit of the catalogue; None is unknown. ``typical`` is the
    median among the peers in the same cohort, ``peers`` their group, None for the whole cohort; see
    :mod:`models.peer_medians`. Only a ``FACT`` has ``evidence``.
    """

    family: str
    contribution: float
    feature: str
    value: float | None
    typical: float | None
    article: str | None
    evidence: tuple[EvidenceItem, ...]
    basis: Basis = Basis.FACT
    peers: int | None = None


EvidenceKey = tuple[catalogue.Evidence, str]
"""The evidence of a statement, and a project_id."""

Evidence = Mapping[EvidenceKey, tuple[EvidenceItem, ...]]
"""The records with the most weight."""

EvidenceOf = Callable[[Sequence[EvidenceKey]], Evidence]
"""Reads the records behind the statements that are made; there are ten times as many."""


def contributions_by_family(
    model: ScoringModel, parts: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Contributions summed by family, each of shape (rows,), in catalogue order."""
    sums = {}
    for family in ALL_FAMILIES:
        members = [i for i, name in enumerate(model.columns) if FAMILY_OF[name] == family.name]
        sums[family.name] = parts[:, members].sum(axis=1)
    return sums


def reasons(
    model: ScoringModel,
    matrix: Matrix,
    parts: NDArray[np.float64],
    evidence: Evidence | EvidenceOf,
    typical: Typical | None = None,
) -> list[tuple[Reason, ...]]:
    """Per row of ``matrix`` its reasons, strongest first; families that add nothing are left out.

    ``typical`` must be given where ``matrix`` is not the whole cohort; its default are the
    :func:`~models.peer_medians.peer_medians` of ``matrix``.
    """
    typical = peer_medians(matrix) if typical is None else typical
    found = list(_leading(model, matrix, parts, typical))
    if not isinstance(evidence, Mapping):
        evidence = evidence([key for one in found if (key := one.key(matrix)) is not None])
    out: list[list[Reason]] = [[] for _ in matrix.project_ids]
    for one in found:
        key = one.key(matrix)
        out[one.row].append(one.reason(() if key is None else evidence.get(key, ())))
    return [tuple(sorted(row, key=lambda r: (-abs(r.contribution), r.family))) for row in out]


@dataclass(frozen=True, slots=True)
class _Leading:
    """The feature that a family's reason states for a row; ``stated`` if it may be stated."""

    row: int
    family: str
    feature: Feature
    contribution: float
    value: float
    usual: float
    stated: bool
    peers: int | None

    def key(self, matrix: Matrix) -> EvidenceKey | None:
        """Where the records behind the statement are found; None without a statement."""
        statement = statement_of(self.feature, self.contribution) if self.stated else None
        return None if statement is None else (statement.evidence, matrix.project_ids[self.row])

    def reason(self, records: tuple[EvidenceItem, ...]) -> Reason:
        return Reason(
            family=self.family,
            contribution=self.contribution,
            feature=self.feature.name,
            value=_none_if_nan(self.value),
            typical=_none_if_nan(self.usual),
            article=self.feature.article,
            evidence=records,
            basis=_basis(self.value, is_fact=bool(records)),
            peers=self.peers,
        )


def _leading(
    model: ScoringModel, matrix: Matrix, parts: NDArray[np.float64], typical: Typical
) -> Iterator[_Leading]:
    position = np.asarray([matrix.columns.index(name) for name in model.columns], dtype=np.intp)
    values, medians = matrix.values[:, position], typical.medians[:, position]
    in_group = typical.in_group[:, position]
    features = [_FEATURES[matrix.kind][name] for name in model.columns]
    own = parts[:, : len(features)]
    may = _may_be_stated(features, values, medians, own)
    for name, total in contributions_by_family(model, parts).items():
        members = np.flatnonzero([FAMILY_OF[column] == name for column in model.columns])
        rows = np.flatnonzero(np.abs(total) > 1e-9) if len(members) else np.zeros(0, dtype=np.intp)
        if not len(rows):
            continue
        cells = np.ix_(rows, members)
        leads, stated = _leads(own[cells], ~np.isnan(values[cells]), may[cells], total[rows])
        lead = members[leads]
        details = zip(
            rows.tolist(),
            lead.tolist(),
            total[rows].tolist(),
            values[rows, lead].tolist(),
            medians[rows, lead].tolist(),
            stated.tolist(),
            typical.groups[rows].tolist(),
            in_group[rows, lead].tolist(),
            strict=True,
        )
        for row, column, contribution, value, usual, is_fact, group, has_peers in details:
            peers = group if has_peers else None
            yield _Leading(row, name, features[column], contribution, value, usual, is_fact, peers)


def statement_of(feature: Feature, contribution: float) -> Statement | None:
    """The sentence of ``feature`` for a contribution of this sign; None if it has none."""
    return feature.raises if contribution > 0 else feature.lowers


class StagedEvidence:
    """The records behind statements, read a few projects at a time from ``store``.

    ``engine`` has one as_of, with ``units`` in its cohort. Ties are broken by record id, so the
    result is deterministic.
    """

    def __init__(self, engine: DuckDBEngine, store: RecordStore, units: int) -> None:
        self._statements = evidence_of(FEATURE_SETS[engine.kind].families)
        self._numbers = {evidence: number for number, evidence in enumerate(self._statements)}
        found = Staged(store.connection, _NO_EVIDENCE)
        at_once = max(1, _UNITS_AT_ONCE // max(units, 1))
        for start in range(0, len(self._statements), at_once):
            part = dict(enumerate(self._statements[start : start + at_once], start))
            engine.stage(top_records_sql(part), found)
        order = f"SELECT * FROM {found.table} ORDER BY project_id, statement, place"
        self._rows = Staged(store.connection, order)
        found.drop()

    def of(self, keys: Sequence[EvidenceKey]) -> Evidence:
        """The records with the most weight for ``keys``, those of a few projects."""
        if not keys:
            return {}
        projects = [project_id for _, project_id in keys]
        wanted = [self._numbers[evidence] for evidence, _ in keys]
        rows = self._rows.rows(_EVIDENCE_OF, [min(projects), max(projects), projects, wanted])
        items: dict[EvidenceKey, list[EvidenceItem]] = {}
        for statement, project_id, *record in rows:
            key = self._statements[statement], project_id
            items.setdefault(key, []).append(EvidenceItem(*record))
        return {key: tuple(records) for key, records in items.items()}

    def drop(self) -> None:
        """Free the memory of the records."""
        self._rows.drop()


_UNITS_AT_ONCE = 50_000
"""Units times statements that are staged together. DuckDB needs some milliseconds for each query
of a small cohort; the records of a large one do not fit into memory for all statements."""

_EVIDENCE_OF = """
SELECT statement, project_id, source_table, record_id, known_at
FROM $staged
WHERE project_id BETWEEN $1 AND $2
  AND (project_id, statement) IN (SELECT (unnest($3), unnest($4)))
ORDER BY rowid
"""

_NO_EVIDENCE = """
SELECT 0 AS statement, '' AS project_id, '' AS source_table, '' AS record_id,
       DATE '2000-01-01' AS known_at, CAST(0 AS BIGINT) AS place
LIMIT 0
"""


def top_records_sql(statements: Mapping[int, catalogue.Evidence]) -> str:
    """SQL for the EVIDENCE_PER_REASON records with the most weight per statement and project.

    Columns: ``statement`` (its number), project_id, source_table, record_id, known_at, ``place``.
    """
    shown = " UNION ALL ".join(
        f"SELECT {number} AS statement, project_id, source_table, record_id, known_at, weight"
        f" FROM ({evidence.sql}) e WHERE weight IS NOT NULL"
        for number, evidence in statements.items()
    )
    return (
        "SELECT statement, project_id, source_table, record_id, known_at, place FROM ("
        " SELECT *, row_number() OVER (PARTITION BY statement, project_id"
        " ORDER BY weight DESC, source_table, record_id) AS place"
        f" FROM ({shown}) shown"
        f") ranked WHERE place <= {EVIDENCE_PER_REASON}"
    )


_FEATURES: Mapping[Kind, Mapping[str, Feature]] = {
    kind: {feature.name: feature for feature in found.features}
    for kind, found in FEATURE_SETS.items()
}


def _may_be_stated(
    features: Sequence[Feature],
    values: NDArray[np.float64],
    typical: NDArray[np.float64],
    parts: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Which features may be stated as reasons, shape of ``parts`` (rows, features).

    The feature has a statement for the direction of its contribution; its value is known and within
    the bounds of the statement; it is not typical (:data:`SAME`) and not on the other side of the
    typical value than the direction of the feature implies; and its share of all contributions is
    at least :data:`MIN_SHARE`.
    """
    share = np.abs(parts) / np.maximum(np.abs(parts).sum(axis=1, keepdims=True), 1e-12)
    out = np.zeros(parts.shape, dtype=bool)
    for column, feature in enumerate(features):
        value, usual = values[:, column], typical[:, column]
        for sign in (1.0, -1.0):
            statement = statement_of(feature, sign)
            if statement is None or not feature.direction:
                continue
            excess = sign * feature.direction * (value - usual)
            margin = SAME * np.maximum(np.abs(value), np.abs(usual))
            is_unusual = np.isnan(usual) | ((excess > 0) & (excess >= margin))
            agrees = np.sign(parts[:, column]) == sign
            out[:, column] |= agrees & _within(statement, value) & is_unusual
    return np.asarray(out & (share >= MIN_SHARE))


def _within(statement: Statement, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values are known and within the bounds of ``statement``."""
    low = -np.inf if statement.at_least is None else statement.at_least
    high = np.inf if statement.at_most is None else statement.at_most
    return np.asarray((values >= low) & (values <= high))


def _leads(
    parts: NDArray[np.float64],
    known: NDArray[np.bool_],
    may: NDArray[np.bool_],
    totals: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Per row the member that contributes most in the direction of its total, the first if equal.

    Members that may be stated have precedence, then those with a known value; the second array is
    whether the member may be stated. Arrays have shape (rows, members), ``totals`` (rows,).
    """
    strength = np.where(totals > 0, 1.0, -1.0)[:, None] * parts
    rank = (strength > 0) * (known.astype(int) + may)  # what may be stated is known
    best = rank == rank.max(axis=1, keepdims=True)
    leads = np.where(best, strength, -np.inf).argmax(axis=1)
    return leads, rank.max(axis=1) == 2


def _basis(value: float, *, is_fact: bool) -> Basis:
    if is_fact:
        return Basis.FACT
    return Basis.NOT_REPORTED if math.isnan(value) else Basis.COMBINED


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else value
