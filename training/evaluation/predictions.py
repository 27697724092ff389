"""Scores given at past dates beside what came of them: the rows every verdict is made from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL = "model"
"""The contender a verdict is about; the others are what it must beat."""


@dataclass(frozen=True)
class Judged:
    """One row per project and as_of of a cohort; every array has shape (rows,).

    ``clusters`` holds the contractor, or the project where it is unknown. ``happened`` is 1 where
    an event fell within the horizon and 0 where none is known; ``outcome`` says the same but NaN
    where nobody looked. ``scores`` has each contender's ranking score, ``probability`` those that
    state one (NaN where they did not). ``attributes`` holds what groups are made from
    (region_code, sector, funding as text; registered_capital, contract_amount in fen), None where
    unknown. ``workers`` and ``amount`` (fen) are what hangs on the project, NaN where unknown.
    """

    as_ofs: NDArray[np.datetime64]
    project_ids: tuple[str, ...]
    clusters: tuple[str, ...]
    happened: NDArray[np.float64]
    outcome: NDArray[np.float64]
    scores: Mapping[str, NDArray[np.float64]]
    probability: Mapping[str, NDArray[np.float64]]
    attributes: Mapping[str, NDArray[np.object_]]
    workers: NDArray[np.float64]
    amount: NDArray[np.float64]

    def where(self, mask: NDArray[np.bool_]) -> Judged:
        """The rows where ``mask`` is true."""
        kept = np.flatnonzero(mask)
        return replace(
            self,
            as_ofs=self.as_ofs[mask],
            project_ids=tuple(self.project_ids[i] for i in kept),
            clusters=tuple(self.clusters[i] for i in kept),
            happened=self.happened[mask],
            outcome=self.outcome[mask],
            scores={name: one[mask] for name, one in self.scores.items()},
            probability={name: one[mask] for name, one in self.probability.items()},
            attributes={name: one[mask] for name, one in self.attributes.items()},
            workers=self.workers[mask],
            amount=self.amount[mask],
        )

    def months(self) -> list[dt.date]:
        """The dates scored, in order."""
        return [day.astype(object) for day in np.unique(self.as_ofs)]


def together(parts: Sequence[Judged]) -> Judged:
    """The rows of all ``parts``, one after the other; all have the same contenders."""
    first = parts[0]
    return Judged(
        as_ofs=np.concatenate([part.as_ofs for part in parts]),
        project_ids=tuple(name for part in parts for name in part.project_ids),
        clusters=tuple(name for part in parts for name in part.clusters),
        happened=np.concatenate([part.happened for part in parts]),
        outcome=np.concatenate([part.outcome for part in parts]),
        scores=_stacked([part.scores for part in parts]),
        probability=_stacked([part.probability for part in parts]),
        attributes={
            name: np.concatenate([part.attributes[name] for part in parts])
            for name in first.attributes
        },
        workers=np.concatenate([part.workers for part in parts]),
        amount=np.concatenate([part.amount for part in parts]),
    )


def _stacked(parts: Sequence[Mapping[str, NDArray[np.float64]]]) -> dict[str, NDArray[np.float64]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
