"""Risk tiers red, orange, yellow and blue (红橙黄蓝), by thresholds on the probability.

No national colour scheme exists: provinces use other measures, and most publish no thresholds. The
thresholds are therefore configuration, not law; :data:`DEFAULT_TIERS` is only a starting point.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from risk.errors import WagewatchError


class TiersOutOfOrder(WagewatchError, ValueError):
    """The thresholds do not fall from red to yellow, or are outside (0, 1]."""

    code = "tiers_out_of_order"


class Tier(StrEnum):
    """Urgency of a project, most urgent first."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


@dataclass(frozen=True)
class Tiers:
    """Lowest probability of each tier; below ``yellow`` a project is blue.

    Raises:
        TiersOutOfOrder: unless 0 < yellow <= orange <= red <= 1.
    """

    red: float
    orange: float
    yellow: float

    def __post_init__(self) -> None:
        if not 0 < self.yellow <= self.orange <= self.red <= 1:
            raise TiersOutOfOrder(red=self.red, orange=self.orange, yellow=self.yellow)

    def tier_of(self, probability: float) -> Tier:
        """Tier of ``probability``; a threshold belongs to the tier above it.

        >>> Tiers(red=0.2, orange=0.1, yellow=0.05).tier_of(0.1)
        <Tier.ORANGE: 'orange'>
        """
        if probability >= self.red:
            return Tier.RED
        if probability >= self.orange:
            return Tier.ORANGE
        return Tier.YELLOW if probability >= self.yellow else Tier.BLUE


DEFAULT_TIERS = Tiers(red=0.20, orange=0.10, yellow=0.05)
"""Ten, five and two and a half times an arrears rate of 2 % in 90 days."""
