"""Splits in time: everything fitted is judged on a later time, with the horizon as the gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from risk.calendar.dates import HORIZON_DAYS


@dataclass(frozen=True)
class Fold:
    """Train on ``train``; judge on ``later``. No training label reaches into ``later``."""

    train: tuple[dt.date, ...]
    later: tuple[dt.date, ...]


def walk_forward(dates: Sequence[dt.date], *, folds: int, least: int = 6) -> list[Fold]:
    """Cut the second half of ``dates`` into ``folds`` blocks, each judged by what lies before it.

    A training date must end its horizon before the block begins. Folds with fewer than ``least``
    training dates are left out.

    >>> days = [dt.date(2024, m, 1) for m in range(1, 13)]
    >>> [len(f.train) for f in walk_forward(days, folds=2, least=1)]
    [4, 7]
    """
    ordered = sorted(dates)
    half = len(ordered) // 2
    block = max((len(ordered) - half) // folds, 1)
    made = []
    for number in range(folds):
        start = half + number * block
        stop = len(ordered) if number == folds - 1 else start + block
        later = tuple(ordered[start:stop])
        if not later:
            continue
        gap = later[0] - dt.timedelta(days=HORIZON_DAYS)
        train = tuple(day for day in ordered[:start] if day <= gap)
        if len(train) >= least:
            made.append(Fold(train, later))
    return made
