"""Figures of merit for a ranking of projects, exact under ties.

Equal scores are broken at random by an inspector with nothing else to go on, so what depends on
an order among equals is reported as its expected value over all such orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AtTop:
    """Precision and recall among the first ``places``; NaN recall where nothing happened."""

    places: int
    precision: float
    recall: float


def roc_auc(score: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    """Chance that an event outranks a non-event, ties counting half; NaN without both.

    >>> roc_auc(np.array([1.0, 2.0, 2.0]), np.array([0.0, 1.0, 0.0]))
    0.75
    """
    positive = happened > 0.5
    events, others = int(positive.sum()), int((~positive).sum())
    if not events or not others:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = middle[inverse]
    return float((ranks[positive].sum() - events * (events + 1) / 2) / (events * others))


def average_precision(score: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    """Mean precision at the places of the events, expected over tie orders; NaN without events.

    Within a group of equals each place is an event with the group's rate, and given an event
    there, the places before it in the group hold the remaining events evenly.
    """
    hits, total, area = 0.0, 0.0, 0.0
    events = float((happened > 0.5).sum())
    if not events:
        return float("nan")
    for value in np.unique(score)[::-1]:
        group = score == value
        size, found = float(group.sum()), float((happened[group] > 0.5).sum())
        if found:
            place = np.arange(1, size + 1)
            before = (place - 1) * (found - 1) / max(size - 1, 1)
            area += found / size * float(((hits + before + 1) / (total + place)).sum())
        hits, total = hits + found, total + size
    return area / events


def at_top(score: NDArray[np.float64], happened: NDArray[np.float64], places: int) -> AtTop:
    """Expected precision and recall among the first ``places`` (at most all).

    >>> at_top(np.array([3.0, 2.0, 2.0]), np.array([1.0, 1.0, 0.0]), 2)
    AtTop(places=2, precision=0.75, recall=0.75)
    """
    places = min(places, len(score))
    events = float((happened > 0.5).sum())
    if not places:
        return AtTop(0, float("nan"), float("nan"))
    cut = np.sort(score)[::-1][places - 1]
    above, level = score > cut, score == cut
    share = (places - int(above.sum())) / float(level.sum())
    found = float((happened[above] > 0.5).sum()) + share * float((happened[level] > 0.5).sum())
    return AtTop(places, found / places, found / events if events else float("nan"))


def log_loss(probability: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    """Mean negative log-likelihood in nats."""
    safe = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-np.mean(happened * np.log(safe) + (1 - happened) * np.log(1 - safe)))
