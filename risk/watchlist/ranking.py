"""Ranking by probability or by expected workers; ties by project_id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Literal, Protocol

Order = Literal["probability", "expected_workers"]


class Rankable(Protocol):
    """Fields of a project that the ranking needs."""

    @property
    def project_id(self) -> str:
        """Id of the project."""

    @property
    def probability(self) -> float:
        """Probability of an arrears event within the horizon."""

    @property
    def workers(self) -> float | None:
        """People on site; None if unknown."""


def measures(projects: Iterable[Rankable], order: Order) -> Mapping[str, float]:
    """Value each project is ranked by: its probability, or probability x workers.

    Unknown is not zero: a project with an unknown number of workers gets the median of the known
    ones, so that withholding the number neither hides a project nor lifts it. If all are unknown,
    the order is that of the probability.
    """
    known = list(projects)
    if order == "probability":
        return {project.project_id: project.probability for project in known}
    counts = [project.workers for project in known if project.workers is not None]
    typical = median(counts) if counts else 1.0
    return {
        project.project_id: project.probability
        * (typical if project.workers is None else project.workers)
        for project in known
    }


def ordered(measure: Mapping[str, float], project_ids: Iterable[str]) -> list[str]:
    """``project_ids`` by descending measure, ties by project_id.

    >>> ordered({"b": 0.2, "a": 0.2, "c": 0.9}, ["a", "b", "c"])
    ['c', 'a', 'b']
    """
    return sorted(project_ids, key=lambda project_id: (-measure[project_id], project_id))
