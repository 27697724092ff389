"""Walk-forward folds: test dates follow the training dates, with the horizon as gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from risk.calendar.dates import HORIZON_DAYS


@dataclass(frozen=True)
class Fold:
    """Training and test dates; no training label reaches into the test dates."""

    train: tuple[dt.date, ...]
    test: tuple[dt.date, ...]


def walk_forward_folds(
    dates: Sequence[dt.date],
    *,
    n_folds: int,
    min_train_dates: int = 6,
    gap_days: int = HORIZON_DAYS,
) -> list[Fold]:
    """Cut the second half of ``dates`` into ``n_folds`` test blocks, each with all dates before it.

    The horizon of a training date, or other ``gap_days``, must end before its block begins. Folds
    with fewer than ``min_train_dates`` training dates are left out.

    >>> days = [dt.date(2024, m, 1) for m in range(1, 13)]
    >>> [len(fold.train) for fold in walk_forward_folds(days, n_folds=2, min_train_dates=1)]
    [4, 7]
    """
    ordered = sorted(dates)
    half = len(ordered) // 2
    block = max((len(ordered) - half) // n_folds, 1)
    folds = []
    for number in range(n_folds):
        start = half + number * block
        stop = len(ordered) if number == n_folds - 1 else start + block
        test = tuple(ordered[start:stop])
        if not test:
            continue
        last_train = test[0] - dt.timedelta(days=gap_days)
        train = tuple(day for day in ordered[:start] if day <= last_train)
        if len(train) >= min_train_dates:
            folds.append(Fold(train, test))
    return folds
