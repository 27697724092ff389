"""Past predictions with their labels: the input of all evaluation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.metrics import distinct_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL = "model"
"""Name of the evaluated model among the contenders; the others are its baselines."""


@dataclass(frozen=True)
class Predictions:
    """One row per project and as_of of a cohort; every array has shape (rows,).

    ``clusters`` holds the contractor, or the project where it is unknown. ``labels`` is 1 where an
    event fell within the horizon and 0 where none is known; ``observed`` is the same but NaN where
    the project was neither inspected nor had a case decided. ``scores`` has the ranking score of
    each contender, ``probability`` those of the contenders that give one (NaN where they did not).
    ``attributes`` holds what groups are made from (region_code, sector, funding as text;
    registered_capital, contract_amount in fen), None where unknown. ``workers`` and ``amount``
    (fen) are the stakes of the project, NaN where unknown.
    """

    as_ofs: NDArray[np.datetime64]
    project_ids: tuple[str, ...]
    clusters: tuple[str, ...]
    labels: NDArray[np.float64]
    observed: NDArray[np.float64]
    scores: Mapping[str, NDArray[np.float64]]
    probability: Mapping[str, NDArray[np.float64]]
    attributes: Mapping[str, NDArray[np.object_]]
    workers: NDArray[np.float64]
    amount: NDArray[np.float64]

    @property
    def events(self) -> int:
        """Number of distinct events behind the labels."""
        return distinct_events(self.project_ids, self.as_ofs, self.labels)

    def events_of(self, rows: NDArray[np.bool_]) -> int:
        """Number of distinct events behind the labels of ``rows``."""
        return distinct_events(self.project_ids, self.as_ofs, self.labels * rows)

    @property
    def event_clusters(self) -> int:
        """Number of clusters with an event."""
        return self.event_clusters_of(np.ones(len(self.labels), dtype=bool))

    def event_clusters_of(self, rows: NDArray[np.bool_]) -> int:
        """Number of clusters with an event in ``rows``."""
        return len({self.clusters[row] for row in np.flatnonzero(self.labels * rows > 0.5)})

    def where(self, mask: NDArray[np.bool_]) -> Predictions:
        """The rows where ``mask`` is true."""
        return self.take(np.flatnonzero(mask))

    def take(self, index: NDArray[np.int64]) -> Predictions:
        """The rows with the indices ``index``, in this order."""
        return replace(
            self,
            as_ofs=self.as_ofs[index],
            project_ids=tuple(self.project_ids[i] for i in index),
            clusters=tuple(self.clusters[i] for i in index),
            labels=self.labels[index],
            observed=self.observed[index],
            scores={name: values[index] for name, values in self.scores.items()},
            probability={name: values[index] for name, values in self.probability.items()},
            attributes={name: values[index] for name, values in self.attributes.items()},
            workers=self.workers[index],
            amount=self.amount[index],
        )

    def months(self) -> list[dt.date]:
        """The as_of dates, in order."""
        return [day.astype(object) for day in np.unique(self.as_ofs)]


def concat(parts: Sequence[Predictions]) -> Predictions:
    """The rows of all ``parts``, one after the other; all have the same contenders."""
    first = parts[0]
    return Predictions(
        as_ofs=np.concatenate([part.as_ofs for part in parts]),
        project_ids=tuple(name for part in parts for name in part.project_ids),
        clusters=tuple(name for part in parts for name in part.clusters),
        labels=np.concatenate([part.labels for part in parts]),
        observed=np.concatenate([part.observed for part in parts]),
        scores=_concat_values([part.scores for part in parts]),
        probability=_concat_values([part.probability for part in parts]),
        attributes={
            name: np.concatenate([part.attributes[name] for part in parts])
            for name in first.attributes
        },
        workers=np.concatenate([part.workers for part in parts]),
        amount=np.concatenate([part.amount for part in parts]),
    )


def _concat_values(
    parts: Sequence[Mapping[str, NDArray[np.float64]]],
) -> dict[str, NDArray[np.float64]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
