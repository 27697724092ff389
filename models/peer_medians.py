"""Medians among comparable units: what is typical for a project of this sector and size.

:mod:`models.peer_medians_spark` computes the same where a cohort is too large for memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_PEERS = 20
"""A group of peers is used for a column if at least this many of them have a value."""
TERCILE_MARKS = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class Typical:
    """Medians of shape (rows, columns) and whose they are.

    ``groups`` holds the peer group of each row, see :func:`peer_groups`; where ``in_group`` is
    False too few of the group have a value and the median is that of the whole cohort.
    """

    medians: NDArray[np.float64]
    groups: NDArray[np.int64]
    in_group: NDArray[np.bool_]


def peer_medians(matrix: Matrix) -> Typical:
    """Per row and column the median among its peers at the same as_of.

    Peers are projects of the same sector group and tercile by contract amount, or employers of the
    same tercile by insured staff. Where fewer than :data:`MIN_PEERS` of them have a value, the
    median is that of the whole cohort.
    """
    out = np.full_like(matrix.values, np.nan)
    in_group = np.zeros(matrix.values.shape, dtype=bool)
    groups = peer_groups(matrix)
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
                in_group[rows] = known
    return Typical(out, groups, in_group)


@dataclass(frozen=True)
class CohortMedians:
    """The :func:`peer_medians` of a cohort without an array of its size; see :meth:`of`.

    ``groups`` holds the peer group of each row, ``own`` per group its medians and the columns in
    which enough of it have a value, ``overall`` the medians of all.
    """

    groups: NDArray[np.int64]
    own: Mapping[int, tuple[NDArray[np.float64], NDArray[np.bool_]]]
    overall: NDArray[np.float64]

    def of(self, rows: NDArray[np.intp]) -> Typical:
        """The medians of ``rows``, of shape (len(rows), columns)."""
        groups = self.groups[rows]
        medians = np.stack([self.own[group][0] for group in groups.tolist()])
        return Typical(medians, groups, np.stack([self.own[g][1] for g in groups.tolist()]))


def cohort_medians(matrix: Matrix) -> CohortMedians:
    """The medians of ``matrix``, whose rows are of one as_of."""
    groups, overall = peer_groups(matrix), _by_columns(matrix.values)
    own = {}
    for group in np.unique(groups).tolist():
        values = matrix.values[groups == group]
        known = (~np.isnan(values)).sum(axis=0) >= MIN_PEERS
        own[group] = (np.where(known, _by_columns(values), overall), known)
    return CohortMedians(groups, own, overall)


def _by_columns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """:func:`_median` of a few columns at a time, of which it makes copies."""
    parts = [_median(values[:, at : at + 16]) for at in range(0, values.shape[1], 16)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(values.shape[1], np.nan)
    some = ~np.isnan(values).all(axis=0)
    if some.any():
        out[some] = np.nanmedian(values[:, some], axis=0)
    return out


def peer_groups(matrix: Matrix) -> NDArray[np.int64]:
    """Sector group (tens) and tercile by size (ones) of each row as one number.

    The sector group is 1 for building, 0 for another sector and 2 if unknown; employers have 0. The
    tercile is 0 to 2, and 3 if unknown.
    """
    columns = list(matrix.columns)
    if matrix.kind == "employer":
        return _terciles(matrix, columns.index("insured_staff"))
    sector = np.nan_to_num(matrix.values[:, columns.index("building_sector")], nan=2.0)
    size = _terciles(matrix, columns.index("contract_amount_yuan"))
    return np.asarray(sector.astype(np.int64) * 10 + size, dtype=np.int64)


def _terciles(matrix: Matrix, column: int) -> NDArray[np.int64]:
    """Tercile of each row's value among those of its as_of: 0, 1 or 2; 3 if unknown."""
    value = matrix.values[:, column]
    size = np.full(len(value), 3, dtype=np.int64)
    for as_of in np.unique(matrix.as_ofs):
        known = (matrix.as_ofs == as_of) & ~np.isnan(value)
        if known.any():
            marks = np.quantile(value[known], TERCILE_MARKS)
            size[known] = np.searchsorted(marks, value[known], side="right")
    return size
