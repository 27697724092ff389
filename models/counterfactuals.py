"""What would lower a project's risk: the model's view of duties met, one at a time.

A lever sets the features that speak of one duty to what they would be if the duty were met, leaves
all else as it is, and scores again. It shows how the model reads the records. It is no forecast of
what meeting the duty would do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.base import ScoringModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 0.001
"""A smaller fall of the probability is not worth telling."""

ALL = "all_duties"


@dataclass(frozen=True)
class Lever:
    """A duty (its ``article`` in the Regulation) and its features with the duty met."""

    code: str
    article: str
    met: Mapping[str, float]


@dataclass(frozen=True)
class LeverEffect:
    """The probability there would be with the duty met."""

    code: str
    article: str | None
    probability: float


def _all(value: float, *names: str) -> dict[str, float]:
    return dict.fromkeys(names, value)


LEVERS: tuple[Lever, ...] = (
    Lever(
        "wages_paid",
        "31",
        _all(
            0.0,
            *("unpaid_share_1m", "unpaid_share_3m", "unpaid_share_12m", "unpaid_months"),
            *("unpaid_overdue_share", "unpaid_amount", "unpaid_per_worker", "oldest_unpaid_days"),
            *("open_roll_share_3m", "open_teams_share", "worst_team_unpaid_share"),
            *("workers_unpaid", "months_not_full_6m", "people_unpaid_share"),
            "present_unpaid_share",
        ),
    ),
    Lever("paid_by_bank", "31", _all(0.0, "cash_share_3m", "foreman_share_3m")),
    Lever(
        "labour_cost_passed_on",
        "29",
        _all(
            0.0,
            *("transfer_short_share_3m", "transfer_short_share_12m", "transfer_open_months"),
            *("transfer_open_months_3m", "transfer_oldest_days", "transfer_short_amount"),
        ),
    ),
    Lever("account_open", "26", {"account_open": 1.0}),
    Lever(
        "deposit_stored",
        "32",
        {"deposit_valid": 1.0, "deposit_lapsed_days": 0.0, "deposit_drawn": 0.0},
    ),
    Lever(
        "workers_registered",
        "28",
        {"registered_share": 1.0, "contract_signed_share": 1.0, "present_unlisted_share": 0.0},
    ),
    Lever("rectified", "39", {"rectification_overdue": 0.0}),
    Lever("notice_board", "34", {"notice_board": 1.0}),
    Lever(
        "reported",
        "15",
        _all(
            0.0,
            *("payroll_silent_days", "attendance_silent_days", "payroll_months_missing_6m"),
            *("attendance_months_missing_6m", "present_without_payroll_months"),
        ),
    ),
)


def lever_effects(model: ScoringModel, matrix: Matrix) -> list[tuple[LeverEffect, ...]]:
    """Per row of ``matrix`` the duties that would lower it, the strongest first, and all together.

    What is unknown stays unknown: a lever moves only features whose value is known.
    """
    now = model.calibration.probability(model.raw(matrix))
    every = {name: value for lever in LEVERS for name, value in lever.met.items()}
    wanted = {lever.code: (lever.article, lever.met) for lever in LEVERS}
    found: list[list[LeverEffect]] = [[] for _ in matrix.project_ids]
    for code, (article, met) in {**wanted, ALL: (None, every)}.items():
        changed = _met(matrix, met)
        touched = np.flatnonzero(
            ((changed != matrix.values) & ~np.isnan(matrix.values)).any(axis=1)
        )
        if not touched.size:
            continue
        then = model.calibration.probability(model.raw(_rows(matrix, changed, touched)))
        for place, row in enumerate(touched):
            if now[row] - then[place] >= LEAST:
                found[row].append(LeverEffect(code, article, float(then[place])))
    return [tuple(sorted(one, key=lambda e: (e.code == ALL, e.probability))) for one in found]


def _met(matrix: Matrix, met: Mapping[str, float]) -> NDArray[np.float64]:
    values = matrix.values.copy()
    for name, value in met.items():
        if name in matrix.columns:
            column = values[:, matrix.columns.index(name)]
            column[~np.isnan(column)] = value
    return values


def _rows(matrix: Matrix, values: NDArray[np.float64], rows: NDArray[np.int64]) -> Matrix:
    names = tuple(matrix.project_ids[row] for row in rows)
    return replace(matrix, as_ofs=matrix.as_ofs[rows], project_ids=names, values=values[rows])
