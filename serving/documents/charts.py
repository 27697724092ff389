"""Charts as SVG. Bars differ in hatching as well as in colour, so they can be printed in grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from serving.documents.model import BarChart
from serving.documents.sanitize import xml_safe

WIDTH = 640
_ROW, _BAR, _LABEL, _RIGHT, _TOP = 26, 17, 190, 56, 34
_LATIN = "\u024f"
_FONT = "Noto Sans CJK SC, SimHei, Microsoft YaHei, PingFang SC, sans-serif"
_NEUTRAL = ("#b7cde6",)
_TINTS = ("#8c1c13", "#e08a3c", "#f3d999", "#b7cde6")
_HATCHES = (
    "",
    '<path d="M0 6L6 0M-1 1L1 -1M5 7L7 5" stroke="#5a2d00" stroke-width="1"/>',
    '<circle cx="3" cy="3" r="1" fill="#6b5200"/>',
    '<path d="M0 3H6" stroke="#22405f" stroke-width="1"/>',
)


def bar_chart_svg(chart: BarChart) -> str:
    """Return the chart as SVG: one bar per label, its parts side by side."""
    totals = [sum(parts) for parts in chart.amounts]
    top = chart.maximum or max([*totals, 1.0])
    height = _TOP + _ROW * len(chart.labels) + 8
    across = WIDTH - _LABEL - _RIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" font-family="{_FONT}" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f"<defs>{''.join(_pattern(i, chart.neutral) for i in range(len(chart.series)))}</defs>",
        *_legend(chart),
    ]
    for row, (label, parts) in enumerate(zip(chart.labels, chart.amounts, strict=True)):
        y = _TOP + row * _ROW
        lines.append(_text(_LABEL - 8, y + 14, _shorten(label), anchor="end"))
        x = float(_LABEL)
        for index, amount in enumerate(parts):
            width = across * amount / top
            if width > 0:
                lines.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}"'
                    f' fill="url(#h{index})" stroke="#333333" stroke-width="0.6"/>'
                )
            x += width
        shown = f"{totals[row]:.1f}%" if chart.unit == "%" else f"{totals[row]:g}"
        lines.append(_text(x + 6, y + 14, shown))
    return "\n".join([*lines, "</svg>"])


def _pattern(index: int, neutral: bool) -> str:
    tints = _NEUTRAL if neutral else _TINTS
    tint, hatch = tints[index % len(tints)], _HATCHES[index % len(_HATCHES)]
    return (
        f'<pattern id="h{index}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{tint}"/>{hatch}</pattern>'
    )


def _legend(chart: BarChart) -> list[str]:
    if len(chart.series) < 2:
        return []
    parts, x = [], _LABEL
    for index, name in enumerate(chart.series):
        parts.append(
            f'<rect x="{x}" y="8" width="18" height="12" fill="url(#h{index})"'
            ' stroke="#333333" stroke-width="0.6"/>'
        )
        parts.append(_text(x + 24, 19, name))
        x += 40 + 14 * len(name)
    return parts


def _text(x: float, y: float, value: str, anchor: str = "start") -> str:
    safe = escape(xml_safe(value))
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="#111111">{safe}</text>'


def _shorten(label: str, width: int = 28) -> str:
    """Return what fits before the bars; a Chinese character is twice as wide as a Latin one.

    >>> _shorten("Wages paid monthly in full"), _shorten("模拟市" * 5)
    ('Wages paid monthly in full', '模拟市模拟市模拟市模拟市模…')
    """
    if _width(label) <= width:
        return label
    return f"{next(label[:n] for n in range(len(label), 0, -1) if _width(label[:n]) < width - 1)}…"


def _width(label: str) -> int:
    return sum(2 if letter > _LATIN else 1 for letter in label)


@dataclass(frozen=True)
class CalibrationPoint:
    """Mean prediction and observed rate of a bin, with the interval of the rate if known."""

    predicted: float
    observed: float
    low: float | None = None
    high: float | None = None


_PLOT_WIDTH, _PLOT_HEIGHT = 520, 420
_PLOT_LEFT, _PLOT_RIGHT, _PLOT_TOP, _PLOT_BOTTOM = 72, 20, 16, 56
_AXIS, _GRID, _POINT = "#333333", "#e5e7eb", "#0969da"


def calibration_svg(
    points: Sequence[CalibrationPoint], title: str, description: str, x_label: str, y_label: str
) -> str:
    """Return observed rates against mean predictions as SVG.

    Vertical bars are intervals; on the dashed diagonal prediction and observation agree.
    ``title`` and ``description`` are for screen readers.
    """
    values = [v for p in points for v in (p.predicted, p.observed, p.high or 0.0)]
    scale = _SquareScale(max([0.01, *values]) * 1.05)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_PLOT_WIDTH}'
        f' {_PLOT_HEIGHT}" width="{_PLOT_WIDTH}" height="{_PLOT_HEIGHT}"'
        f' font-family="{_FONT}" font-size="13">',
        f"<title>{escape(xml_safe(title))}</title>",
        f"<desc>{escape(xml_safe(description))}</desc>",
        f'<rect width="{_PLOT_WIDTH}" height="{_PLOT_HEIGHT}" fill="#ffffff"/>',
        *_axes(scale, x_label, y_label),
        _line(scale.x(0), scale.y(0), scale.x(scale.top), scale.y(scale.top), "#8c959f", dash=True),
    ]
    for point in points:
        x = scale.x(point.predicted)
        if point.low is not None and point.high is not None:
            lines.append(_line(x, scale.y(point.low), x, scale.y(point.high), _POINT, width=2))
        y = scale.y(point.observed)
        lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_POINT}"/>')
    return "\n".join([*lines, "</svg>"])


@dataclass(frozen=True)
class _SquareScale:
    """Maps both axes from 0 to ``top`` to pixels of the plot."""

    top: float

    def x(self, value: float) -> float:
        return _PLOT_LEFT + value / self.top * (_PLOT_WIDTH - _PLOT_LEFT - _PLOT_RIGHT)

    def y(self, value: float) -> float:
        base = _PLOT_HEIGHT - _PLOT_BOTTOM
        return base - value / self.top * (base - _PLOT_TOP)

    def ticks(self) -> list[float]:
        """Return up to ten multiples of 1, 2 or 5 times a power of ten."""
        rough = self.top / 9
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
        return [index * step for index in range(int(self.top / step + 1e-9) + 1)]


def _axes(scale: _SquareScale, x_label: str, y_label: str) -> list[str]:
    left, right = scale.x(0), scale.x(scale.top)
    base, upper = scale.y(0), scale.y(scale.top)
    parts = []
    for tick in scale.ticks():
        x, y = scale.x(tick), scale.y(tick)
        parts += [_line(x, base, x, upper, _GRID), _line(left, y, right, y, _GRID)]
        parts.append(_text(x, base + 18, f"{tick:g}", anchor="middle"))
        parts.append(_text(left - 8, y + 4, f"{tick:g}", anchor="end"))
    parts += [_line(left, base, right, base, _AXIS), _line(left, base, left, upper, _AXIS)]
    parts.append(_text((left + right) / 2, _PLOT_HEIGHT - 12, x_label, anchor="middle"))
    turned = _text(0, 0, y_label, anchor="middle")
    parts.append(f'<g transform="translate(18 {(base + upper) / 2:.1f}) rotate(-90)">{turned}</g>')
    return parts


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: bool = False
) -> str:
    dashes = ' stroke-dasharray="6 4"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' stroke="{colour}" stroke-width="{width:g}"{dashes}/>'
    )
