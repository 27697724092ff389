"""Start a race and count what its visits found.

The picks of both arms are visited in one random order that does not show who picked what, so that
inspectors look as closely at the one as at the other.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from random import Random
from typing import Any, Literal

from risk.watchlist.sealed_document import Sealed, seal
from serving.errors import CommandError
from training.evaluation.sample_size import visits_to_tell_apart

Arm = Literal["model", "inspectors"]
ARMS: tuple[Arm, ...] = ("model", "inspectors")

_LEVEL = 0.95


class PicksInvalid(CommandError):
    """The inspectors' picks cannot be used. Carries ``problems``, one a line."""

    code = "race_picks_invalid"


class RaceOpen(CommandError):
    """Not all projects of a race were visited. Carries ``visited`` and ``total``."""

    code = "race_open"


@dataclass(frozen=True)
class Visit:
    """The first inspection of a project since the race began."""

    project_id: str
    arrears_found: bool


@dataclass(frozen=True)
class ArmResult:
    """Picks of one arm, how many were visited, and at how many arrears were found.

    ``low`` and ``high`` are the exact 95 % interval of the share found; None without a visit.
    """

    picks: int
    visited: int
    found: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """Share of the visits that found arrears; None without a visit."""
        return self.found / self.visited if self.visited else None


@dataclass(frozen=True)
class RaceResult:
    """The result by arm; a project both arms picked counts in both.

    ``shared`` is the number of such projects. ``p_value`` is that of Fisher's exact test on the
    projects of one arm only. ``visits_needed`` per arm would show a difference such as the observed
    one in four of five races; None if there is none.
    """

    arms: Mapping[Arm, ArmResult]
    shared: int
    p_value: float
    visits_needed: int | None


def parse_picks(text: str, headings: Sequence[str]) -> list[str]:
    """Project ids in the first column of a text, one a line; a heading line is left out.

    >>> parse_picks("project_id,why\\nP-1,late\\n\\nP-2\\nP-1\\n", ["project_id"])
    ['P-1', 'P-2']
    """
    cells = [line.replace("\t", ",").split(",")[0].strip().strip('"') for line in text.splitlines()]
    if cells and cells[0] in headings:
        cells = cells[1:]
    return list(dict.fromkeys(cell for cell in cells if cell))


def make_race(ranked: Sequence[str], picks: Sequence[str], list_digest: str, seed: int) -> Sealed:
    """The race of the inspectors' ``picks`` and as many projects from the top of ``ranked``.

    Raises:
        PicksInvalid: no picks, or projects the list did not score; all are named.
    """
    unknown = sorted(set(picks) - set(ranked))
    if unknown or not picks:
        raise PicksInvalid(problems=_problems(unknown, ranked) or "–")
    model = list(ranked[: len(picks)])
    order = sorted({*model, *picks})
    Random(seed).shuffle(order)  # noqa: S311 the order need not be secret, only the arms
    return seal(
        {"list_digest": list_digest, "model": model, "inspectors": list(picks), "order": order}
    )


def order_of(sealed: Sealed) -> list[str]:
    """The projects of a race in the order of the visits."""
    return list(_document(sealed)["order"])


def race_result(sealed: Sealed, visits: Sequence[Visit], *, early: bool = False) -> RaceResult:
    """The result by arm.

    Raises:
        RaceOpen: a project was not visited yet, and ``early`` is false.
    """
    document = _document(sealed)
    found = {visit.project_id: visit.arrears_found for visit in visits}
    visited = sum(project in found for project in document["order"])
    if visited < len(document["order"]) and not early:
        raise RaceOpen(visited=visited, total=len(document["order"]))
    arms = {arm: _arm(document[arm], found) for arm in ARMS}
    shared = set(document["model"]) & set(document["inspectors"])
    alone = [_arm([p for p in document[arm] if p not in shared], found) for arm in ARMS]
    return RaceResult(arms, len(shared), _p_value(alone), _visits_needed(alone))


def first_visits(rows: Sequence[tuple[str, dt.date, bool]], since: dt.date) -> list[Visit]:
    """The first inspection of each project on or after ``since``."""
    firsts: dict[str, Visit] = {}
    for project_id, on, arrears_found in sorted(rows, key=lambda row: row[1]):
        if on >= since:
            firsts.setdefault(project_id, Visit(project_id, arrears_found))
    return list(firsts.values())


def _arm(picks: Sequence[str], found: Mapping[str, bool]) -> ArmResult:
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    visited = [project for project in picks if project in found]
    hits = sum(found[project] for project in visited)
    if not visited:
        return ArmResult(len(picks), 0, 0, None, None)
    interval = binomtest(hits, len(visited)).proportion_ci(_LEVEL, method="exact")
    return ArmResult(len(picks), len(visited), hits, float(interval.low), float(interval.high))


def _p_value(alone: Sequence[ArmResult]) -> float:
    from scipy.stats import fisher_exact

    table = [[one.found, one.visited - one.found] for one in alone]
    return float(fisher_exact(table)[1])


def _visits_needed(alone: Sequence[ArmResult]) -> int | None:
    one, other = (result.share for result in alone)
    return (
        None if one is None or other is None or one == other else visits_to_tell_apart(one, other)
    )


def _problems(unknown: Sequence[str], ranked: Sequence[str]) -> str:
    lines = []
    for project in unknown:
        near = ", ".join(get_close_matches(project, ranked, n=3)) or "–"
        lines.append(f"- {project} ({near})")
    return "\n".join(lines)


def _document(sealed: Sealed) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sealed.body)
    return document
