"""Feature values as text, in Chinese or English."""

from __future__ import annotations

from features.catalogue import Feature
from risk.locale import Language, text


def value_text(feature: Feature, value: float | None, language: Language) -> str:
    """``value`` formatted in the unit of ``feature``; None as "unknown".

    >>> from features.feature_sets import ALL_FEATURES
    >>> share = next(f for f in ALL_FEATURES if f.name == "unpaid_share_3m")
    >>> value_text(share, 0.256, "en")
    '25.6%'
    """
    if value is None:
        return text("values.unknown", language)
    value += 0.0  # -0.0 becomes 0.0
    if feature.unit == "yes/no":
        return text("values.yes" if value >= 0.5 else "values.no", language)
    if feature.unit == "share":
        return f"{_short(value * 100)}%"
    if feature.unit == "yuan" and abs(value) >= 10_000:
        return text("values.wan", language, value=_short(value / 10_000), yuan=f"{value:,.0f}")
    return text(f"values.{_UNIT_KEYS[feature.unit]}", language, value=_short(value))


_UNIT_KEYS = {
    "ratio": "ratio",
    "count": "count",
    "days": "days",
    "months": "months",
    "yuan": "yuan",
    "level": "level",
    "per 100 workers": "ratio",
}


def _short(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    body = f"{value:,.{digits}f}"
    return body.rstrip("0").rstrip(".") if "." in body else body
