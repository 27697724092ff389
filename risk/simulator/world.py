"""Timeline, random streams and array types shared by the simulator's modules."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk.simulator.parameters import Parameters

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]

EMPTY = -1
"""Unknown count, day or month; real values are >= 0."""

NEVER = 10**6
"""A day after every simulated day."""

_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Timeline:
    """Simulated months 0..months-1; ``end`` is in the last one. Days count from 1970-01-01.

    The first ``burn_in`` months have no records, so that records start from a realistic state.
    """

    months: int
    end: dt.date
    burn_in: int = 0

    @property
    def live_day(self) -> int:
        """First day with records."""
        return self.month_day(self.burn_in)

    @property
    def end_day(self) -> int:
        """Last day on which anything may become known."""
        return (self.end - _EPOCH).days

    @property
    def first(self) -> int:
        """Month 0 as months since 1970-01."""
        return (self.end.year - 1970) * 12 + self.end.month - self.months

    def month_days(self, month: Ints) -> Ints:
        """First day of simulated months (negative ones are before the window)."""
        stamps = (np.asarray(month) + self.first).astype("datetime64[M]")
        return stamps.astype("datetime64[D]").astype(np.int64)

    def month_day(self, month: int) -> int:
        """First day of one simulated month."""
        return int(self.month_days(np.array([month]))[0])

    def month_of(self, days: Ints) -> Ints:
        """Simulated month of each day."""
        stamps = np.asarray(days).astype("datetime64[D]").astype("datetime64[M]")
        return stamps.astype(np.int64) - self.first


@dataclass(frozen=True)
class World:
    """Size, seed, timeline and parameters of one simulation."""

    projects: int
    seed: int
    timeline: Timeline
    parameters: Parameters

    @property
    def months(self) -> int:
        """Number of simulated months."""
        return self.timeline.months

    def stream(self, part: str) -> np.random.Generator:
        """Random generator of one part, independent of the draws of other parts."""
        return np.random.default_rng([self.seed, zlib.crc32(part.encode())])


def sigmoid(log_odds: Floats) -> Floats:
    """Probability for log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)), dtype=np.float64)


def lags(rng: np.random.Generator, mean: Floats | float, size: int) -> Ints:
    """Delays in whole days, exponential with the given mean; 2 % are 15 to 60 days longer."""
    days = rng.exponential(mean, size)
    slow = rng.random(size) < 0.02
    return np.asarray(np.floor(days + slow * rng.uniform(15, 60, size)), dtype=np.int64)


def fen(yuan: Floats) -> Ints:
    """Convert yuan to whole fen."""
    return np.asarray(np.rint(np.asarray(yuan) * 100), dtype=np.int64)
