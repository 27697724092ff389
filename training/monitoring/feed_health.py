"""Feeds that stopped or thinned: rows per month and active project against the year before.

The rows of a table that became known in the last month are compared with its previous twelve
months, scaled by the number of active projects, for the whole table and by county (by township if
there is only one county). Counts are taken as Poisson, overdispersed as much as the months vary,
and the significance level is divided among all comparisons.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pvariance
from typing import Literal

from features.feature_sets import FEATURE_SETS
from risk.calendar.dates import add_months
from risk.contract import TABLES, FieldType, Table
from risk.measured_dates import measured_sql
from risk.store.store import RecordStore
from training.evaluation.groups import COUNTY_DIGITS, TOWNSHIP_DIGITS

MONTHS_BEFORE = 12
MIN_MONTHS = 4
THINNED_SHARE = 0.5
"""A feed below this share of its usual rows has thinned."""

_ALPHA = 0.001

Trouble = Literal["stopped", "thinned"]

_WINDOWS = "SELECT unnest($1) AS start, unnest($2) AS stop"
_PROJECTS = """
    SELECT project_id, region_code, started_on, completed_on FROM projects WHERE known_at < $3
    QUALIFY row_number() OVER (PARTITION BY project_id ORDER BY known_at DESC, arrival DESC) = 1
"""
_ACTIVE = f"""
    SELECT w.start, p.region_code, count(*)
    FROM ({_WINDOWS}) w JOIN ({_PROJECTS}) p
      ON p.started_on < w.stop AND (p.completed_on IS NULL OR p.completed_on >= w.start)
    GROUP BY w.start, p.region_code
"""


@dataclass(frozen=True)
class FeedTrouble:
    """A table that stopped or thinned; ``region`` is empty for the whole table.

    ``rows`` became known in the last month, ``usual`` is the median of the months before;
    ``last_known`` is the latest day of knowledge; ``chance`` the p-value of so few rows.
    """

    table: str
    region: str
    trouble: Trouble
    rows: int
    usual: float
    last_known: dt.date | None
    chance: float


Counts = Mapping[str, Sequence[float]]
"""Rows or projects per region (empty for all) by month, latest first."""


def feed_troubles(store: RecordStore, as_of: dt.date) -> list[FeedTrouble]:
    """The feeds that stopped or thinned in the month before ``as_of``."""
    starts = [add_months(as_of, -back) for back in range(1, MONTHS_BEFORE + 2)]
    windows = [starts, [as_of, *starts[:-1]]]
    active = _by_region(store.rows(_ACTIVE, [*windows, as_of]), starts)
    tables = [TABLES[name] for name in FEATURE_SETS[store.kind].feeds() if name != "organizations"]
    counts = {
        table.name: _by_region(_arrivals(store, table, windows, as_of), starts, len(active) > 2)
        for table in tables
    }
    comparisons = sum(len(by_region) for by_region in counts.values())
    troubles = []
    for table in tables:
        alpha = _ALPHA / max(comparisons, 1)
        for region, kind, rows, usual, chance in _troubles(counts[table.name], active, alpha):
            last = _last_known(store, table, as_of)
            troubles.append(FeedTrouble(table.name, region, kind, rows, usual, last, chance))
    return troubles


def _arrivals(
    store: RecordStore, table: Table, windows: list[list[dt.date]], as_of: dt.date
) -> list[tuple[object, ...]]:
    names = [field.name for field in table.fields]
    if table.name != "projects" and "project_id" in names:
        region = "p.region_code"
        join = f"LEFT JOIN ({_PROJECTS}) p ON p.project_id = t.project_id"
    else:
        region = "t.region_code" if "region_code" in names else "NULL"
        join = ""
    start = f"t.{table.starts_on}"
    if table.field(table.starts_on).type is FieldType.MONTH:
        start = f"last_day({start})"
    # Names of tables and columns come from the contract, never from outside.
    return store.rows(
        f"SELECT w.start, {region}, count(*) FROM ({_WINDOWS}) w"
        f" JOIN {table.name} t ON t.known_at >= w.start AND t.known_at < w.stop {join}"
        f" WHERE $3 IS NOT NULL AND {measured_sql(start, 't.known_at', 't.dated_by')}"
        " GROUP BY 1, 2",
        [*windows, as_of],
    )


def _by_region(
    rows: Sequence[tuple[object, ...]], starts: Sequence[dt.date], regions: bool = True
) -> dict[str, list[float]]:
    codes = {str(region) for _, region, _ in rows if region is not None}
    counties = {code[:COUNTY_DIGITS] for code in codes}
    digits = COUNTY_DIGITS if len(counties) > 1 else TOWNSHIP_DIGITS
    month_of: dict[object, int] = {start: number for number, start in enumerate(starts)}
    counts: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(starts))
    for start, region, count in rows:
        number = float(str(count))
        counts[""][month_of[start]] += number
        if regions and region is not None:
            counts[str(region)[:digits]][month_of[start]] += number
    return dict(counts)


def _troubles(
    counts: Counts, active: Counts, alpha: float
) -> Iterator[tuple[str, Trouble, int, float, float]]:
    """The regions in trouble; the whole table instead if all regions are, or none on its own."""
    regions = sorted(set(counts) - {""})
    by_region = {
        region: _trouble(counts[region], active.get(region, []), alpha) for region in regions
    }
    troubled = {region: trouble for region, trouble in by_region.items() if trouble}
    whole = _trouble(counts.get("", []), active.get("", []), alpha)
    if whole and (whole[0] == "stopped" or len(troubled) in (0, len(regions))):
        yield "", *whole
        return
    for region, trouble in troubled.items():
        yield region, *trouble


def _trouble(
    rows: Sequence[float], projects: Sequence[float], alpha: float
) -> tuple[Trouble, int, float, float] | None:
    if not rows or not projects or not projects[0]:
        return None
    # Months before the feed began do not count towards its usual rows.
    first = max(number for number, count in enumerate(rows) if count)
    before = [
        count / active * projects[0]
        for count, active in zip(rows[1 : first + 1], projects[1 : first + 1], strict=True)
        if active
    ]
    if len(before) < MIN_MONTHS:
        return None
    usual, now = median(before), rows[0]
    chance = _p_value_of_so_few(now, before)
    if chance >= alpha or now >= THINNED_SHARE * usual:
        return None
    return ("stopped" if now == 0 else "thinned"), int(now), usual, chance


def _p_value_of_so_few(now: float, before: Sequence[float]) -> float:
    """P(at most ``now`` rows) of a Poisson law overdispersed as much as the months ``before``."""
    from scipy.stats import poisson  # type: ignore[import-untyped]

    usual = median(before)
    if usual <= 0:
        return 1.0
    dispersion = max(1.0, pvariance(before) / max(fmean(before), 1e-9))
    return float(poisson.cdf(now / dispersion, usual / dispersion))


def _last_known(store: RecordStore, table: Table, as_of: dt.date) -> dt.date | None:
    last: dt.date | None = store.rows(
        f"SELECT max(known_at) FROM {table.name} WHERE known_at < $1", [as_of]
    )[0][0]
    return last
