"""The section on the eight rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from risk.locale import text
from serving.briefings.facts import Facts, Rates
from serving.documents.builder import TOO_FEW, Teller
from serving.documents.model import Bars, Cell, Grid

_LOW = 0.85
_MOVED = 0.02


def tell_rates(builder: Teller, facts: Facts, level: int = 1) -> None:
    """The rates by place for the newest month, what is lowest and what moved."""
    builder.heading("rates", level)
    if facts.rates is None:
        builder.say("no_rates")
        return
    names = [name for name in facts.settings.indicators.rates if name in facts.rates.whole]
    unknown = [name for name in facts.settings.indicators.rates if name not in names]
    builder.say("rates_month", month=f"{facts.rates.month:%Y-%m}", rates=len(names))
    if unknown:
        builder.say("rates_unknown", names=_named(builder, unknown))
    _tell_low(builder, facts.rates, names)
    _tell_moved(builder, facts, names)
    builder.put(_grid(builder, facts.rates, names), _chart(builder, facts.rates, names))


def low_rates(rates: Rates, names: Sequence[str]) -> list[tuple[str, float]]:
    """Rates of all places together below what should worry, the lowest first."""
    shares = [(name, _share(rates.whole, name)) for name in names]
    known = [(name, one) for name, one in shares if one is not None and one < _LOW]
    return sorted(known, key=lambda one: one[1])


def _tell_low(builder: Teller, rates: Rates, names: Sequence[str]) -> None:
    low = low_rates(rates, names)[:3]
    if not low:
        builder.say("rates_fine", least=f"{_LOW:.0%}")
        return
    listed = [
        builder.word("rate_of", name=_name(builder, name), share=f"{share:.1%}")
        for name, share in low
    ]
    builder.say("rates_low", listed=builder.word("comma").join(listed))


def _tell_moved(builder: Teller, facts: Facts, names: Sequence[str]) -> None:
    if facts.rates is None or facts.rates_before is None:
        return
    for name in names:
        now, before = _share(facts.rates.whole, name), _share(facts.rates_before.whole, name)
        if now is None or before is None or abs(now - before) < _MOVED:
            continue
        due = min(facts.rates.whole[name][1], facts.rates_before.whole[name][1])
        builder.say(
            "rate_rose" if now > before else "rate_fell",
            name=_name(builder, name),
            before=f"{before:.1%}",
            now=f"{now:.1%}",
            # Of the shares as they are shown, so that a reader who subtracts agrees.
            points=f"{abs(round(now * 100, 1) - round(before * 100, 1)):.1f}",
            few=builder.word("few_base") if due < TOO_FEW else "",
        )


def _grid(builder: Teller, rates: Rates, names: Sequence[str]) -> Grid:
    places = sorted(rates.places)
    return Grid(
        builder.word("grids.rates"),
        (builder.word("heads.place"), *(_name(builder, name) for name in names)),
        tuple((builder.place(code), *_cells(rates.places[code], names)) for code in places),
        (builder.word("total"), *_cells(rates.whole, names)),
    )


def _chart(builder: Teller, rates: Rates, names: Sequence[str]) -> Bars:
    shares = [(_name(builder, name), _share(rates.whole, name)) for name in names]
    known = [(name, share) for name, share in shares if share is not None]
    return Bars(
        builder.word("charts.rates"),
        tuple(name for name, _ in known),
        (builder.word("charts.rate"),),
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


def _name(builder: Teller, name: str) -> str:
    return text(f"pages.rates.{name}", builder.language)


def _named(builder: Teller, names: Sequence[str]) -> str:
    return builder.word("comma").join(_name(builder, name) for name in names)
