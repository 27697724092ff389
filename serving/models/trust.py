"""How far a model may be trusted, from its backtest: a sentence, plots, and what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from serving.web.line_plot import LinePlot, line_plot

Document = Mapping[str, Any]
Lean = Literal["low", "high", "fits", "unknown"]

_SIZE, _LEFT, _RIGHT, _UPPER, _LOWER = 380, 62, 14, 18, 52
_PRECISION = "precision_capacity"
_OTHERS = ("rules", "random")


@dataclass(frozen=True)
class HitRates:
    """Of how many visits one finds arrears: on the list, and by ``rules`` and at ``random``.

    None where a method found nothing or was not judged. ``lean``: whether the probabilities of the
    highest group were too low, too high, or within their interval.
    """

    listed: float
    rules: float | None
    random: float | None
    lean: Lean


@dataclass(frozen=True)
class Bin:
    """A group of projects in the plot of calibration, with shares and places."""

    x: float
    y: float
    low: float | None
    high: float | None
    said: float
    observed: float
    rows: int
    events: int


@dataclass(frozen=True)
class CalibrationPlot:
    """Groups by predicted probability; both axes run from 0 to ``top``."""

    bins: Sequence[Bin]
    top: float
    ticks: Sequence[tuple[float, float, float]]
    size: int = _SIZE
    left: int = _LEFT
    right: int = _SIZE - _RIGHT
    upper: int = _UPPER
    base: int = _SIZE - _LOWER


def hit_rates(evidence: Document) -> HitRates | None:
    """Return the hit rates of a backtest; None if its list found nothing."""
    listed = _one_in(evidence, "model")
    if listed is None:
        return None
    rules, random = (_one_in(evidence, name) for name in _OTHERS)
    return HitRates(listed, rules, random, _lean(_bins(evidence)))


def calibration_plot(evidence: Document) -> CalibrationPlot | None:
    """Return the plot of calibration; None without groups. Intervals lie within the frame."""
    bins = _bins(evidence)
    if not bins:
        return None
    tallest = max(
        max(one["mean_probability"], one["observed"]["value"], one["observed"]["high"] or 0.0)
        for one in bins
    )
    top = min(1.0, _round_up(tallest * 1.05))
    across, up = _SIZE - _LEFT - _RIGHT, _SIZE - _LOWER - _UPPER

    def x(share: float) -> float:
        return round(_LEFT + across * share / top, 1)

    def y(share: float) -> float:
        return round(_SIZE - _LOWER - up * share / top, 1)

    placed = [
        Bin(
            x=x(one["mean_probability"]),
            y=y(one["observed"]["value"]),
            low=None if one["observed"]["low"] is None else y(max(one["observed"]["low"], 0.0)),
            high=None if one["observed"]["low"] is None else y(one["observed"]["high"]),
            said=one["mean_probability"],
            observed=one["observed"]["value"],
            rows=one["rows"],
            events=round(one["observed"]["positives"]),
        )
        for one in bins
    ]
    shares = [top * number / 5 for number in range(6)]
    return CalibrationPlot(placed, top, [(x(share), y(share), share) for share in shares])


def precision_plot(evidence: Document) -> LinePlot | None:
    """Return the precision of each month's list, of the model and of the rules; None if unknown."""
    months = evidence.get("by_month") or ()
    names = [name for name in ("model", "rules") if any(name in m["precision"] for m in months)]
    return line_plot(
        [month["as_of"][:7] for month in months],
        {name: [month["precision"].get(name) for month in months] for name in names},
    )


def list_changes(kinds: Mapping[str, int], gone: int) -> Mapping[str, int]:
    """Return how many entries of a list are new, higher, lower or the same, and how many left."""
    return {**{kind: kinds.get(kind, 0) for kind in ("new", "up", "down", "same")}, "gone": gone}


def _one_in(evidence: Document, contender: str) -> float | None:
    figure = evidence["figures"].get(contender, {}).get(_PRECISION)
    value = figure["value"] if figure else None
    return 1 / value if value else None


def _bins(evidence: Document) -> list[Document]:
    return [one for one in (evidence.get("calibration") or {}).get("bins", ()) if one["rows"]]


def _lean(bins: Sequence[Document]) -> Lean:
    """Compare what happened in the highest group with what was said of it."""
    if not bins:
        return "unknown"
    highest = max(bins, key=lambda one: one["mean_probability"])
    said, low, high = (
        highest["mean_probability"],
        highest["observed"]["low"],
        highest["observed"]["high"],
    )
    if low is None:
        return "unknown"
    return "low" if said < low else "high" if said > high else "fits"


def _round_up(share: float) -> float:
    return next((top for top in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if share <= top), 1.0)
