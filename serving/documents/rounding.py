"""Amounts rounded so that the parts shown add up to the total shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

FEN_PER_WAN = 1_000_000
_HUNDREDTH = Decimal("0.01")


def wan(fen: int) -> Decimal:
    """Fen in ten thousand yuan, to two places.

    >>> wan(98_025_187)
    Decimal('98.03')
    """
    return (Decimal(fen) / FEN_PER_WAN).quantize(_HUNDREDTH, ROUND_HALF_UP)


def wan_parts(parts: Sequence[int]) -> list[Decimal]:
    """Parts in ten thousand yuan, to two places, that add up to ``wan`` of their sum.

    What rounding leaves over goes to the parts cut most, by largest remainder.

    >>> [str(one) for one in wan_parts([3_334, 3_333, 3_333])]
    ['0.01', '0.00', '0.00']
    """
    unit = FEN_PER_WAN // 100
    floors = [part // unit for part in parts]
    left = int(wan(sum(parts)) * 100) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(parts[i] % unit), i))
    for place in by_remainder[:left]:
        floors[place] += 1
    return [(Decimal(one) / 100).quantize(_HUNDREDTH) for one in floors]
