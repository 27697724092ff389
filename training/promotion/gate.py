"""The promotion gate: whether a challenger replaces the champion.

On holdout months neither was fitted on, the challenger passes if it is no worse than the champion
in average precision and in precision on a list of the usual length, its probabilities are
calibrated, no group is warned too little, and no feature leaks. Every check stores its figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from models.registry import CHAMPION
from training.evaluation.bootstrap import Estimate, bootstrap_weights
from training.evaluation.calibration import RATIO_ALLOWED, SLOPE_ALLOWED, CalibrationReport
from training.evaluation.fairness import Fairness, unfair_figures
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import bootstrap_metrics, difference
from training.promotion.leakage import SuspiciousFeature

COMPARED = ("average_precision", "precision_capacity")

Grounds = Literal[
    "first_model", "few_events", "no_worse", "worse", "not_calibrated", "unfair", "too_good"
]
_GROUNDS_OF_FAILURE: Mapping[str, Grounds] = {
    "average_precision": "worse",
    "precision_capacity": "worse",
    "calibration": "not_calibrated",
    "fairness": "unfair",
    "leaks": "too_good",
}


@dataclass(frozen=True)
class Check:
    """The result of one check with its figures."""

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
    """The decision that follows from ``checks``.

    The ``first`` model passes even with failed checks, since nothing else could score; the checks
    are stored all the same. With ``few_events`` the scorecard is used and nothing is compared.
    """
    failed = [check.name for check in checks if not check.passed]
    if first:
        return Decision(True, "first_model", tuple(checks))
    if failed:
        return Decision(False, _GROUNDS_OF_FAILURE[failed[0]], tuple(checks))
    return Decision(True, "few_events" if few_events else "no_worse", tuple(checks))


def not_worse(predictions: Predictions, capacity: int, seed: int = 0) -> list[Check]:
    """Compare the challenger (:data:`MODEL`) with the champion on ``predictions``.

    It is worse if the whole interval of the difference is below 0. With fewer than 10 events there
    is no interval, and the challenger passes.
    """
    weights = bootstrap_weights(predictions.clusters, seed=seed)
    ours, theirs = (
        bootstrap_metrics(predictions, name, capacity, weights) for name in (MODEL, CHAMPION)
    )
    events = float(predictions.labels.sum())
    checks = []
    for metric in COMPARED:
        gap = difference(ours, theirs, metric, events)
        passed = gap.high is None or gap.high >= 0
        figures = {
            "challenger": float(ours[metric][0]),
            "champion": float(theirs[metric][0]),
            "difference": asdict(gap),
            "months": [day.isoformat() for day in predictions.months()],
        }
        checks.append(Check(metric, passed, figures))
    return checks


def is_calibrated(report: CalibrationReport) -> Check:
    """Check the ratio of mean probability to event rate, and the slope of the recalibration."""
    passed = _reaches(report.ratio, RATIO_ALLOWED) and _reaches(report.slope, SLOPE_ALLOWED)
    figures = {"ratio": asdict(report.ratio), "slope": asdict(report.slope)}
    allowed = {"ratio_allowed": RATIO_ALLOWED, "slope_allowed": SLOPE_ALLOWED}
    return Check("calibration", passed, {**figures, **allowed})


def is_fair(report: Fairness) -> Check:
    """Check that no group is warned too little."""
    unfair = unfair_figures(report)
    return Check("fairness", not unfair, {"groups": [asdict(figure) for figure in unfair]})


def no_leakage(suspicious: Sequence[SuspiciousFeature]) -> Check:
    """Check that no single feature separates events implausibly well."""
    figures = {"too_good": [asdict(feature) for feature in suspicious]}
    return Check("leaks", not suspicious, figures)


def _reaches(figure: Estimate, allowed: tuple[float, float]) -> bool:
    if figure.low is None or figure.high is None or np.isnan(figure.value):
        return True
    return figure.high >= allowed[0] and figure.low <= allowed[1]
