"""Why a project scores as it does: one reason per signal family, with the records behind it.

A reason is the sum of the exact contributions of a family's features; all reasons and the base
add up to the raw score. The family speaks through the feature that pushed most in its direction.
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

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVIDENCE_PER_REASON = 5
MIN_PEERS = 20
"""A group of peers counts where at least so many of them have the value."""
_ARTICLES = {feature.name: feature.article for feature in ALL_FEATURES}


@dataclass(frozen=True)
class EvidenceItem:
    """A record behind a reason."""

    table: str
    record_id: str
    known_at: dt.date


@dataclass(frozen=True)
class Reason:
    """What one family adds to the raw score (log-odds; above 0 raises the risk).

    ``value`` and ``typical`` are in the unit of the catalogue; None is unknown. ``typical`` is
    the median among comparable projects of the same cohort.
    """

    family: str
    contribution: float
    feature: str
    value: float | None
    typical: float | None
    article: str | None
    evidence: tuple[EvidenceItem, ...]


Evidence = Mapping[tuple[str, str], tuple[EvidenceItem, ...]]
"""(family, project_id) to its most telling records."""


def contributions_by_family(
    model: ScoringModel, parts: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Contributions per family, each of shape (rows,), families in catalogue order."""
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
    """Per row of ``matrix`` the reasons, strongest first, without families that add nothing.

    ``typical`` is given where ``matrix`` is not the whole cohort; see :func:`peer_medians`.
    """
    typical = peer_medians(matrix) if typical is None else typical
    place = [matrix.columns.index(name) for name in model.columns]
    known = ~np.isnan(matrix.values[:, place])
    out: list[list[Reason]] = [[] for _ in matrix.project_ids]
    for name, total in contributions_by_family(model, parts).items():
        members = np.flatnonzero([FAMILY_OF[column] == name for column in model.columns])
        rows = np.flatnonzero(np.abs(total) > 1e-9) if len(members) else np.zeros(0, dtype=np.intp)
        if not len(rows):
            continue
        leads = _leads(parts[np.ix_(rows, members)], known[np.ix_(rows, members)], total[rows])
        lead = members[leads]
        columns = np.asarray(place)[lead]
        told = zip(
            rows.tolist(),
            total[rows].tolist(),
            [model.columns[i] for i in lead],
            matrix.values[rows, columns].tolist(),
            typical[rows, columns].tolist(),
            strict=True,
        )
        for row, contribution, feature, value, usual in told:
            out[row].append(
                Reason(
                    family=name,
                    contribution=contribution,
                    feature=feature,
                    value=_known(value),
                    typical=_known(usual),
                    article=_ARTICLES[feature],
                    evidence=evidence.get((name, matrix.project_ids[row]), ()),
                )
            )
    return [tuple(sorted(found, key=lambda r: (-abs(r.contribution), r.family))) for found in out]


def peer_medians(matrix: Matrix) -> NDArray[np.float64]:
    """Per row and column the median among comparable projects of the same as_of.

    Comparable are projects of the same sector group and the same third by contract amount, or
    employers of the same third by insured staff, where at least 20 of them have the value; else
    the whole cohort. Same shape as ``matrix.values``.
    """
    out = np.full_like(matrix.values, np.nan)
    groups = _groups(matrix)
    for as_of in np.unique(matrix.as_ofs):
        cohort = matrix.as_ofs == as_of
        out[cohort] = _median(matrix.values[cohort])
        for group in np.unique(groups[cohort]):
            rows = cohort & (groups == group)
            known = (~np.isnan(matrix.values[rows])).sum(axis=0) >= MIN_PEERS
            if known.any():
                block = out[rows]
                block[:, known] = _median(matrix.values[rows][:, known])
                out[rows] = block
    return out


def evidence_for(engine: Engine, project_ids: Sequence[str]) -> Evidence:
    """The most telling records per family for ``project_ids``; the engine holds one as_of.

    Ties in weight are broken by record id, so the answer does not depend on any order.
    """
    wanted = set(project_ids)
    found: dict[tuple[str, str], list[EvidenceItem]] = {}
    for family in FEATURE_SETS[engine.kind].families:
        if family.evidence is None:
            continue
        rows = engine.rows(
            "SELECT project_id, source_table, record_id, known_at"
            f" FROM ({top_evidence_sql(family.evidence)}) told ORDER BY project_id, place"
        )
        for project_id, table, record_id, known_at in rows:
            if str(project_id) in wanted and isinstance(known_at, dt.date):
                item = EvidenceItem(str(table), str(record_id), known_at)
                found.setdefault((family.name, str(project_id)), []).append(item)
    return {key: tuple(items) for key, items in found.items()}


def top_evidence_sql(evidence: catalogue.Evidence) -> str:
    """SQL for the :data:`EVIDENCE_PER_REASON` most telling records per project, by ``place``."""
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
    """Per row the member that pushed most in the direction of its total, the first of equals.

    Those with a known value come first; an unknown one speaks only where no known one pushed
    that way. ``parts`` and ``known`` have shape (rows, members).
    """
    strength = np.where(totals > 0, 1.0, -1.0)[:, None] * parts
    spoken = np.where(known & (strength > 0), strength, -np.inf)
    some = np.isfinite(spoken).any(axis=1)
    return np.asarray(np.where(some, spoken.argmax(axis=1), strength.argmax(axis=1)))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(values.shape[1], np.nan)
    some = ~np.isnan(values).all(axis=0)
    if some.any():
        out[some] = np.nanmedian(values[:, some], axis=0)
    return out


def _groups(matrix: Matrix) -> NDArray[np.int64]:
    """Sector group and third by amount as one number; an unknown makes a group of its own."""
    columns = list(matrix.columns)
    if matrix.kind == "employer":
        return _in_thirds(matrix, columns.index("insured_staff"))
    sector = np.nan_to_num(matrix.values[:, columns.index("building_sector")], nan=2.0)
    size = _in_thirds(matrix, columns.index("contract_amount_yuan"))
    return np.asarray(sector.astype(np.int64) * 10 + size, dtype=np.int64)


def _in_thirds(matrix: Matrix, column: int) -> NDArray[np.int64]:
    """In which third of its as_of's known values each row's value lies: 0, 1, 2; unknown is 3."""
    value = matrix.values[:, column]
    size = np.full(len(value), 3, dtype=np.int64)
    for as_of in np.unique(matrix.as_ofs):
        known = (matrix.as_ofs == as_of) & ~np.isnan(value)
        if known.any():
            marks = np.quantile(value[known], [1 / 3, 2 / 3])
            size[known] = np.searchsorted(marks, value[known], side="right")
    return size
