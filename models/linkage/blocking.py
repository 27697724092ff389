"""Blocking: the few candidates of each complaint that share n-grams of the name.

Names are split into characters and bigrams, weighted by inverse document frequency as in
scikit-learn's ``TfidfVectorizer(analyzer="char", ngram_range=(1, 2))``. The weighted share of a
complaint's n-grams found in a name is one sparse matrix product per block of complaints.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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
_GROUPS = 256
_LEAST = float(np.finfo(np.float32).tiny)
_EQUAL = 10.0
"""More than the shares of site and firm together."""
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
    candidates: Sequence[Candidate] | Blocking,
    limit: int = MAX_COMPARED,
    equal: Sequence[NameMatch | None] = (),
) -> CandidatePairs:
    """The best ``limit`` candidates of each complaint by shared n-grams, of equal ones the first.

    Candidates not under way when the complaint was received count for less; those of an ``equal``
    name come first. Candidates of several calls are indexed once as :class:`Blocking`.
    """
    index = candidates if isinstance(candidates, Blocking) else Blocking(candidates)
    return index.pairs(complaints, limit, equal)


class Blocking:
    """Candidates indexed by the n-grams of their names, once a complaint has a name."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates

    @cached_property
    def _sites(self) -> _NgramIndex:
        return _NgramIndex([_ngrams_of(candidate.names) for candidate in self.candidates])

    @cached_property
    def _firms(self) -> _NgramIndex:
        return _NgramIndex([_ngrams_of(candidate.firms) for candidate in self.candidates])

    @cached_property
    def _span(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _days(self.candidates)

    def pairs(
        self, complaints: Sequence[ComplaintText], limit: int, equal: Sequence[NameMatch | None]
    ) -> CandidatePairs:
        """See :func:`block`; complaints without a name, of which there are many, take no time."""
        count = min(limit, len(self.candidates))
        chosen = np.full((len(complaints), count), -1, dtype=np.int64)
        found = CandidatePairs(chosen, np.zeros(chosen.shape), np.zeros(chosen.shape))
        matches = list(equal) or [None] * len(complaints)
        named = [
            row
            for row, (one, match) in enumerate(zip(complaints, matches, strict=True))
            if one.site or one.firm or match
        ]
        if count:
            for first in range(0, len(named), _BLOCK):
                rows = named[first : first + _BLOCK]
                self._fill(found, rows, [complaints[n] for n in rows], [matches[n] for n in rows])
        return found

    def _fill(
        self,
        found: CandidatePairs,
        rows: Sequence[int],
        complaints: Sequence[ComplaintText],
        equal: Sequence[NameMatch | None],
    ) -> None:
        """Write the best candidates of ``complaints`` into ``rows`` of ``found``."""
        by_site = self._sites.shares(
            [_ngrams_of((c.site,)) if c.site else set() for c in complaints]
        )
        by_firm = self._firms.shares([ngrams(core_firm_name(c.firm)) for c in complaints])
        start, end = self._span
        site, firm = np.zeros(len(start), np.float32), np.zeros(len(start), np.float32)
        count = found.candidates.shape[1]
        for at, (row, complaint, match) in enumerate(zip(rows, complaints, equal, strict=True)):
            of_site, of_firm = _row(by_site, at), _row(by_firm, at)
            site[of_site[0]], firm[of_firm[0]] = of_site[1], of_firm[1]
            day = complaint.received_on.toordinal()
            usual = (start <= day + 30) & (end >= day - GRACE_DAYS)
            total = site + firm
            total[~usual] *= np.float32(0.6)
            if match is not None:
                total[list(match.candidates)] += _EQUAL
            best = _largest(total, count)
            found.candidates[row, : len(best)] = best
            found.site[row, : len(best)], found.firm[row, : len(best)] = site[best], firm[best]
            site[of_site[0]], firm[of_firm[0]] = 0, 0


def _row(matrix: Any, at: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Columns and values of a row of a sparse matrix."""
    part = slice(matrix.indptr[at], matrix.indptr[at + 1])
    return matrix.indices[part], matrix.data[part]


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Places of the ``count`` largest of the positive values, the first of equal ones first."""
    places = np.flatnonzero(values >= max(_bound(values, count), _LEAST))
    return places[np.lexsort((places, -values[places]))][:count]


def _bound(values: NDArray[np.float32], count: int) -> float:
    """A bound that at least ``count`` values reach: the least of the best of as many groups.

    Few values reach it, and it is found much faster than the ``count``-th largest.
    """
    size = len(values) // _GROUPS
    if count > _GROUPS or not size:
        return 0.0
    best = values[: size * _GROUPS].reshape(size, _GROUPS).max(axis=0)
    return float(np.partition(best, _GROUPS - count)[_GROUPS - count])


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

    def shares(self, queries: Sequence[set[str]]) -> Any:
        """Weighted share of each query's n-grams in each candidate.

        A sparse matrix by rows, shape (queries, candidates).
        """
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
        return left @ self._matrix


def _ngrams_of(names: Sequence[str]) -> set[str]:
    """N-grams of the cores of names, and their numbers, which cores may have lost."""
    return set().union(
        *(ngrams(core_name(name)) | {f"#{n}" for n in numbers(name)} for name in names)
    )


def _days(candidates: Sequence[Candidate]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ordinals of start and completion; far in the past or future if unknown."""
    start = [(one.started_on or dt.date.min).toordinal() for one in candidates]
    end = [(one.completed_on or dt.date.max).toordinal() for one in candidates]
    return np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)
