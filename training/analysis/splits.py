"""Walk-forward splits as a scikit-learn cross-validator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from risk.calendar.dates import HORIZON_DAYS, MATURITY_MIN_DAYS
from training.dataset.frames import AS_OF
from training.dataset.splits import Fold, walk_forward_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray


class WalkForwardSplit(BaseCrossValidator):  # type: ignore[misc]
    """Test blocks of later months, each with the months before it as training rows.

    The gap between the last training month and a test block is ``horizon_days`` plus
    ``maturity_days``, so that no training label was unknown or unfinished when the block began.
    The dates come from ``groups``, or from the column ``as_of`` of X. ``min_train_months`` is the
    fewest training months of a fold.
    """

    def __init__(
        self,
        n_splits: int = 3,
        *,
        horizon_days: int = HORIZON_DAYS,
        maturity_days: int = MATURITY_MIN_DAYS,
        min_train_months: int = 6,
    ) -> None:
        self.n_splits = n_splits
        self.horizon_days = horizon_days
        self.maturity_days = maturity_days
        self.min_train_months = min_train_months

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """The number of folds."""
        return self.n_splits

    def split(
        self,
        X: Any,
        y: Any = None,
        groups: Any = None,
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield the training and test rows of each fold.

        Raises:
            ValueError: no dates are given, or there are too few months for ``n_splits`` folds.
        """
        days = _days(X, groups)
        folds = self._folds(days)
        if len(folds) < self.n_splits:
            raise ValueError(
                f"found {len(np.unique(days))} months; they allow {len(folds)} folds with at least"
                f" {self.min_train_months} training months, not {self.n_splits}"
            )
        for fold in folds:
            yield _rows(days, fold.train), _rows(days, fold.test)

    def _folds(self, days: NDArray[np.datetime64]) -> list[Fold]:
        return walk_forward_folds(
            [day.astype(object) for day in np.unique(days)],
            n_folds=self.n_splits,
            min_train_dates=self.min_train_months,
            gap_days=self.horizon_days + self.maturity_days,
        )


def _days(data: Any, groups: Any) -> NDArray[np.datetime64]:
    if groups is None and AS_OF not in getattr(data, "columns", ()):
        raise ValueError("give the dates of the rows as groups, or a frame with the column as_of")
    found = data[AS_OF] if groups is None else groups
    return np.asarray(found).astype("datetime64[D]")


def _rows(days: NDArray[np.datetime64], dates: tuple[dt.date, ...]) -> NDArray[np.intp]:
    return np.flatnonzero(np.isin(days, np.array(dates, dtype="datetime64[D]")))
