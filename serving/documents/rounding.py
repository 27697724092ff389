"""Amounts in ten thousand yuan, rounded so that the parts add up to the total."""

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


def round_parts_to_wan(parts: Sequence[int]) -> list[Decimal]:
    """Convert parts in fen so that they add up to :func:`fen_to_wan` of their sum.

    The rounding difference is distributed by largest remainder.

    >>> [str(part) for part in round_parts_to_wan([3_334, 3_333, 3_333])]
    ['0.01', '0.00', '0.00']
    """
    unit = FEN_PER_WAN // 100
    floors = [part // unit for part in parts]
    left = int(fen_to_wan(sum(parts)) * 100) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(parts[i] % unit), i))
    for index in by_remainder[:left]:
        floors[index] += 1
    return [(Decimal(part) / 100).quantize(_HUNDREDTH) for part in floors]
