"""Section on the eight rates, each of its newest known month, by count and by amount."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from risk.calendar.dates import add_months
from risk.indicators import COUNTERPARTS, LOW_SHARE, MIN_BASE, MONEY, Rate, has_base, is_short
from risk.locale import text
from serving.briefings.facts import Facts, Rates
from serving.documents.builder import MIN_RATE_BASE, DocumentBuilder
from serving.documents.model import BarChart, Cell, Table

_MOVED = Decimal(2)
"""Percentage points from which a change is told; smaller ones are left out."""
_CURRENT = 3
"""Months before the end of the period whose data are current; attendance comes a month later."""


def add_rates(builder: DocumentBuilder, facts: Facts, level: int = 1) -> None:
    """Add each rate of its newest known month, the short ones, the changed ones, and by place."""
    builder.add_heading("rates", level)
    wanted = facts.settings.indicators.rates
    names = [name for name in wanted if facts.rates and name in facts.rates.months]
    if facts.rates is None or not names:
        builder.add_paragraph("no_rates")
        return
    builder.add_paragraph("rates_months", months=_months(builder, facts.rates, names))
    if "labour_cost_passed_on" in names:
        grace = facts.settings.indicators.transfer_days
        builder.add_paragraph("rates_grace" if grace else "rates_no_grace", grace=grace)
    unknown = [name for name in wanted if name not in names]
    if unknown:
        builder.add_paragraph("rates_unknown", names=_names(builder, unknown))
    current = current_rates(facts)
    if stale := [name for name in names if name not in current]:
        builder.add_paragraph("rates_stale", names=_names(builder, stale), months=str(_CURRENT))
    if current:
        _add_short_rates(builder, facts.rates, current)
        _add_changed_rates(builder, facts.rates, current)
    builder.add(
        _table(builder, facts.rates, names, current).condensed(),
        _chart(builder, facts.rates, names),
    )
    places = sorted({place for place, _ in facts.rates.by_place})
    if len(places) > 1:
        builder.add(_place_table(builder, facts.rates, names, places))


def current_rates(facts: Facts) -> list[str]:
    """Return the rates of the office with data of one of the last months, in its order."""
    if facts.rates is None:
        return []
    first, months = add_months(facts.period.stop, -_CURRENT), facts.rates.months
    return [
        name for name in facts.settings.indicators.rates if months.get(name, dt.date.min) >= first
    ]


def short_rates(rates: Rates, names: Iterable[str]) -> list[tuple[str, float]]:
    """Return the rates that are short by count and by amount, lowest first."""
    known = [name for name in names if name in rates.months]
    short = [(name, _share(rates, name)) for name in known if is_short(name, rates.newest(name))]
    return sorted(short, key=lambda rate: rate[1])


def _share(rates: Rates, name: str) -> float:
    return rates.newest(name)[name].share or 0.0


def _months(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> str:
    """Name the months, newest first, with the rates of each but the newest."""
    found: dict[dt.date, list[str]] = defaultdict(list)
    for name in names:
        found[rates.months[name]].append(name)
    parts: list[str] = []
    for month in sorted(found, reverse=True):
        key = "rates_of_month" if not parts else "rates_of_earlier_month"
        fields = {"month": _month(builder, month), "rates": len(found[month])}
        parts.append(builder.text(key, names=_names(builder, found[month]), **fields))
    return builder.text("semicolon").join(parts)


def _add_short_rates(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> None:
    least, short = f"{LOW_SHARE:.0%}", short_rates(rates, names)
    few = [(name, _share(rates, name)) for name in names if _is_low_of_few(rates, name)]
    if short:
        builder.add_paragraph("rates_short", least=least, listed=_listed(builder, rates, short))
    elif not few:
        builder.add_paragraph("rates_fine", least=least)
    if few:
        fields = {"least": least, "most": str(MIN_BASE)}
        builder.add_paragraph("rates_few", listed=_listed(builder, rates, few), **fields)
    late = [(name, _share(rates, name)) for name in names if _is_late(rates, name)]
    if late:
        builder.add_paragraph("rates_late", least=least, listed=_listed(builder, rates, late))


def _is_late(rates: Rates, name: str) -> bool:
    """Whether a rate is low on its own basis only, by count or by amount."""
    other = rates.newest(name).get(COUNTERPARTS.get(name, ""))
    share = None if other is None else other.share
    low = _share(rates, name) < LOW_SHARE and has_base(name, rates.newest(name))
    return low and share is not None and share >= LOW_SHARE


def _is_low_of_few(rates: Rates, name: str) -> bool:
    """Whether a rate is low, of too few projects, people or payments to be called short."""
    return _share(rates, name) < LOW_SHARE and not has_base(name, rates.newest(name))


def _listed(builder: DocumentBuilder, rates: Rates, found: Sequence[tuple[str, float]]) -> str:
    parts = []
    for name, share in found:
        other = rates.newest(name).get(COUNTERPARTS.get(name, ""))
        fields = {"name": _name(builder, name), "share": f"{share:.1%}"}
        if other is None or other.share is None:
            parts.append(builder.text("rate_of", **fields))
        else:
            key = "rate_with_count" if name in MONEY else "rate_with_amount"
            parts.append(builder.text(key, other=f"{other.share:.1%}", **fields))
    return builder.text("comma").join(parts)


def _add_changed_rates(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> None:
    parts = []
    for name in names:
        now, before = rates.newest(name)[name], rates.before(name)
        if before is None or now.share is None or before.share is None:
            continue
        if abs(_points(now, before)) < _MOVED:
            continue
        few = name not in MONEY and min(now.due, before.due) < MIN_RATE_BASE
        key = "rate_rose" if now.share > before.share else "rate_fell"
        parts.append(
            builder.text(
                key,
                name=_name(builder, name),
                before=f"{before.share:.1%}",
                now=f"{now.share:.1%}",
                points=f"{abs(_points(now, before)):.1f}",
                few=builder.text("few_base") if few else "",
            )
        )
    if parts:
        key = "rates_changed_in_year" if rates.compared_months > 1 else "rates_changed"
        builder.add_paragraph(key, changes=builder.text("semicolon").join(parts))


def _points(now: Rate, before: Rate) -> Decimal:
    """Difference of the rounded shares in percentage points: what a reader subtracts."""
    return Decimal(f"{100 * (now.share or 0):.1f}") - Decimal(f"{100 * (before.share or 0):.1f}")


def _table(
    builder: DocumentBuilder, rates: Rates, names: Sequence[str], current: Sequence[str]
) -> Table:
    """The rates; those that are not ``current`` are not compared."""
    before = "year_month_before" if rates.compared_months > 1 else "month_before"
    heads = ("rate", "month", "base", "by_count", "by_amount", before, "points")
    return Table(
        builder.text("grids.rates"),
        tuple(builder.text(f"heads.{name}") for name in heads),
        tuple(_row(builder, rates, name, name in current) for name in names),
        widths=(3.4, 1.7, 1.3, 1.3, 1.3, 1.3, 1.5),
    )


def _row(builder: DocumentBuilder, rates: Rates, name: str, compared: bool) -> tuple[Cell, ...]:
    newest, other = rates.newest(name), COUNTERPARTS.get(name, "")
    count, amount = (other, name) if name in MONEY else (name, other)
    counted, before = newest.get(count), rates.before(name) if compared else None
    return (
        _name(builder, name),
        f"{rates.months[name]:%Y-%m}",
        counted.due if counted else None,
        _percent(counted),
        _percent(newest.get(amount)),
        _percent(before),
        None if before is None else f"{_points(newest[name], before):+.1f}",
    )


def _place_table(
    builder: DocumentBuilder, rates: Rates, names: Sequence[str], places: Sequence[str]
) -> Table:
    def cells(place: str) -> tuple[Cell, ...]:
        by_month = [rates.by_place.get((place, rates.months[name]), {}) for name in names]
        return tuple(_percent(of.get(name)) for of, name in zip(by_month, names, strict=True))

    return Table(
        builder.text("grids.rates_by_place"),
        (builder.text("heads.place"), *(_name(builder, name) for name in names)),
        tuple((builder.region_name(code), *cells(code)) for code in places),
        (builder.text("total"), *(_percent(rates.newest(name)[name]) for name in names)),
    )


def _chart(builder: DocumentBuilder, rates: Rates, names: Sequence[str]) -> BarChart:
    return BarChart(
        builder.text("charts.rates"),
        tuple(_name(builder, name) for name in names),
        (builder.text("charts.rate"),),
        tuple((round(100 * _share(rates, name), 1),) for name in names),
        "%",
        100.0,
        neutral=True,
    )


def _percent(rate: Rate | None) -> str | None:
    return None if rate is None or rate.share is None else f"{rate.share:.1%}"


def _month(builder: DocumentBuilder, month: dt.date) -> str:
    return builder.text("month", year=month.year, month=month.month)


def _name(builder: DocumentBuilder, name: str) -> str:
    return text(f"pages.rates.{name}", builder.language)


def _names(builder: DocumentBuilder, names: Sequence[str]) -> str:
    return builder.text("comma").join(_name(builder, name) for name in names)
