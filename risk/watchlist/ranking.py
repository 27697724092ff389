"""The order of a list: by probability or by expected workers, ties by project_id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Literal, Protocol

Order = Literal["probability", "expected_workers"]


class Rankable(Protocol):
    """What an order needs to know of a project."""

    @property
    def project_id(self) -> str:
        """Its code."""

    @property
    def probability(self) -> float:
        """Chance of an arrears event within the horizon."""

    @property
    def workers(self) -> float | None:
        """People on site; None where unknown."""


def measures(projects: Iterable[Rankable], order: Order) -> Mapping[str, float]:
    """What each project is ordered by: its probability, or probability x workers.

    Unknown is not zero: a project whose workers are unknown counts with the median of those
    known, so that keeping the number back neither hides a project nor lifts it. Where nobody's
    is known the order is that of the probability.
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
    """``project_ids``, the greatest measure first, ties by project_id.

    >>> ordered({"b": 0.2, "a": 0.2, "c": 0.9}, ["a", "b", "c"])
    ['c', 'a', 'b']
    """
    return sorted(project_ids, key=lambda project_id: (-measure[project_id], project_id))
