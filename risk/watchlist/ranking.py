"""Ranking by probability, by expected workers, by red flags or at random."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import Literal, Protocol, get_args

Order = Literal["probability", "probability_then_rules", "expected_workers", "rules", "random"]
"""``probability`` and ``expected_workers`` break ties by project_id; ``probability_then_rules`` by
the weight of the red flags, then at random; ``rules`` puts the red flags first.
"""

ORDERS: tuple[Order, ...] = get_args(Order)


class Rankable(Protocol):
    """Fields of a project that the ranking needs."""

    @property
    def project_id(self) -> str:
        """Id of the project."""

    @property
    def probability(self) -> float:
        """Probability of an arrears event within the horizon."""

    @property
    def flags(self) -> int:
        """Weight of the red flags."""

    @property
    def workers(self) -> float | None:
        """People on site; None if unknown."""


def measures(projects: Iterable[Rankable], order: Order) -> Mapping[str, float]:
    """Value each project is ranked by: probability, probability x workers, or red flags.

    Unknown is not zero: a project with an unknown number of workers gets the median of the known
    ones, so that withholding the number neither hides a project nor lifts it. If all are unknown,
    the order is that of the probability.
    """
    known = list(projects)
    if order == "rules":
        return {project.project_id: float(project.flags) for project in known}
    if order == "random":
        return {project.project_id: 0.0 for project in known}
    if order != "expected_workers":
        return {project.project_id: project.probability for project in known}
    counts = [project.workers for project in known if project.workers is not None]
    typical = median(counts) if counts else 1.0
    return {
        project.project_id: project.probability
        * (typical if project.workers is None else project.workers)
        for project in known
    }


def rank_keys(
    projects: Iterable[Rankable], order: Order, draw_key: Callable[[str], str]
) -> Mapping[str, tuple[float, float, str]]:
    """Sort key of each project, lowest first; ``draw_key`` maps an id to its place in a draw."""
    known = list(projects)
    measure = measures(known, order)
    if order == "probability_then_rules":
        seconds = {project.project_id: -float(project.flags) for project in known}
    elif order == "rules":
        seconds = {project.project_id: -project.probability for project in known}
    else:
        seconds = dict.fromkeys(measure, 0.0)
    drawn = order in ("probability_then_rules", "rules", "random")
    return {key: (-measure[key], seconds[key], draw_key(key) if drawn else key) for key in measure}
