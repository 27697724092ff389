"""Reasons for a score: one per signal family, with the records behind it.

The contribution of a reason is the sum of the exact contributions of the family's features; all
reasons and the base add up to the raw score. The feature shown is the one that contributes most in
the direction of that sum.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features import catalogue
from features.engines.engine import Engine
from features.feature_sets import ALL_FAMILIES, ALL_FEATURES, FAMILY_OF, FEATURE_SETS
from features.matrix import Matrix
from models.base import ScoringModel
from models.peer_medians import peer_medians

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVIDENCE_PER_REASON = 5
_ARTICLES = {feature.name: feature.article for feature in ALL_FEATURES}


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
    median among the peers in the same cohort; see :mod:`models.peer_medians`.
    """

    family: str
    contribution: float
    feature: str
    value: float | None
    typical: float | None
    article: str | None
    evidence: tuple[EvidenceItem, ...]


Evidence = Mapping[tuple[str, str], tuple[EvidenceItem, ...]]
"""The records with the most weight, by (family, project_id)."""


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
    evidence: Evidence,
    typical: NDArray[np.float64] | None = None,
) -> list[tuple[Reason, ...]]:
    """Per row of ``matrix`` its reasons, strongest first; families that add nothing are left out.

    ``typical`` must be given where ``matrix`` is not the whole cohort; its default are the
    :func:`~models.peer_medians.peer_medians` of ``matrix``.
    """
    typical = peer_medians(matrix) if typical is None else typical
    position = [matrix.columns.index(name) for name in model.columns]
    known = ~np.isnan(matrix.values[:, position])
    out: list[list[Reason]] = [[] for _ in matrix.project_ids]
    for name, total in contributions_by_family(model, parts).items():
        members = np.flatnonzero([FAMILY_OF[column] == name for column in model.columns])
        rows = np.flatnonzero(np.abs(total) > 1e-9) if len(members) else np.zeros(0, dtype=np.intp)
        if not len(rows):
            continue
        leads = _leads(parts[np.ix_(rows, members)], known[np.ix_(rows, members)], total[rows])
        lead = members[leads]
        columns = np.asarray(position)[lead]
        details = zip(
            rows.tolist(),
            total[rows].tolist(),
            [model.columns[i] for i in lead],
            matrix.values[rows, columns].tolist(),
            typical[rows, columns].tolist(),
            strict=True,
        )
        for row, contribution, feature, value, usual in details:
            out[row].append(
                Reason(
                    family=name,
                    contribution=contribution,
                    feature=feature,
                    value=_none_if_nan(value),
                    typical=_none_if_nan(usual),
                    article=_ARTICLES[feature],
                    evidence=evidence.get((name, matrix.project_ids[row]), ()),
                )
            )
    return [tuple(sorted(row, key=lambda r: (-abs(r.contribution), r.family))) for row in out]


def evidence_for(engine: Engine, project_ids: Sequence[str]) -> Evidence:
    """The records with the most weight per family for ``project_ids``; the engine has one as_of.

    Ties are broken by record id, so the result is deterministic.
    """
    included = set(project_ids)
    items: dict[tuple[str, str], list[EvidenceItem]] = {}
    for family in FEATURE_SETS[engine.kind].families:
        if family.evidence is None:
            continue
        rows = engine.rows(
            "SELECT project_id, source_table, record_id, known_at"
            f" FROM ({top_evidence_sql(family.evidence)}) top ORDER BY project_id, place"
        )
        for project_id, table, record_id, known_at in rows:
            if str(project_id) in included and isinstance(known_at, dt.date):
                item = EvidenceItem(str(table), str(record_id), known_at)
                items.setdefault((family.name, str(project_id)), []).append(item)
    return {key: tuple(records) for key, records in items.items()}


def top_evidence_sql(evidence: catalogue.Evidence) -> str:
    """SQL for the EVIDENCE_PER_REASON records with the most weight per project, by ``place``."""
    return (
        "SELECT project_id, source_table, record_id, known_at, place FROM ("
        " SELECT *, row_number() OVER (PARTITION BY project_id"
        " ORDER BY weight DESC, source_table, record_id) AS place"
        f" FROM ({evidence.sql}) e WHERE weight IS NOT NULL"
        f") ranked WHERE place <= {EVIDENCE_PER_REASON}"
    )


def _leads(
    parts: NDArray[np.float64], known: NDArray[np.bool_], totals: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Per row the member that contributes most in the direction of its total, the first if equal.

    Members with a known value have precedence; one with an unknown value leads only if no known one
    contributes in that direction. ``parts`` and ``known`` have shape (rows, members).
    """
    strength = np.where(totals > 0, 1.0, -1.0)[:, None] * parts
    eligible = np.where(known & (strength > 0), strength, -np.inf)
    some = np.isfinite(eligible).any(axis=1)
    return np.asarray(np.where(some, eligible.argmax(axis=1), strength.argmax(axis=1)))


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else value
