"""Featuretools: sums, counts, means and maxima of a year's payments at each cutoff time.

It has no way to say most of the house's features; what it can say is timed by the feature.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path


def count_features(place: str, as_ofs: Sequence[str]) -> int:
    """Compute them for every project and date; how many features there are."""
    warnings.simplefilter("ignore")
    import featuretools as ft
    import pandas as pd

    folder = Path(place)
    payments = pd.read_parquet(folder / "payments.parquet")
    rolls = pd.read_parquet(folder / "payrolls.parquet", columns=["payroll_id", "project_id"])
    projects = pd.read_parquet(folder / "projects.parquet", columns=["project_id"])
    payments = payments.merge(rolls, on="payroll_id")[
        ["payment_id", "arrival", "project_id", "amount", "workers_paid", "channel", "known_at"]
    ]
    payments["known_at"] = pd.to_datetime(payments["known_at"])
    entities = ft.EntitySet()
    entities.add_dataframe(projects, "projects", index="project_id")
    entities.add_dataframe(payments, "payments", index="arrival", time_index="known_at")
    entities.add_relationship("projects", "project_id", "payments", "project_id")
    cutoffs = pd.DataFrame(
        [(name, pd.Timestamp(day)) for day in as_ofs for name in projects["project_id"]],
        columns=["project_id", "time"],
    )
    _, made = ft.dfs(
        entityset=entities,
        target_dataframe_name="projects",
        cutoff_time=cutoffs,
        training_window="365 days",
        agg_primitives=["sum", "mean", "max", "min", "std", "count"],
        trans_primitives=[],
        max_depth=1,
    )
    return len(made)
