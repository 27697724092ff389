"""The features of wage payment in other libraries, for comparison.

Every implementation reads Parquet files of the stored records and yields one row per (as_of,
project_id), ordered, with the sums of :data:`SUMS`; :func:`finished` computes the features from
them. Of the features of wage payment only the share below the minimum wage is left out, which needs
attendance and the wages of an office.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

SUMS = (
    *("unpaid", "due", "unpaid_1m", "due_1m", "unpaid_3m", "due_3m", "unpaid_old", "due_old"),
    *("unpaid_before", "due_before", "oldest_unpaid_days", "open_roll_share_3m", "workers_unpaid"),
    *("late_3m", "may_be_late_3m", "late", "may_be_late"),
    *("days_late_3m", "days_late", "days_late_old", "due_late_old", "days_late_6m", "due_6m"),
    *("paid_3m", "returned", "cash_3m", "foreman_3m", "channel_3m", "cash", "foreman", "channel"),
    *("days_since_payment", "instalments_3m", "due_with_workers", "workers_3m"),
    *("workers_listed", "workers_missed", "month_wages", "month_heads"),
    *("due_measured", "due_piece", "due_with_basis"),
    *("open_teams_share", "worst_team_unpaid_share", "months_not_full_6m"),
    *("unpaid_state_months", "contract_amount"),
)

STATE_WEIGHTS = (1000, 800, 640, 512, 410, 328, 262, 210, 168, 134, 107, 86, 69)
"""By months since the wages were owed: what ``unpaid_state_months`` weighs them with."""


def finished(s: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The 32 features of wage payment from their sums; an unknown is NaN."""

    def over(top: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.divide(top, below, out=np.full(len(top), np.nan), where=below != 0)

    settled = s["open_roll_share_3m"] == 0
    returned = np.nan_to_num(s["returned"])
    return {
        "unpaid_share_1m": over(s["unpaid_1m"], s["due_1m"]),
        "unpaid_share_3m": over(s["unpaid_3m"], s["due_3m"]),
        "unpaid_share_12m": over(s["unpaid"], s["due"]),
        "unpaid_months": over(s["unpaid"], s["month_wages"]),
        "unpaid_overdue_share": over(s["unpaid_old"], s["due_old"]),
        "unpaid_amount": s["unpaid"] / 100,
        "unpaid_per_worker": over(s["unpaid"] / 100, s["month_heads"]),
        "oldest_unpaid_days": s["oldest_unpaid_days"],
        "open_roll_share_3m": s["open_roll_share_3m"],
        "open_teams_share": s["open_teams_share"],
        "worst_team_unpaid_share": s["worst_team_unpaid_share"],
        "workers_unpaid": np.where(settled, 0, s["workers_unpaid"]),
        "late_share_3m": over(s["late_3m"], s["may_be_late_3m"]),
        "late_share_12m": over(s["late"], s["may_be_late"]),
        "delay_days_3m": over(s["days_late_3m"], s["due_3m"]),
        "delay_days_12m": over(s["days_late"], s["due"]),
        "delay_trend": over(s["days_late_old"], s["due_late_old"])
        - over(s["days_late_6m"], s["due_6m"]),
        "unpaid_trend": over(s["unpaid_1m"], s["due_1m"])
        - over(s["unpaid_before"], s["due_before"]),
        "cash_share_3m": over(s["cash_3m"], s["channel_3m"]),
        "foreman_share_3m": over(s["foreman_3m"], s["channel_3m"]),
        "foreman_share_12m": over(s["foreman"], s["channel"]),
        "bank_share_trend": over(s["cash"] + s["foreman"], s["channel"])
        - over(s["cash_3m"] + s["foreman_3m"], s["channel_3m"]),
        "days_since_payment": s["days_since_payment"],
        "months_not_full_6m": s["months_not_full_6m"],
        "unpaid_state_months": s["unpaid_state_months"],
        "instalments_3m": s["instalments_3m"],
        "wage_per_worker": over(s["due_with_workers"] / 100, s["workers_3m"]),
        "wage_bill_ratio": over(s["due_3m"], s["contract_amount"]),
        "measured_wage_share_3m": over(s["due_measured"], s["due_with_basis"]),
        "piece_wage_share_3m": over(s["due_piece"], s["due_with_basis"]),
        "people_unpaid_share": over(s["workers_missed"], s["workers_listed"]),
        "returned_share_3m": over(returned, np.nan_to_num(s["paid_3m"]) + returned),
    }
