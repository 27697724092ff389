"""The promotion gate: whether a challenger replaces the champion.

On holdout months neither was fitted on, the challenger passes if its average precision is not
inferior to the champion's by more than a margin, its precision on a list of the usual length is no
worse, its probabilities are calibrated, no group is warned too little, and no feature leaks. Every
check stores its figures. Where the events are too few to compare, the check is undecided: the same
recipe on newer data passes, a fitted model replaces the scorecard, and any other recipe does not.
Source: Piaggio et al., "Reporting of noninferiority and equivalence randomized trials", 2012.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from models.registry import CHAMPION
from training.evaluation.bootstrap import SEED, Estimate, bootstrap_weights, expanded_level
from training.evaluation.calibration import RATIO_ALLOWED, SLOPE_ALLOWED, CalibrationReport
from training.evaluation.fairness import Fairness, unfair_figures
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import bootstrap_metrics, difference
from training.promotion.leakage import SuspiciousFeature

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 0.2
"""Share of the champion's average precision that a challenger may lose and still pass."""

MIN_POWER = 0.5
"""Below this chance to pass an equal challenger the events are too few to compare."""

COMPARED = ("average_precision", "precision_capacity")

Grounds = Literal[
    "first_model",
    "stand_in",
    "few_events",
    "no_worse",
    "same_recipe",
    "more_events",
    "cannot_tell",
    "worse",
    "not_calibrated",
    "unfair",
    "too_good",
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
    """The result of one check with its figures.

    An ``undecided`` check neither passed nor failed.
    """

    name: str
    passed: bool
    figures: Mapping[str, Any]
    undecided: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether the gate passes, on which grounds, and all checks."""

    passed: bool
    grounds: Grounds
    checks: tuple[Check, ...]

    def failed_checks(self) -> tuple[str, ...]:
        """Names of the checks that failed; an undecided one did not."""
        return tuple(one.name for one in self.checks if not (one.passed or one.undecided))


def decide(
    checks: Sequence[Check],
    *,
    first: bool,
    few_events: bool,
    same_recipe: bool = False,
    over_scorecard: bool = False,
) -> Decision:
    """The decision that follows from ``checks``.

    The ``first`` model passes even with failed checks, since nothing else could score; the checks
    are stored all the same. With ``few_events`` the scorecard is used and nothing is compared.
    Undecided comparisons pass if the challenger has the ``same_recipe`` as the champion or if the
    champion is a scorecard (``over_scorecard``).
    """
    failed = [check.name for check in checks if not (check.passed or check.undecided)]
    if first:
        return Decision(True, "first_model", tuple(checks))
    if failed:
        return Decision(False, _GROUNDS_OF_FAILURE[failed[0]], tuple(checks))
    if few_events:
        return Decision(True, "few_events", tuple(checks))
    undecided = any(check.undecided for check in checks if check.name in COMPARED)
    grounds = _grounds(undecided, same_recipe, over_scorecard)
    return Decision(grounds != "cannot_tell", grounds, tuple(checks))


def _grounds(undecided: bool, same_recipe: bool, over_scorecard: bool) -> Grounds:
    if not undecided:
        return "no_worse"
    if same_recipe:
        return "same_recipe"
    return "more_events" if over_scorecard else "cannot_tell"


def not_worse(
    predictions: Predictions, capacity: int, seed: int = SEED, *, same_recipe: bool = False
) -> list[Check]:
    """Compare the challenger (:data:`MODEL`) with the champion on ``predictions``.

    Average precision passes if the interval of its difference is above minus :data:`MARGIN` of the
    champion's, fails if it is wholly below 0 or if an equal challenger would have passed, and is
    undecided otherwise. Precision on the list fails only if its interval is wholly below 0. Both
    are undecided with fewer than 10 events, and for the ``same_recipe``.
    """
    weights = bootstrap_weights(predictions.clusters, seed=seed)
    ours, theirs = (
        bootstrap_metrics(predictions, name, capacity, weights) for name in (MODEL, CHAMPION)
    )
    events = predictions.events
    checks = []
    for metric in COMPARED:
        gap = difference(ours, theirs, metric, events, predictions.event_clusters)
        margin = MARGIN * float(theirs[metric][0]) if metric == "average_precision" else None
        power = comparison_power(ours[metric] - theirs[metric], margin, predictions.event_clusters)
        figures = {
            "challenger": float(ours[metric][0]),
            "champion": float(theirs[metric][0]),
            "difference": asdict(gap),
            **({"margin": margin, **asdict(power)} if power else {}),
            "events": events,
            "months": [day.isoformat() for day in predictions.months()],
        }
        undecided = same_recipe or _is_undecided(gap, margin, power)
        passed = not undecided and _is_not_worse(gap, margin)
        checks.append(Check(metric, passed, figures, undecided))
    return checks


@dataclass(frozen=True)
class Power:
    """Chances that the check passes a challenger as good as the champion, and one half as good."""

    passes_equal: float
    passes_half: float


def comparison_power(
    gaps: NDArray[np.float64], margin: float | None, clusters: int
) -> Power | None:
    """The power of a comparison; None without a margin or where the resamples do not differ.

    ``gaps`` holds the difference, then its resamples; ``clusters`` is the number of those with an
    event, by which the interval of the difference is widened.
    """
    if margin is None:
        return None
    error = float(np.nanstd(gaps[1:]))
    if not error > 0:
        return None
    normal = NormalDist()
    bound = -normal.inv_cdf((1 - expanded_level(clusters)) / 2)
    lost = margin / MARGIN / 2
    return Power(
        normal.cdf(margin / error - bound),
        normal.cdf((margin - lost) / error - bound),
    )


def _is_not_worse(gap: Estimate, margin: float | None) -> bool:
    if gap.low is None or gap.high is None:
        return False
    return gap.high >= 0 if margin is None else gap.low >= -margin


def _is_undecided(gap: Estimate, margin: float | None, power: Power | None) -> bool:
    if gap.low is None or gap.high is None:
        return True
    if margin is None or gap.high < 0 or gap.low >= -margin:
        return False
    return power is not None and power.passes_equal < MIN_POWER


def is_calibrated(report: CalibrationReport) -> Check:
    """Check the ratio of mean probability to event rate, and the slope of the recalibration.

    Undecided where neither has an interval, as with fewer than 10 events.
    """
    reaches = _reaches(report.ratio, RATIO_ALLOWED) and _reaches(report.slope, SLOPE_ALLOWED)
    undecided = not (_can_tell(report.ratio) or _can_tell(report.slope))
    figures = {"ratio": asdict(report.ratio), "slope": asdict(report.slope)}
    allowed = {"ratio_allowed": RATIO_ALLOWED, "slope_allowed": SLOPE_ALLOWED}
    return Check("calibration", reaches and not undecided, {**figures, **allowed}, undecided)


def is_fair(report: Fairness) -> Check:
    """Check that no group is warned too little."""
    unfair = unfair_figures(report)
    return Check("fairness", not unfair, {"groups": [asdict(figure) for figure in unfair]})


def no_leakage(suspicious: Sequence[SuspiciousFeature]) -> Check:
    """Check that no single feature separates events implausibly well."""
    figures = {"too_good": [asdict(feature) for feature in suspicious]}
    return Check("leaks", not suspicious, figures)


def _can_tell(figure: Estimate) -> bool:
    return figure.low is not None


def _reaches(figure: Estimate, allowed: tuple[float, float]) -> bool:
    if figure.low is None or figure.high is None:
        return True
    return figure.high >= allowed[0] and figure.low <= allowed[1]
