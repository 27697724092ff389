"""Section on the eight rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from risk.locale import text
from serving.briefings.facts import Facts, Rates
from serving.documents.builder import MIN_RATE_BASE, DocumentBuilder
from serving.documents.model import BarChart, Cell, Table

_LOW = 0.85
_MOVED = 0.02


def add_rates(builder: DocumentBuilder, facts: Facts, level: int = 1) -> None:
    """Add the rates by place of the newest month, the lowest rates and the changed ones."""
    builder.add_heading("rates", level)
    if facts.rates is None:
        builder.add_paragraph("no_rates")
        return
    names = [name for name in facts.settings.indicators.rates if name in facts.rates.whole]
    unknown = [name for name in facts.settings.indicators.rates if name not in names]
    builder.add_paragraph("rates_month", month=f"{facts.rates.month:%Y-%m}", rates=len(names))
    if unknown:
        builder.add_paragraph("rates_unknown", names=_named(builder, unknown))
    _add_low_rates(builder, facts.rates, names)
    _add_changed_rates(builder, facts, names)
    builder.add(_table(builder, facts.rates, names), _chart(builder, facts.rates, names))


def low_rates(rates: Rates, names: Sequence[str]) -> list[tuple[str, float]]:
    """Return the overall rates below the alert level, lowest first."""
    shares = [(name, _share(rates.whole, name)) for name in names]
    known = [(name, share) for name, share in shares if share is not None and share < _LOW]
    return sorted(known, key=lambda rate: rate[1])


def _add_low_rates(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> None:
    low = low_rates(rates, names)[:3]
    if not low:
        builder.add_paragraph("rates_fine", least=f"{_LOW:.0%}")
        return
    listed = [
        builder.text("rate_of", name=_name(builder, name), share=f"{share:.1%}")
        for name, share in low
    ]
    builder.add_paragraph("rates_low", listed=builder.text("comma").join(listed))


def _add_changed_rates(builder: DocumentBuilder, facts: Facts, names: Sequence[str]) -> None:
    if facts.rates is None or facts.rates_before is None:
        return
    for name in names:
        now, before = _share(facts.rates.whole, name), _share(facts.rates_before.whole, name)
        if now is None or before is None or abs(now - before) < _MOVED:
            continue
        due = min(facts.rates.whole[name][1], facts.rates_before.whole[name][1])
        builder.add_paragraph(
            "rate_rose" if now > before else "rate_fell",
            name=_name(builder, name),
            before=f"{before:.1%}",
            now=f"{now:.1%}",
            # Difference of the rounded shares, so that it equals what a reader subtracts.
            points=f"{abs(round(now * 100, 1) - round(before * 100, 1)):.1f}",
            few=builder.text("few_base") if due < MIN_RATE_BASE else "",
        )


def _table(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> Table:
    places = sorted(rates.places)
    return Table(
        builder.text("grids.rates"),
        (builder.text("heads.place"), *(_name(builder, name) for name in names)),
        tuple((builder.region_name(code), *_cells(rates.places[code], names)) for code in places),
        (builder.text("total"), *_cells(rates.whole, names)),
    )


def _chart(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> BarChart:
    shares = [(_name(builder, name), _share(rates.whole, name)) for name in names]
    known = [(name, share) for name, share in shares if share is not None]
    return BarChart(
        builder.text("charts.rates"),
        tuple(name for name, _ in known),
        (builder.text("charts.rate"),),
        tuple((round(100 * share, 1),) for _, share in known),
        "%",
        100.0,
    )


def _cells(rates: Mapping[str, tuple[int, int]], names: Sequence[str]) -> tuple[Cell, ...]:
    shares = [_share(rates, name) for name in names]
    return tuple(None if share is None else f"{share:.1%}" for share in shares)


def _share(rates: Mapping[str, tuple[int, int]], name: str) -> float | None:
    kept, due = rates.get(name, (0, 0))
    return kept / due if due else None


def _name(builder: DocumentBuilder, name: str) -> str:
    return text(f"pages.rates.{name}", builder.language)


def _named(builder: DocumentBuilder, names: Sequence[str]) -> str:
    return builder.text("comma").join(_name(builder, name) for name in names)
