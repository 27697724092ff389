"""Who comes into question at all: those who share telling pieces of the name.

Names are cut into single characters and pairs; a piece weighs the more the fewer have it. The
share of what was said that is found again in a name is one sparse product per block of
complaints, so that nobody is compared with everybody in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linkage.normalise import core_firm_name, core_name
from models.linkage.snapshot import Candidate, ComplaintText

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_COMPARED = 20
"""So many of each complaint are looked at closely."""

_BLOCK = 256
_EPOCH_BEFORE, _EPOCH_AFTER = -(10**6), 10**6
GRACE_DAYS = 180
"""Days after completion within which a complaint is nothing unusual."""


@dataclass(frozen=True)
class CandidatePairs:
    """The candidates of each complaint; all arrays have shape (complaints, compared).

    ``candidates`` are indices, -1 where there are fewer. ``site`` and ``firm`` are the shares of
    the complaint's n-grams (by weight) that the candidate's names contain.
    """

    candidates: NDArray[np.int64]
    site: NDArray[np.float64]
    firm: NDArray[np.float64]


def ngrams(name: str) -> set[str]:
    """Characters and pairs of neighbours.

    >>> sorted(ngrams("青川"))
    ['川', '青', '青川']
    """
    return set(name) | {name[at : at + 2] for at in range(len(name) - 1)}


def block(
    complaints: Sequence[ComplaintText], targets: Sequence[Candidate], most: int = MAX_COMPARED
) -> CandidatePairs:
    """The best ``most`` targets of each complaint by shared pieces, those under way first."""
    count = min(most, len(targets))
    found = np.full((len(complaints), count), -1, dtype=np.int64)
    site, firm = np.zeros(found.shape), np.zeros(found.shape)
    if not count:
        return CandidatePairs(found, site, firm)
    sites = _Index([_pieces_of(one.names) for one in targets])
    firms = _Index([_pieces_of(one.firms) for one in targets])
    start, end = _days(targets)
    for at in range(0, len(complaints), _BLOCK):
        part = complaints[at : at + _BLOCK]
        by_site = sites.shares([ngrams(core_name(one.site)) if one.site else set() for one in part])
        by_firm = firms.shares([ngrams(core_firm_name(one.firm)) for one in part])
        day = np.array([one.received_on.toordinal() for one in part])[:, None]
        usual = (start <= day + 30) & (day <= end + GRACE_DAYS)
        total = (by_site + by_firm) * np.where(usual, np.float32(1), np.float32(0.6))
        best = np.argpartition(-total, count - 1, axis=1)[:, :count]
        order = np.lexsort((best, -np.take_along_axis(total, best, 1)), axis=1)
        best = np.take_along_axis(best, order, 1)
        rows = slice(at, at + len(part))
        some = np.take_along_axis(total, best, 1) > 0
        found[rows] = np.where(some, best, -1)
        site[rows] = np.take_along_axis(by_site, best, 1)
        firm[rows] = np.take_along_axis(by_firm, best, 1)
    return CandidatePairs(found, site, firm)


class _Index:
    """Which targets hold which piece."""

    def __init__(self, held: Sequence[set[str]]) -> None:
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

        self._places: dict[str, int] = {}
        rows: list[int] = []
        for pieces_of_one in held:
            rows.extend(
                self._places.setdefault(p, len(self._places)) for p in sorted(pieces_of_one)
            )
        ends = np.cumsum([0, *(len(one) for one in held)])
        shape = (len(held), max(len(self._places), 1))
        ones = np.ones(len(rows), dtype=np.float32)
        matrix = csr_matrix((ones, np.array(rows, dtype=np.int64), ends), shape=shape)
        common = np.asarray(matrix.sum(axis=0)).ravel()
        self._weights = np.log((len(held) + 1) / (common + 0.5)).clip(0.05)
        self._unseen = float(np.log(2 * (len(held) + 1)))
        self._matrix = matrix.T.tocsr()

    def shares(self, asked: Sequence[set[str]]) -> NDArray[Any]:
        """(asked, targets): the weight of the pieces asked for that are found, in 0..1."""
        from scipy.sparse import csr_matrix

        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for one in asked:
            known = sorted(self._places[piece] for piece in one if piece in self._places)
            weights = self._weights[known]
            whole = float(weights.sum()) + self._unseen * (len(one) - len(known))
            columns.extend(known)
            values.extend(weights / whole if whole else weights)
            ends.append(len(columns))
        left = csr_matrix(
            (np.array(values, np.float32), np.array(columns, np.int64), ends),
            shape=(len(asked), self._matrix.shape[0]),
        )
        return np.asarray((left @ self._matrix).todense())


def _pieces_of(names: Sequence[str]) -> set[str]:
    return set().union(*(ngrams(core_name(name)) for name in names))


def _days(targets: Sequence[Candidate]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start = [one.started_on.toordinal() if one.started_on else _EPOCH_BEFORE for one in targets]
    end = [one.completed_on.toordinal() if one.completed_on else _EPOCH_AFTER for one in targets]
    return np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)
