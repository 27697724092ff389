"""Layout of line plots drawn as SVG without scripts: one question a plot, few lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 420, 220
_LEFT, _RIGHT, _UPPER, _LOWER = 56, 40, 14, 30
_MOST_LABELS = 5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 4


@dataclass(frozen=True)
class Dot:
    """A value of a line at its place."""

    x: float
    y: float
    label: str
    value: float


@dataclass(frozen=True)
class Line:
    """A named line; ``runs`` are the ``points`` of its polylines, interrupted at unknown values."""

    name: str
    runs: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Tick:
    """A value of an axis and its place on it."""

    at: float
    value: float


@dataclass(frozen=True)
class Label:
    """A label below the axis, or a mark across the plot."""

    at: float
    text: str


@dataclass(frozen=True)
class LinePlot:
    """Everything the template draws, and the values for its table."""

    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    marks: tuple[Label, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    upper: int = _UPPER
    base: int = HEIGHT - _LOWER


def line_plot(
    labels: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    top: float | None = None,
    marks: Mapping[str, str] | None = None,
) -> LinePlot | None:
    """Return the plot of ``series``, each with a value for every label; None without any value.

    The scale begins at 0 and ends at ``top``, or at a round number above the largest value.
    ``marks`` has texts by the label at which a vertical line is drawn.
    """
    known = [value for values in series.values() for value in values if value is not None]
    if not labels or not known:
        return None
    step = _step((top if top is not None else max(known)) / _TICKS)
    most = top if top is not None else step * max(1, math.ceil(max(known) / step - 1e-9))

    def x(number: int) -> float:
        span = WIDTH - _LEFT - _RIGHT
        share = 0.5 if len(labels) == 1 else number / (len(labels) - 1)
        return round(_LEFT + span * share, 1)

    def y(value: float) -> float:
        return round(HEIGHT - _LOWER - (HEIGHT - _LOWER - _UPPER) * value / most, 1)

    lines = []
    for name, values in series.items():
        dots = [
            Dot(x(number), y(value), labels[number], value) if value is not None else None
            for number, value in enumerate(values)
        ]
        lines.append(Line(name, _runs(dots), tuple(dot for dot in dots if dot is not None)))
    every = math.ceil(len(labels) / _MOST_LABELS)
    return LinePlot(
        lines=tuple(lines),
        ticks=tuple(Tick(y(value), value) for value in _ticks(step, most)),
        labels=tuple(Label(x(n), text) for n, text in enumerate(labels) if n % every == 0),
        marks=tuple(Label(x(n), marks[t]) for n, t in enumerate(labels) if marks and t in marks),
        rows=tuple(
            (label, tuple(values[number] for values in series.values()))
            for number, label in enumerate(labels)
        ),
    )


def _runs(dots: Sequence[Dot | None]) -> tuple[str, ...]:
    runs: list[list[Dot]] = [[]]
    for dot in dots:
        if dot is None:
            runs.append([])
        else:
            runs[-1].append(dot)
    return tuple(" ".join(f"{dot.x},{dot.y}" for dot in run) for run in runs if len(run) > 1)


def _step(least: float) -> float:
    """Return the round number of the form 1, 2, 2.5 or 5 times a power of ten from ``least`` up."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def _ticks(step: float, most: float) -> list[float]:
    return [step * number for number in range(round(most / step) + 1)]
