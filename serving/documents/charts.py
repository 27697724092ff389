"""Bars as SVG: told apart by hatching as well as by colour, so that black and white will do."""

from __future__ import annotations

from xml.sax.saxutils import escape

from serving.documents.model import Bars
from serving.documents.sanitize import clean

WIDTH = 640
_ROW, _BAR, _LABEL, _RIGHT, _TOP = 26, 17, 190, 56, 34
_FONT = "Noto Sans CJK SC, SimHei, Microsoft YaHei, PingFang SC, sans-serif"
_TINTS = ("#8c1c13", "#e08a3c", "#f3d999", "#b7cde6")
_HATCHES = (
    "",
    '<path d="M0 6L6 0M-1 1L1 -1M5 7L7 5" stroke="#5a2d00" stroke-width="1"/>',
    '<circle cx="3" cy="3" r="1" fill="#6b5200"/>',
    '<path d="M0 3H6" stroke="#22405f" stroke-width="1"/>',
)


def bars_svg(chart: Bars) -> str:
    """The chart as SVG, one bar a label, its parts side by side."""
    totals = [sum(parts) for parts in chart.amounts]
    top = chart.top or max([*totals, 1.0])
    height = _TOP + _ROW * len(chart.labels) + 8
    across = WIDTH - _LABEL - _RIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" font-family="{_FONT}" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f"<defs>{''.join(_pattern(i) for i in range(len(chart.series)))}</defs>",
        *_legend(chart),
    ]
    for row, (label, parts) in enumerate(zip(chart.labels, chart.amounts, strict=True)):
        y = _TOP + row * _ROW
        lines.append(_text(_LABEL - 8, y + 14, _short(label), anchor="end"))
        x = float(_LABEL)
        for place, amount in enumerate(parts):
            width = across * amount / top
            if width > 0:
                lines.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}"'
                    f' fill="url(#h{place})" stroke="#333333" stroke-width="0.6"/>'
                )
            x += width
        shown = f"{totals[row]:g}{chart.unit if chart.unit == '%' else ''}"
        lines.append(_text(x + 6, y + 14, shown))
    return "\n".join([*lines, "</svg>"])


def _pattern(place: int) -> str:
    tint, hatch = _TINTS[place % len(_TINTS)], _HATCHES[place % len(_HATCHES)]
    return (
        f'<pattern id="h{place}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{tint}"/>{hatch}</pattern>'
    )


def _legend(chart: Bars) -> list[str]:
    if len(chart.series) < 2:
        return []
    parts, x = [], _LABEL
    for place, name in enumerate(chart.series):
        parts.append(
            f'<rect x="{x}" y="8" width="18" height="12" fill="url(#h{place})"'
            ' stroke="#333333" stroke-width="0.6"/>'
        )
        parts.append(_text(x + 24, 19, name))
        x += 40 + 14 * len(name)
    return parts


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    shown = escape(clean(words))
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="#111111">{shown}</text>'


def _short(label: str, most: int = 14) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
