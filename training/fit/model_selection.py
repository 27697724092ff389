"""Model selection by mean regret over several past months.

The regret of a candidate in a month is the average precision it loses against the best candidate of
that month. The default is replaced only by a candidate with a smaller mean regret whose worst month
is no worse and whose lead exceeds the variation between months; among those the smallest mean
regret wins. With many trials one always looks good by chance, so a lead within that variation does
not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from training.dataset.training_set import TrainingSet
from training.fit.out_of_time import (
    AnyHyperparameters,
    best_stage,
    recent_months,
    score_out_of_time,
)
from training.metrics import average_precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STANDARD_ERRORS = 1.64
"""One-sided 5 %."""

_MIN_MONTHS = 4
_OVERLAPPING_MONTHS = 3


@dataclass(frozen=True)
class Candidate:
    """Hyperparameters with their average precision in each holdout month that has events.

    ``out_of_time`` are the scores behind it, where they are still in memory.
    """

    name: str
    hyperparameters: AnyHyperparameters
    by_month: tuple[float, ...]
    out_of_time: NDArray[np.float64] | None = field(default=None, compare=False, repr=False)

    @property
    def mean(self) -> float:
        """Mean average precision over the months."""
        return float(np.mean(self.by_month)) if self.by_month else float("nan")


@dataclass(frozen=True)
class Regret:
    """Regret of one candidate over all months."""

    name: str
    average_precision: float
    mean: float
    worst: float


@dataclass(frozen=True)
class Choice:
    """The chosen candidate, and the regrets of all, smallest mean first.

    ``candidates`` are all that were compared, the default first, without their scores.
    """

    chosen: Candidate
    regrets: tuple[Regret, ...]
    months: int
    candidates: tuple[Candidate, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The choice as stored with the model."""
        return {
            "chosen": self.chosen.name,
            "recipe": asdict(self.chosen.hyperparameters),
            "months": self.months,
            "regrets": [asdict(regret) for regret in self.regrets],
        }


def evaluate_candidate(
    training_set: TrainingSet, name: str, hyperparameters: AnyHyperparameters
) -> Candidate:
    """Evaluate ``hyperparameters`` on the holdout months, scored by models of earlier months."""
    matrix, target = training_set.matrix, training_set.target
    out_of_time = score_out_of_time(training_set, hyperparameters)
    rows = recent_months(matrix.as_ofs, training_set.starts(), ~np.isnan(out_of_time[:, 0]))
    _, scores = best_stage(out_of_time[rows], training_set.expected[rows])
    return Candidate(
        name, hyperparameters, _by_month(matrix.as_ofs[rows], scores, target[rows]), out_of_time
    )


def choose(candidates: Sequence[Candidate]) -> Choice:
    """Choose a candidate; the first one is the default and stays unless clearly beaten."""
    table = np.array([candidate.by_month for candidate in candidates])
    losses = table.max(axis=0) - table if table.size else np.zeros((len(candidates), 0))
    regrets = [
        Regret(candidate.name, candidate.mean, _mean(row), float(row.max(initial=0.0)))
        for candidate, row in zip(candidates, losses, strict=True)
    ]
    chosen = 0
    for number in range(1, len(candidates)):
        better = regrets[number].mean < regrets[chosen].mean
        not_worse = regrets[number].worst <= regrets[0].worst
        if better and not_worse and _is_clear_lead(table[number] - table[0]):
            chosen = number
    ordered = sorted(regrets, key=lambda regret: (regret.mean, regret.worst, regret.name))
    compared = tuple(replace(one, out_of_time=None) for one in candidates)
    months = table.shape[1] if table.size else 0
    return Choice(candidates[chosen], tuple(ordered), months, compared)


def _by_month(
    as_ofs: NDArray[np.datetime64], scores: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[float, ...]:
    precisions = []
    for month in np.unique(as_ofs):
        rows = as_ofs == month
        if target[rows].sum() > 0:
            precisions.append(average_precision(scores[rows], target[rows]))
    return tuple(precisions)


def _is_clear_lead(lead: NDArray[np.float64]) -> bool:
    """Whether the mean lead exceeds its standard error at one-sided 5 %.

    The horizons of neighbouring months overlap in two thirds of their days, so three months count
    as one observation.
    """
    if len(lead) < _MIN_MONTHS:
        return False
    error = float(lead.std(ddof=1)) / (len(lead) / _OVERLAPPING_MONTHS) ** 0.5
    return bool(lead.mean() > _STANDARD_ERRORS * error)


def _mean(row: NDArray[np.float64]) -> float:
    return float(row.mean()) if len(row) else 0.0
