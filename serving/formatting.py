"""Money, shares, counts, dates and codes formatted in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

from risk.contract import TABLES
from risk.locale import Language, catalogue, text
from risk.unit_kinds import Kind
from serving.clock import office_time

_WAN = 10_000
_UNKNOWN = "—"
_COUNTY_DIGITS = 6


def format_yuan(amount: float | None, language: Language) -> str:
    """Return an amount in yuan, abbreviated: in 万元 in Chinese, in k or m in English.

    >>> format_yuan(980251.87, "zh"), format_yuan(320, "zh"), format_yuan(None, "zh")
    ('98.0 万元', '320 元', '—')
    >>> format_yuan(980251.87, "en"), format_yuan(2_180_000, "en")
    ('¥980k', '¥2.18m')
    """
    if amount is None:
        return _UNKNOWN
    if language == "en":
        return _abbreviate(amount)
    if abs(amount) >= _WAN:
        digits = 1 if abs(amount) < 1000 * _WAN else 0
        return text("pages.figures.wan", language, amount=f"{amount / _WAN:,.{digits}f}")
    return text("pages.figures.yuan", language, amount=f"{amount:,.0f}")


def _abbreviate(amount: float) -> str:
    for unit, suffix in ((1_000_000, "m"), (1_000, "k")):
        if abs(amount) >= unit:
            number = amount / unit
            return f"¥{number:.3g}{suffix}" if abs(number) < 1000 else f"¥{number:,.0f}{suffix}"
    return f"¥{amount:,.0f}"


def format_fen(amount: int | None, language: Language) -> str:
    """Return an amount in fen as :func:`format_yuan` does."""
    return format_yuan(None if amount is None else amount / 100, language)


def format_percent(share: float | None, digits: int = 1) -> str:
    """Return a share as a percentage.

    >>> format_percent(0.3477), format_percent(None)
    ('34.8%', '—')
    """
    return _UNKNOWN if share is None else f"{share:.{digits}%}"


def format_odds(probability: float, kind: Kind, language: Language) -> str:
    """Return a probability as a natural frequency: so many of ten, or of a hundred, of the kind.

    >>> format_odds(0.348, "project", "zh"), format_odds(0.021, "employer", "zh")
    ('10 个这样的项目约有 3 个', '100 家这样的单位约有 2 家')
    >>> format_odds(0.001, "project", "zh")
    '100 个这样的项目不到 1 个'
    """
    of = 10 if probability >= 0.095 else 100
    count = round(probability * of)
    if count == 0:
        return text(f"pages.figures.odds.{kind}_rare", language)
    return text(f"pages.figures.odds.{kind}", language, of=of, count=count)


def format_count(number: float | None) -> str:
    """Return a count with thousands separators; None (unknown) is a dash, not zero.

    >>> format_count(1234), format_count(None)
    ('1,234', '—')
    """
    return _UNKNOWN if number is None else f"{number:,.0f}"


def format_date(
    value: str | dt.date | None, language: Language, month: Literal["short", "long"] = "short"
) -> str:
    """Return a date, or an ISO string that begins with one; ``month`` matters in English.

    >>> format_date("2025-07-01", "zh"), format_date("2025-07-01", "en")
    ('2025年7月1日', '1 Jul 2025')
    >>> format_date(dt.date(2025, 7, 1), "en", month="long")
    '1 July 2025'
    """
    if not value:
        return _UNKNOWN
    date = dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value
    if language == "zh":
        return text("briefing.day", language, year=date.year, month=date.month, day=date.day)
    return f"{date.day} {date:{'%b' if month == 'short' else '%B'} %Y}"


def format_month(label: str, language: Language) -> str:
    """Return a month written YYYY-MM in words; another text, such as a year, as it is.

    >>> format_month("2025-07", "zh"), format_month("2025-07", "en"), format_month("2025", "zh")
    ('2025年7月', '2025-07', '2025年')
    """
    if language != "zh":
        return label
    year, _, month = label.partition("-")
    return f"{year}年{int(month)}月" if month else f"{year}年"


def format_datetime(value: dt.datetime | None) -> str:
    """Return a moment in local time, to the minute."""
    return _UNKNOWN if value is None else f"{office_time(value):%Y-%m-%d %H:%M}"


def code_label(kind: str, code: object, language: Language) -> str:
    """Return the label of a code.

    ``kind`` is ``family``, ``grade`` (of red flags), a kind of the catalogue (``tier``, ``change``)
    or an enum field of the contract (``projects.sector``).
    """
    if code is None:
        return _UNKNOWN
    if kind == "grade":
        return text(f"flags.grades.{code}", language)
    if kind == "family":
        return _family_label(str(code), language)
    table, _, field = kind.partition(".")
    if field and language == "zh":
        return (TABLES[table].field(field).values or {}).get(str(code), str(code))
    words = str(code).replace("_", " ")
    return capitalized(words) if field else catalogue(language).get(f"exports.{kind}.{code}", words)


def capitalized(label: str) -> str:
    """Return ``label`` with its first letter in upper case and the rest as it is."""
    return label[:1].upper() + label[1:]


_RECORDS_OF_MATTERS = ("case", "inspection", "complaint")


def matter_label(key: str, language: Language) -> str:
    """Return what a matter comes from by its key: the kind of the record, and its number.

    >>> matter_label("inspection:JC1", "zh"), matter_label("alert:P/1:2026-01-01", "en")
    ('检查 JC1', 'Alert')
    """
    kind, _, record = key.partition(":")
    if kind in _RECORDS_OF_MATTERS:
        return f"{text(f'pages.marks.{kind}', language)} {record}"
    return catalogue(language).get(f"pages.ledger.kinds.{kind}", key)


def region_name(code: str | None, names: Mapping[str, str]) -> str:
    """Return the name of a region, or its code after the name of the region that contains it.

    Those of ``names`` come first; provinces, cities and counties have their official name.

    >>> region_name("990101102", {"990101": "东河县"}), region_name("990102", {})
    ('东河县 990101102', '990102')
    >>> region_name("510822", {"5108": "本市"}), region_name("510822100", {})
    ('青川县', '青川县 510822100')
    """
    if not code:
        return _UNKNOWN
    if own := _named(code, names):
        return own
    above = next((name for n in (9, 6, 4, 2) if (name := _named(code[:n], names))), None)
    return f"{above} {code}" if above else code


def _named(code: str, names: Mapping[str, str]) -> str | None:
    from risk.intake.layouts.regions import name_of

    return names.get(code) or (name_of(code) if len(code) <= _COUNTY_DIGITS else None)


@cache
def _family_label(name: str, language: Language) -> str:
    from features.feature_sets import ALL_FAMILIES

    labels = {family.name: family.zh if language == "zh" else family.en for family in ALL_FAMILIES}
    return labels.get(name, name)


def format_field(table: str, field: str, value: Any, language: Language) -> str:
    """Return the value of a field of the contract, formatted by the type of the field."""
    types = {known.name: known.type.value for known in TABLES[table].fields}
    formats: Mapping[str, Callable[[], str]] = {
        "money": lambda: format_fen(int(value), language),
        "bool": lambda: text(f"pages.{'yes' if value else 'no'}", language),
        "enum": lambda: code_label(f"{table}.{field}", value, language),
        "month": lambda: str(value)[:7],
        "share": lambda: format_percent(float(value)),
        "count": lambda: format_count(value),
    }
    kind = types.get(field, "date")
    return formats[kind]() if kind in formats else str(value)


@cache
def field_label(table: str, field: str, language: Language) -> str:
    """Return the name of a field of the contract."""
    if field == "known_at":
        return text("pages.known_at", language)
    if language == "zh":
        return TABLES[table].field(field).zh
    return field.replace("_", " ").capitalize()


def table_label(table: str, language: Language) -> str:
    """Return the name of a table of the contract."""
    return TABLES[table].zh if language == "zh" else table
