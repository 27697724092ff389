"""May a challenger take the champion's place? Decided on months neither was grown on.

It passes when, on those months, it is no worse than the champion in average precision and in
precision on a list of the usual length, its probabilities mean what they say, it warns no group
too little, and no single feature knows too much. Every check leaves its figures as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from training.evaluation.bootstrap import Estimate
from training.evaluation.calibration import Reliability
from training.evaluation.fairness import Fairness, unfair
from training.evaluation.predictions import MODEL, Judged
from training.evaluation.report import difference, figures_drawn, resamples
from training.promotion.leakage import TooGood

CHAMPION = "champion"
COMPARED = ("average_precision", "precision_capacity")

RATIO_ALLOWED = (0.67, 1.5)
"""Mean probability over event rate; outside it tiers and expected numbers mislead. Expert
judgement; the check fails only when the whole interval lies outside."""

SLOPE_ALLOWED = (0.5, 2.0)
"""Slope of the recalibration; below it the probabilities are twice too far apart. As above."""

Grounds = Literal[
    "first_model", "few_events", "no_worse", "worse", "not_calibrated", "unfair", "too_good"
]
_FAILED: Mapping[str, Grounds] = {
    "average_precision": "worse",
    "precision_capacity": "worse",
    "calibration": "not_calibrated",
    "fairness": "unfair",
    "leaks": "too_good",
}


@dataclass(frozen=True)
class Check:
    """One check with the figures it rests on."""

    name: str
    passed: bool
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """Whether the gate passes, on which grounds, and all checks."""

    passed: bool
    grounds: Grounds
    checks: tuple[Check, ...]


def decide(checks: Sequence[Check], *, first: bool, few_events: bool) -> Decision:
    """The decision the checks lead to.

    A first model passes whatever the checks say, since nothing else could score; they are kept
    with it. ``few_events`` is the case in which the scorecard scores and nothing can be compared.
    """
    failed = [check.name for check in checks if not check.passed]
    if first:
        return Decision(True, "first_model", tuple(checks))
    if failed:
        return Decision(False, _FAILED[failed[0]], tuple(checks))
    return Decision(True, "few_events" if few_events else "no_worse", tuple(checks))


def no_worse(judged: Judged, places: int, seed: int = 0) -> list[Check]:
    """The challenger (:data:`MODEL`) against the champion on the rows of ``judged``.

    Worse means that the whole interval of the difference lies below 0. With fewer than 10 events
    it cannot be told, and the newer knowledge goes first.
    """
    weights = resamples(judged, seed=seed)
    ours, theirs = (figures_drawn(judged, name, places, weights) for name in (MODEL, CHAMPION))
    events = float(judged.happened.sum())
    checks = []
    for figure in COMPARED:
        gap = difference(ours, theirs, figure, events)
        passed = gap.high is None or gap.high >= 0
        figures = {
            "challenger": float(ours[figure][0]),
            "champion": float(theirs[figure][0]),
            "difference": asdict(gap),
            "months": [day.isoformat() for day in judged.months()],
        }
        checks.append(Check(figure, passed, figures))
    return checks


def calibrated(figures: Reliability) -> Check:
    """Whether mean and spread of the probabilities are in keeping with what came."""
    passed = _reaches(figures.ratio, RATIO_ALLOWED) and _reaches(figures.slope, SLOPE_ALLOWED)
    told = {"ratio": asdict(figures.ratio), "slope": asdict(figures.slope)}
    allowed = {"ratio_allowed": RATIO_ALLOWED, "slope_allowed": SLOPE_ALLOWED}
    return Check("calibration", passed, {**told, **allowed})


def fair(found: Fairness) -> Check:
    """Whether no group is warned too little."""
    groups = unfair(found)
    return Check("fairness", not groups, {"groups": [asdict(group) for group in groups]})


def honest(found: Sequence[TooGood]) -> Check:
    """Whether no single feature tells events apart too well to be true."""
    return Check("leaks", not found, {"too_good": [asdict(one) for one in found]})


def _reaches(figure: Estimate, allowed: tuple[float, float]) -> bool:
    if figure.low is None or figure.high is None or np.isnan(figure.value):
        return True
    return figure.high >= allowed[0] and figure.low <= allowed[1]
