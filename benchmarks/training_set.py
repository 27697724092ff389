"""Labelled feature files of any size, for the training benchmarks.

Values are drawn by the unit of each feature as in a simulated county (shares of unknown, zero and
distinct values), one month of projects at a time, so that little memory is needed. The label
depends on seven features and chance: 1 (about one row in 60), 0.5 shortly after the horizon, else
0.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import Unit
from features.feature_sets import FEATURE_SETS
from risk.calendar.dates import add_months

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABEL = "label"
PROJECTS = 250_000
FIRST = dt.date(2000, 1, 1)

_UNKNOWN = {"share": 0.29, "ratio": 0.28, "yuan": 0.29, "days": 0.30, "months": 0.22}
_UNKNOWN_ELSE = 0.06
_ZERO = {"share": 0.39, "ratio": 0.18, "yuan": 0.36, "days": 0.23, "months": 0.38, "count": 0.64}
_INFORMATIVE = {
    "unpaid_share_3m": 1.2,
    "delay_days_3m": 0.8,
    "transfer_short_share_3m": 0.7,
    "complaints_90d": 0.9,
    "contractor_event_rate": 0.6,
    "oral_share": 0.4,
    "cash_share_3m": 0.4,
}
_RARE = 7.3
"""Log-odds against an event at a project without any sign of one."""


def make(folder: Path, rows: int, seed: int = 0) -> None:
    """Write ``rows`` rows below ``folder``, partitioned by date, and one later date for testing.

    Files hold project_id, all features of a project and :data:`LABEL`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    month = min(PROJECTS, rows // 4)
    names = pa.array([f"P{number:06}" for number in range(month)])
    for number, start in enumerate(range(0, rows + month, month)):
        here = min(month, rows + month - start)
        values, label = _month(np.random.default_rng([seed, number]), here)
        columns = {name: pa.array(one, from_pandas=True) for name, one in values.items()}
        partition = folder / f"as_of={add_months(FIRST, number)}"
        partition.mkdir(parents=True)
        table = pa.table({"project_id": names[:here], **columns, LABEL: label})
        pq.write_table(table, partition / "part-0.parquet")


def _month(
    chance: np.random.Generator, rows: int
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Values by feature and the labels of one date."""
    values, odds = {}, np.full(rows, -_RARE)
    for feature in FEATURE_SETS["project"].features:
        drawn = _drawn(chance, feature.unit, rows)
        if weight := _INFORMATIVE.get(feature.name):
            odds += weight * (np.nan_to_num(drawn) > np.nanmedian(drawn))
            odds += weight * (np.nan_to_num(drawn) > np.nanquantile(drawn, 0.9))
        values[feature.name] = drawn
    luck = chance.random(rows)
    risk = 1 / (1 + np.exp(-odds))
    return values, np.where(luck < risk, 1.0, np.where(luck < 1.8 * risk, 0.5, 0.0))


def _drawn(chance: np.random.Generator, unit: Unit, rows: int) -> NDArray[np.float64]:
    size = chance.standard_exponential(rows, dtype=np.float32)
    if unit == "yes/no":
        drawn = (size > 1.0).astype(np.float64)
    elif unit == "share":  # so many of so many
        whole = chance.integers(1, 40, rows)
        drawn = np.minimum(np.round(whole * size / 3), whole) / whole
    elif unit == "ratio":
        drawn = np.round(size.astype(np.float64), 3)
    elif unit == "yuan":
        drawn = np.round(size.astype(np.float64) ** 3, 2) * 1e4
    elif unit == "days":
        drawn = np.round(size.astype(np.float64) * 40)
    else:
        drawn = np.round(size.astype(np.float64) * 4)
    kind = chance.random(rows, dtype=np.float32)
    unknown = _UNKNOWN.get(unit, _UNKNOWN_ELSE)
    drawn[kind < unknown] = np.nan
    drawn[kind > 1 - _ZERO.get(unit, 0.0) * (1 - unknown)] = 0.0
    return drawn
