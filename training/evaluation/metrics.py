"""Figures of merit for a ranking of projects, exact under ties.

Equal scores are broken at random by an inspector with nothing else to go on, so what depends on
an order among equals is reported as its expected value over all such orders, and where asked with
the worst and the best of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AtTop:
    """Precision and recall among the first ``places``; NaN recall where nothing happened.

    ``worst`` and ``best`` are the precisions over the orders among equals.
    """

    places: int
    precision: float
    recall: float
    worst: float
    best: float


class Ranking:
    """One list of scores, sorted once; its figures for many weightings of its rows at a time.

    ``happened`` has shape (rows,). ``weights`` has shape (draws, rows) and says how often each
    row counts (whole numbers: the resamples of a bootstrap); figures come back with shape (draws,).
    """

    def __init__(self, score: NDArray[np.float64], happened: NDArray[np.float64]) -> None:
        self._order = np.argsort(-score, kind="stable")
        ordered = score[self._order]
        changes = np.flatnonzero(np.diff(ordered)) + 1
        self._starts = np.concatenate([[0], changes]).astype(np.int64)
        self._happened = happened[self._order] > 0.5

    def roc_auc(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance that an event outranks a non-event, ties counting half; NaN without both."""
        size, found = self._groups(weights)
        others = size - found
        below = others.sum(axis=1, keepdims=True) - np.cumsum(others, axis=1)
        won = (found * (below + others / 2)).sum(axis=1)
        pairs = found.sum(axis=1) * others.sum(axis=1)
        return _share(won, pairs)

    def average_precision(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean precision at the places of the events, expected over tie orders; NaN without any.

        In a group of s equals with f events, after t places with h events, place t + j holds an
        event with chance f / s, and given one there (j - 1)(f - 1) / (s - 1) of the group's others
        stand before it. Summed over j this leaves a difference of harmonic numbers.
        """
        size, found = self._groups(weights)
        before = np.cumsum(size, axis=1) - size
        hits = np.cumsum(found, axis=1) - found
        pace = (found - 1) / np.maximum(size - 1, 1)
        harmonic = np.concatenate(
            [[0.0], np.cumsum(1 / np.arange(1, int(size.sum(axis=1).max()) + 1))]
        )
        stretch = harmonic[(before + size).astype(int)] - harmonic[before.astype(int)]
        summed = pace * size + (hits + 1 - pace * (before + 1)) * stretch
        area = np.where(found > 0, found / np.maximum(size, 1) * summed, 0.0).sum(axis=1)
        return _share(area, found.sum(axis=1))

    def found_at_top(
        self, weights: NDArray[np.float64], places: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Events among the first ``places`` (per draw): expected, worst and best tie order."""
        size, found = self._groups(weights)
        before = np.cumsum(size, axis=1) - size
        taken = np.clip(places[:, None] - before, 0, size)
        expected = (found * taken / np.maximum(size, 1)).sum(axis=1)
        worst = np.maximum(taken - (size - found), 0).sum(axis=1)
        best = np.minimum(taken, found).sum(axis=1)
        return expected, worst, best

    def _groups(
        self, weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows and events of each group of equals, shapes (draws, groups), best group first."""
        ordered = weights[:, self._order]
        size = np.add.reduceat(ordered, self._starts, axis=1)
        found = np.add.reduceat(ordered * self._happened, self._starts, axis=1)
        return size, found


def roc_auc(score: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    """Chance that an event outranks a non-event, ties counting half; NaN without both.

    >>> roc_auc(np.array([1.0, 2.0, 2.0]), np.array([0.0, 1.0, 0.0]))
    0.75
    """
    if not len(score):
        return float("nan")
    return float(Ranking(score, happened).roc_auc(_once(score))[0])


def average_precision(score: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    """Mean precision at the places of the events, expected over tie orders; NaN without events."""
    if not len(score):
        return float("nan")
    return float(Ranking(score, happened).average_precision(_once(score))[0])


def at_top(score: NDArray[np.float64], happened: NDArray[np.float64], places: int) -> AtTop:
    """Expected precision and recall among the first ``places`` (at most all).

    >>> at_top(np.array([3.0, 2.0, 2.0]), np.array([1.0, 1.0, 0.0]), 2)
    AtTop(places=2, precision=0.75, recall=0.75, worst=0.5, best=1.0)
    """
    places = min(places, len(score))
    if not places:
        return AtTop(0, *[float("nan")] * 4)
    ranking = Ranking(score, happened)
    expected, worst, best = ranking.found_at_top(_once(score), np.array([float(places)]))
    events = float((happened > 0.5).sum())
    found = float(expected[0])
    recall = found / events if events else float("nan")
    return AtTop(places, found / places, recall, float(worst[0]) / places, float(best[0]) / places)


def log_loss(probability: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    """Mean negative log-likelihood in nats."""
    safe = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-np.mean(happened * np.log(safe) + (1 - happened) * np.log(1 - safe)))


def _once(score: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ones((1, len(score)))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """``part`` / ``whole``, NaN where the whole is 0."""
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
