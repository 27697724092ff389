"""Amounts in 万元 (Chinese) or yuan (English), rounded so that parts add up to their total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

FEN_PER_WAN = 1_000_000
_HUNDREDTH = Decimal("0.01")


def fen_to_wan(fen: int) -> Decimal:
    """Convert fen to ten thousand yuan with two decimal places, half up.

    >>> fen_to_wan(98_025_187)
    Decimal('98.03')
    """
    return (Decimal(fen) / FEN_PER_WAN).quantize(_HUNDREDTH, ROUND_HALF_UP)


def fen_to_yuan(fen: int) -> Decimal:
    """Convert fen to whole yuan, half up.

    >>> fen_to_yuan(98_025_187)
    Decimal('980252')
    """
    return (Decimal(fen) / 100).quantize(Decimal(1), ROUND_HALF_UP)


def round_parts_to_wan(parts: Sequence[int]) -> list[Decimal]:
    """Convert parts in fen so that they add up to :func:`fen_to_wan` of their sum.

    The rounding difference is distributed by largest remainder.

    >>> [str(part) for part in round_parts_to_wan([3_334, 3_333, 3_333])]
    ['0.01', '0.00', '0.00']
    """
    hundredths = _rounded_parts(parts, FEN_PER_WAN // 100)
    return [(Decimal(part) / 100).quantize(_HUNDREDTH) for part in hundredths]


def round_parts_to_yuan(parts: Sequence[int]) -> list[Decimal]:
    """Convert parts in fen to whole yuan that add up to :func:`fen_to_yuan` of their sum.

    >>> [str(part) for part in round_parts_to_yuan([50, 50, 0])]
    ['1', '0', '0']
    """
    return [Decimal(part) for part in _rounded_parts(parts, 100)]


def _rounded_parts(parts: Sequence[int], unit: int) -> list[int]:
    """Round parts to whole units; their sum is the rounded sum, halves up."""
    floors = [part // unit for part in parts]
    left = (2 * sum(parts) + unit) // (2 * unit) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(parts[i] % unit), i))
    for index in by_remainder[:left]:
        floors[index] += 1
    return floors
