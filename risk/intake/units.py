"""Units of money and shares in headers and cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Unit:
    """Label of a unit, and its factor to the base unit (yuan, or 1)."""

    label: str
    factor: Decimal


MONEY_UNITS: Mapping[str, Unit] = {
    name: Unit(label, Decimal(factor))
    for names, label, factor in (
        (("元", "圆", "元整", "yuan", "cny", "rmb"), "元", 1),
        (("千元",), "千元", 1_000),
        (("万元", "万"), "万元", 10_000),
        (("百万元",), "百万元", 1_000_000),
        (("亿元", "亿"), "亿元", 100_000_000),
    )
    for name in names
}
"""Units of money by spelling; the factor is in yuan."""

PERCENT = Unit("%", Decimal("0.01"))
"""Percent, the unit of shares."""
