"""What is counted per group of projects, and the figures made from it, resampled by contractor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import DRAWS, cluster_weights
from training.evaluation.predictions import Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray


def selected(judged: Judged, contender: str, places: int) -> NDArray[np.float64]:
    """The share of a place each row has on its month's list, 0 to 1; equals share."""
    share = np.zeros(len(judged.project_ids))
    for month in np.unique(judged.as_ofs):
        rows = np.flatnonzero(judged.as_ofs == month)
        _, equals, sizes = np.unique(
            -judged.scores[contender][rows], return_inverse=True, return_counts=True
        )
        before = np.cumsum(sizes) - sizes
        share[rows] = (np.clip(places - before, 0, sizes) / sizes)[equals]
    return share


class Tally:
    """Per row what the figures are made from; sums of it per contractor, resampled.

    Columns: rows, places, hits, events; then rows, probability and events of those rows only
    that have a probability.
    """

    def __init__(
        self, judged: Judged, places: NDArray[np.float64], contender: str, seed: int
    ) -> None:
        event = (judged.happened > 0.5).astype(np.float64)
        said = judged.probability.get(contender, np.full(len(event), np.nan))
        known = (~np.isnan(said)).astype(np.float64)
        every = (np.ones_like(event), places, places * event, event)
        self.columns = np.column_stack([*every, known, np.nan_to_num(said), known * event])
        names, self.cluster = np.unique(np.array(judged.clusters, dtype=str), return_inverse=True)
        self._counts = np.vstack(
            [np.ones((1, len(names))), cluster_weights(names.tolist(), DRAWS, seed)]
        )

    def of(self, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The columns' sums over ``rows``: as they are, then resampled; (1 + draws, columns)."""
        per_cluster = np.zeros((self._counts.shape[1], self.columns.shape[1]))
        np.add.at(per_cluster, self.cluster[rows], self.columns[rows])
        return self._counts @ per_cluster


def in_order(judged: Judged) -> Judged:
    """The rows in an order of their own, so that sums of fractions repeat to the bit."""
    order = np.lexsort((np.array(judged.project_ids, dtype=str), judged.as_ofs))
    return replace(
        judged,
        as_ofs=judged.as_ofs[order],
        project_ids=tuple(judged.project_ids[i] for i in order),
        clusters=tuple(judged.clusters[i] for i in order),
        happened=judged.happened[order],
        scores={name: one[order] for name, one in judged.scores.items()},
        probability={name: one[order] for name, one in judged.probability.items()},
        attributes={name: one[order] for name, one in judged.attributes.items()},
    )


def figures(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The figures of one group by name, each of shape (1 + draws,); ``sums`` from a tally."""
    rows, places, hits, events, known, said, known_events = sums.T
    return {
        "selection_rate": _ratio(places, rows),
        "precision": _ratio(hits, places),
        "recall": _ratio(hits, events),
        "calibration": _ratio(said - known_events, known),
        "ratio": _ratio(said, known_events),
        "observed_rate": _ratio(events, rows),
        "known_rate": _ratio(known_events, known),
    }


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
