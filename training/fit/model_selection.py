"""Which way of fitting served the past best? Judged over several past months, never the best one.

A candidate's regret in a month is how much average precision it lost against the best candidate of
that month. The way in use stays unless another has a smaller mean regret, is no worse in its worst
month, and is ahead by more than the months differ among themselves; then the smallest mean regret
is taken. Tried often enough something always looks good once, so being ahead by chance must not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from training.dataset.training_set import Lessons
from training.evaluation.metrics import average_precision
from training.fit.out_of_time import AnyRecipe, best_stage, recent, score_forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STANDARD_ERRORS = 1.64
"""One-sided 5 %."""


@dataclass(frozen=True)
class Candidate:
    """A way of fitting and its average precision in each judged month with events.

    ``forward`` are the scores it was judged by, where they are still at hand.
    """

    name: str
    recipe: AnyRecipe
    by_month: tuple[float, ...]
    forward: NDArray[np.float64] | None = field(default=None, compare=False, repr=False)

    @property
    def mean(self) -> float:
        """Mean average precision over the months."""
        return float(np.mean(self.by_month)) if self.by_month else float("nan")


@dataclass(frozen=True)
class Regret:
    """Of one candidate over all judged months."""

    name: str
    average_precision: float
    mean: float
    worst: float


@dataclass(frozen=True)
class Choice:
    """The candidate taken, and the regrets of all, least mean regret first."""

    chosen: Candidate
    regrets: tuple[Regret, ...]
    months: int

    def to_document(self) -> dict[str, Any]:
        """As plain data for the model's papers."""
        return {
            "chosen": self.chosen.name,
            "recipe": asdict(self.chosen.recipe),
            "months": self.months,
            "regrets": [asdict(one) for one in self.regrets],
        }


def judge(lessons: Lessons, name: str, recipe: AnyRecipe) -> Candidate:
    """``recipe`` on the later months of the lessons, each scored by what saw only earlier ones."""
    out = score_forward(lessons, recipe)
    rows = recent(lessons.matrix.as_ofs, lessons.target, ~np.isnan(out[:, 0]))
    _, scores = best_stage(out[rows], lessons.target[rows])
    months = _by_month(lessons.matrix.as_ofs[rows], scores, lessons.target[rows])
    return Candidate(name, recipe, months, out)


def choose(candidates: Sequence[Candidate]) -> Choice:
    """The candidate to use; the first one is the way in use and stays unless clearly beaten."""
    table = np.array([one.by_month for one in candidates])
    regrets = table.max(axis=0) - table if table.size else np.zeros((len(candidates), 0))
    told = [
        Regret(one.name, one.mean, _mean(row), float(row.max(initial=0.0)))
        for one, row in zip(candidates, regrets, strict=True)
    ]
    chosen = 0
    for number in range(1, len(candidates)):
        better = told[number].mean < told[chosen].mean
        no_worse = told[number].worst <= told[0].worst
        if better and no_worse and _clearly(table[number] - table[0]):
            chosen = number
    ordered = sorted(told, key=lambda one: (one.mean, one.worst, one.name))
    return Choice(candidates[chosen], tuple(ordered), table.shape[1] if table.size else 0)


def _by_month(
    as_ofs: NDArray[np.datetime64], scores: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[float, ...]:
    found = []
    for month in np.unique(as_ofs):
        rows = as_ofs == month
        if target[rows].sum() > 0:
            found.append(average_precision(scores[rows], target[rows]))
    return tuple(found)


def _clearly(ahead: NDArray[np.float64]) -> bool:
    """Whether the mean lead exceeds its error; months that share a horizon count as one of three.

    Outcomes of neighbouring months overlap in two thirds of their days.
    """
    if len(ahead) < 4:
        return False
    error = float(ahead.std(ddof=1)) / (len(ahead) / 3) ** 0.5
    return bool(ahead.mean() > _STANDARD_ERRORS * error)


def _mean(row: NDArray[np.float64]) -> float:
    return float(row.mean()) if len(row) else 0.0
