"""Featuretools: a year's payments at each cutoff time, by its own primitives.

It cannot express most features of Wagewatch; those it can are timed per feature.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PRIMITIVES: dict[str, dict[str, Any]] = {
    "nearest": {
        "agg_primitives": ["sum", "count", "max", "time_since_last", "trend"],
        "where_primitives": ["sum"],
    },
    "cheapest": {"agg_primitives": ["sum", "mean", "max", "min", "std", "count"]},
}
"""``nearest``: what was paid, in cash and through a foreman too; in how many instalments, to how
many people; days since the last payment; where it is going. ``cheapest``: plain aggregates only."""


def count_features(folder_name: str, which: str, as_ofs: Sequence[str]) -> int:
    """Compute :data:`PRIMITIVES` for every project and date; return their number."""
    warnings.simplefilter("ignore")
    import featuretools as ft
    import pandas as pd

    folder = Path(folder_name)
    payments = pd.read_parquet(folder / "payments.parquet")
    rolls = pd.read_parquet(folder / "payrolls.parquet", columns=["payroll_id", "project_id"])
    projects = pd.read_parquet(folder / "projects.parquet", columns=["project_id"])
    payments = payments.merge(rolls, on="payroll_id")[
        ["payment_id", "arrival", "project_id", "amount", "workers_paid", "channel", "known_at"]
    ]
    payments["known_at"] = pd.to_datetime(payments["known_at"])
    entities = ft.EntitySet()
    entities.add_dataframe(projects, "projects", index="project_id")
    entities.add_dataframe(
        *(payments, "payments"),
        index="arrival",
        time_index="known_at",
        logical_types={"channel": "Categorical"},
    )
    entities.add_relationship("projects", "project_id", "payments", "project_id")
    entities.add_interesting_values(
        dataframe_name="payments", values={"channel": ["cash", "foreman"]}
    )
    cutoffs = pd.DataFrame(
        [(name, pd.Timestamp(day)) for day in as_ofs for name in projects["project_id"]],
        columns=["project_id", "time"],
    )
    _, made = ft.dfs(
        entityset=entities,
        target_dataframe_name="projects",
        cutoff_time=cutoffs,
        training_window="365 days",
        trans_primitives=[],
        max_depth=1,
        **PRIMITIVES[which],
    )
    return len(made)
