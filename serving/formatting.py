"""Figures and codes in the words of a reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from risk.contract import TABLES
from risk.locale import Language, catalogue, text

_WAN = 10_000
_UNKNOWN = "—"


def yuan(amount: float | None, language: Language) -> str:
    """An amount in yuan as people say it: in ten thousands where it is large.

    >>> yuan(980251.87, "zh"), yuan(320, "zh"), yuan(None, "zh")
    ('98.0 万元', '320 元', '—')
    >>> yuan(980251.87, "en"), yuan(2_180_000, "en")
    ('¥980k', '¥2.18m')
    """
    if amount is None:
        return _UNKNOWN
    if language == "en":
        return _short(amount)
    if abs(amount) >= _WAN:
        shown = f"{amount / _WAN:,.1f}" if abs(amount) < 1000 * _WAN else f"{amount / _WAN:,.0f}"
        return text("pages.figures.wan", language, amount=shown)
    return text("pages.figures.yuan", language, amount=f"{amount:,.0f}")


def _short(amount: float) -> str:
    for unit, word in ((1_000_000, "m"), (1_000, "k")):
        if abs(amount) >= unit:
            return (
                f"¥{amount / unit:.3g}{word}"
                if abs(amount) < 1000 * unit
                else (f"¥{amount / unit:,.0f}{word}")
            )
    return f"¥{amount:,.0f}"


def fen(amount: int | None, language: Language) -> str:
    """An amount in fen, as :func:`yuan` says it."""
    return yuan(None if amount is None else amount / 100, language)


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.3477), percent(None)
    ('34.8%', '—')
    """
    return _UNKNOWN if share is None else f"{share:.{digits}%}"


def odds(probability: float, language: Language) -> str:
    """A probability as so many of ten or of a hundred, which people read best.

    >>> odds(0.348, "zh"), odds(0.021, "zh"), odds(0.001, "zh")
    ('10 个这样的项目约有 3 个', '100 个这样的项目约有 2 个', '100 个这样的项目不到 1 个')
    """
    of = 10 if probability >= 0.095 else 100
    count = round(probability * of)
    if count == 0:
        return text("pages.figures.odds_rare", language)
    return text("pages.figures.odds", language, of=of, count=count)


def count(number: float | None) -> str:
    """A number of things; unknown is not zero.

    >>> count(1234), count(None)
    ('1,234', '—')
    """
    return _UNKNOWN if number is None else f"{number:,.0f}"


def day(value: str | dt.date | None, language: Language) -> str:
    """A day as people write it.

    >>> day("2025-07-01", "zh"), day("2025-07-01", "en")
    ('2025年7月1日', '1 Jul 2025')
    """
    if not value:
        return _UNKNOWN
    found = dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value
    if language == "zh":
        return f"{found.year}年{found.month}月{found.day}日"
    return f"{found.day} {found:%b %Y}"


def moment(value: dt.datetime | None) -> str:
    """A moment in local time, to the minute."""
    return _UNKNOWN if value is None else f"{value.astimezone():%Y-%m-%d %H:%M}"


def coded(kind: str, code: object, language: Language) -> str:
    """The word for a code: of a tier or change, or of an enum field (``projects.sector``)."""
    if code is None:
        return _UNKNOWN
    if kind == "family":
        return _family(str(code), language)
    table, _, field = kind.partition(".")
    if field and language == "zh":
        return (TABLES[table].field(field).values or {}).get(str(code), str(code))
    key = f"pages.codes.{kind.replace('.', '_')}.{code}"
    known = catalogue(language)
    if key in known:
        return known[key]
    return known.get(f"exports.{kind}.{code}", str(code).replace("_", " "))


def place(code: str | None, names: Mapping[str, str]) -> str:
    """What a region is called: by its own name, else by its code after its county's name.

    >>> place("990101102", {"990101": "东河县"}), place("990102", {})
    ('东河县 990101102', '990102')
    """
    if not code:
        return _UNKNOWN
    if code in names:
        return names[code]
    above = next((names[code[:n]] for n in (9, 6, 4, 2) if code[:n] in names), None)
    return f"{above} {code}" if above else code


@cache
def _family(name: str, language: Language) -> str:
    from features.feature_sets import ALL_FAMILIES

    known = {family.name: family.zh if language == "zh" else family.en for family in ALL_FAMILIES}
    return known.get(name, name)


def cell(table: str, field: str, value: Any, language: Language) -> str:
    """A field of a record as the page of records shows it."""
    known = {one.name: one for one in TABLES[table].fields}.get(field)
    kind = known.type.value if known else "date"
    shown: Mapping[str, Callable[[], str]] = {
        "money": lambda: fen(int(value), language),
        "bool": lambda: text(f"pages.{'yes' if value else 'no'}", language),
        "enum": lambda: coded(f"{table}.{field}", value, language),
        "month": lambda: str(value)[:7],
        "share": lambda: percent(float(value)),
        "count": lambda: count(value),
    }
    return shown[kind]() if kind in shown else str(value)


@cache
def heading(table: str, field: str, language: Language) -> str:
    """What a field of the contract is called."""
    if field == "known_at":
        return text("pages.known_at", language)
    return TABLES[table].field(field).zh if language == "zh" else field.replace("_", " ")


def table_name(table: str, language: Language) -> str:
    """What a table of the contract is called."""
    return TABLES[table].zh if language == "zh" else table
