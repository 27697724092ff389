"""Baselines that need no training: published warning rules, and the last inspection.

They are the bar a model has to clear, so they stay as published when features are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.base import align_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RED, _YELLOW = 3.0, 1.0


def rules_in_use(matrix: Matrix) -> NDArray[np.float64]:
    """Alert points by the warning rules that provinces publish: 3 for a red, 1 for a yellow.

    For employers: overdue loans, a fall of power, staff or tax (Haishu, Wuxing), a complaint.

    Rules: an attendance month unpaid two months later (Guizhou, red); over 10 % on site without
    pay (Guizhou, red); fewer paid than present (Guizhou, yellow); labour cost over a month late
    (Art. 24; Guangxi, Nantong, yellow); deposit, account or notice board missing (Nantong,
    Yichang, yellow); a complaint in 90 days (yellow). Unknown never alerts.
    """
    if matrix.kind == "employer":
        return _employer_rules(matrix)
    marks = (
        ("oldest_unpaid_days", 61.0, _RED),
        ("present_unpaid_share", 0.10, _RED),
        ("people_unpaid_share", 0.001, _YELLOW),
        ("transfer_oldest_days", 31.0, _YELLOW),
        ("complaints_90d", 1.0, _YELLOW),
        ("payroll_months_missing_6m", 1.0, _YELLOW),
    )
    absent = ("account_open", "deposit_valid", "notice_board")
    values = align_columns(matrix, [name for name, _, _ in marks])
    points = np.zeros(len(values))
    for column, (_, mark, weight) in enumerate(marks):
        points += weight * (np.nan_to_num(values[:, column], nan=-1.0) >= mark)
    missing = np.nan_to_num(align_columns(matrix, absent), nan=1.0) == 0
    return np.asarray(points + _YELLOW * missing.sum(axis=1), dtype=np.float64)


def last_inspection(matrix: Matrix) -> NDArray[np.float64]:
    """1 where the last inspection found arrears, 0 where it found none, 0.5 where none was made."""
    return np.nan_to_num(align_columns(matrix, ["last_inspection_found"])[:, 0], nan=0.5)


def _employer_rules(matrix: Matrix) -> NDArray[np.float64]:
    reach = (("contractor_overdue_loans", 1.0, _RED), ("complaints_90d", 1.0, _YELLOW))
    fall = (
        ("electricity_ratio", 0.8, _YELLOW),
        ("contractor_insured_ratio", 0.8, _YELLOW),
        ("contractor_tax_ratio", 0.5, _YELLOW),
    )
    points = np.zeros(len(matrix.project_ids))
    for name, mark, weight in reach:
        points += weight * (np.nan_to_num(align_columns(matrix, [name])[:, 0], nan=-1.0) >= mark)
    for name, mark, weight in fall:
        points += weight * (np.nan_to_num(align_columns(matrix, [name])[:, 0], nan=np.inf) <= mark)
    return points
