"""Blocking: the few candidates of each complaint that share n-grams of the name.

Names are split into characters and bigrams, weighted by inverse document frequency as in
scikit-learn's ``TfidfVectorizer(analyzer="char", ngram_range=(1, 2))``. The weighted share of a
complaint's n-grams found in a name is one sparse matrix product per block of complaints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linkage.normalise import core_firm_name, core_name, numbers
from models.linkage.snapshot import Candidate, ComplaintText

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.linkage.equal_names import NameMatch

MAX_COMPARED = 20
"""Number of candidates per complaint that are compared in detail."""

_BLOCK = 256
_EQUAL = 10.0
"""More than the shares of site and firm together."""
_EPOCH_BEFORE, _EPOCH_AFTER = -(10**6), 10**6
GRACE_DAYS = 180
"""Days after completion within which complaints are still usual."""


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
    """Characters and bigrams.

    >>> sorted(ngrams("青川"))
    ['川', '青', '青川']
    """
    return set(name) | {name[index : index + 2] for index in range(len(name) - 1)}


def block(
    complaints: Sequence[ComplaintText],
    candidates: Sequence[Candidate],
    limit: int = MAX_COMPARED,
    equal: Sequence[NameMatch | None] = (),
) -> CandidatePairs:
    """The best ``limit`` candidates of each complaint by shared n-grams.

    Candidates not under way when the complaint was received count for less; those of an ``equal``
    name come first.
    """
    count = min(limit, len(candidates))
    chosen = np.full((len(complaints), count), -1, dtype=np.int64)
    site, firm = np.zeros(chosen.shape), np.zeros(chosen.shape)
    if not count:
        return CandidatePairs(chosen, site, firm)
    sites = _NgramIndex([_ngrams_of(candidate.names) for candidate in candidates])
    firms = _NgramIndex([_ngrams_of(candidate.firms) for candidate in candidates])
    start, end = _days(candidates)
    for first in range(0, len(complaints), _BLOCK):
        part = complaints[first : first + _BLOCK]
        by_site = sites.shares([_ngrams_of((c.site,)) if c.site else set() for c in part])
        by_firm = firms.shares([ngrams(core_firm_name(c.firm)) for c in part])
        day = np.array([complaint.received_on.toordinal() for complaint in part])[:, None]
        usual = (start <= day + 30) & (day <= end + GRACE_DAYS)
        total = (by_site + by_firm) * np.where(usual, np.float32(1), np.float32(0.6))
        for row, match in enumerate(equal[first : first + _BLOCK]):
            if match is not None:
                total[row, list(match.candidates)] += _EQUAL
        best = np.argpartition(-total, count - 1, axis=1)[:, :count]
        order = np.lexsort((best, -np.take_along_axis(total, best, 1)), axis=1)
        best = np.take_along_axis(best, order, 1)
        rows = slice(first, first + len(part))
        some = np.take_along_axis(total, best, 1) > 0
        chosen[rows] = np.where(some, best, -1)
        site[rows] = np.take_along_axis(by_site, best, 1)
        firm[rows] = np.take_along_axis(by_firm, best, 1)
    return CandidatePairs(chosen, site, firm)


class _NgramIndex:
    """Sparse matrix of candidates by n-grams, with inverse document frequencies."""

    def __init__(self, documents: Sequence[set[str]]) -> None:
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

        self._columns: dict[str, int] = {}
        rows: list[int] = []
        for document in documents:
            rows.extend(
                self._columns.setdefault(ngram, len(self._columns)) for ngram in sorted(document)
            )
        ends = np.cumsum([0, *(len(document) for document in documents)])
        shape = (len(documents), max(len(self._columns), 1))
        ones = np.ones(len(rows), dtype=np.float32)
        matrix = csr_matrix((ones, np.array(rows, dtype=np.int64), ends), shape=shape)
        common = np.asarray(matrix.sum(axis=0)).ravel()
        self._weights = np.log((len(documents) + 1) / (common + 0.5)).clip(0.05)
        self._unseen = float(np.log(2 * (len(documents) + 1)))
        self._matrix = matrix.T.tocsr()

    def shares(self, queries: Sequence[set[str]]) -> NDArray[Any]:
        """Weighted share of each query's n-grams in each candidate, shape (queries, candidates)."""
        from scipy.sparse import csr_matrix

        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for query in queries:
            known = sorted(self._columns[ngram] for ngram in query if ngram in self._columns)
            weights = self._weights[known]
            whole = float(weights.sum()) + self._unseen * (len(query) - len(known))
            columns.extend(known)
            values.extend(weights / whole if whole else weights)
            ends.append(len(columns))
        left = csr_matrix(
            (np.array(values, np.float32), np.array(columns, np.int64), ends),
            shape=(len(queries), self._matrix.shape[0]),
        )
        return np.asarray((left @ self._matrix).todense())


def _ngrams_of(names: Sequence[str]) -> set[str]:
    """N-grams of the cores of names, and their numbers, which cores may have lost."""
    return set().union(
        *(ngrams(core_name(name)) | {f"#{n}" for n in numbers(name)} for name in names)
    )


def _days(candidates: Sequence[Candidate]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ordinals of start and completion; far in the past or future if unknown."""
    start = [c.started_on.toordinal() if c.started_on else _EPOCH_BEFORE for c in candidates]
    end = [c.completed_on.toordinal() if c.completed_on else _EPOCH_AFTER for c in candidates]
    return np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)
