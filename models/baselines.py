"""What the model has to beat: the rules in use today, logistic regression, the last inspection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.build import Matrix
from models.scoring_model import pick

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RED, _YELLOW = 3.0, 1.0


def rules_in_use(matrix: Matrix) -> NDArray[np.float64]:
    """Alert points by the warning rules that provinces publish: 3 for a red, 1 for a yellow.

    Rules: an attendance month unpaid two months later (Guizhou, red); over 10 % on site without
    pay (Guizhou, red); fewer paid than present (Guizhou, yellow); labour cost over a month late
    (Art. 24; Guangxi, Nantong, yellow); deposit, account or notice board missing (Nantong,
    Yichang, yellow); a complaint in 90 days (yellow). Unknown never alerts.
    """
    marks = (
        ("oldest_unpaid_days", 61.0, _RED),
        ("present_unpaid_share", 0.10, _RED),
        ("people_unpaid_share", 0.001, _YELLOW),
        ("transfer_oldest_days", 31.0, _YELLOW),
        ("complaints_90d", 1.0, _YELLOW),
        ("payroll_months_missing_6m", 1.0, _YELLOW),
    )
    absent = ("account_open", "deposit_valid", "notice_board")
    values = pick(matrix, [name for name, _, _ in marks])
    points = np.zeros(len(values))
    for column, (_, mark, weight) in enumerate(marks):
        points += weight * (np.nan_to_num(values[:, column], nan=-1.0) >= mark)
    missing = np.nan_to_num(pick(matrix, absent), nan=1.0) == 0
    return np.asarray(points + _YELLOW * missing.sum(axis=1), dtype=np.float64)


def last_inspection(matrix: Matrix) -> NDArray[np.float64]:
    """1 where the last inspection found arrears, 0 where it found none, 0.5 where none was made."""
    return np.nan_to_num(pick(matrix, ["last_inspection_found"])[:, 0], nan=0.5)


@dataclass(frozen=True)
class LogisticRegression:
    """Ridge logistic regression on features spread to their ranks; unknown is the median.

    ``edges`` holds, per column, the training quantiles that map a value into [-1, 1].
    """

    columns: tuple[str, ...]
    edges: tuple[NDArray[np.float64], ...]
    weights: NDArray[np.float64]
    intercept: float

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Log-odds, shape (rows,)."""
        spread = _spread(pick(matrix, self.columns), self.edges)
        return np.asarray(spread @ self.weights + self.intercept, dtype=np.float64)


def fit_logistic(
    matrix: Matrix, happened: NDArray[np.float64], *, strength: float = 0.003
) -> LogisticRegression:
    """Fit on the rows of ``matrix``; ``strength`` is scikit-learn's C."""
    from sklearn.linear_model import LogisticRegression as Ridge

    edges = tuple(_edges(matrix.values[:, column]) for column in range(len(matrix.columns)))
    spread = _spread(matrix.values, edges)
    fitted = Ridge(C=strength, max_iter=1000).fit(spread, happened > 0.5)
    return LogisticRegression(
        matrix.columns, edges, np.asarray(fitted.coef_[0]), float(fitted.intercept_[0])
    )


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(1)
    return np.unique(np.quantile(known, np.linspace(0, 1, 21)))


def _spread(
    values: NDArray[np.float64], edges: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    out = np.zeros_like(values)
    for column, marks in enumerate(edges):
        if len(marks) > 1:
            known = np.nan_to_num(values[:, column], nan=float(np.median(marks)))
            out[:, column] = np.interp(known, marks, np.linspace(-1, 1, len(marks)))
    return out
