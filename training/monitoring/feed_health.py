"""Did a feed stop or thin? Rows that became known per month and project, against the year before.

A table is compared with its own last twelve months, scaled by the projects under way, first as a
whole and then by county (by township where there is one county only). What chance would bring
anyway is left alone: counts are taken as Poisson, widened by how much the months varied among
themselves, and the chance is shared among all comparisons.
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
from risk.contract import TABLES, Table
from risk.store.store import RecordStore
from training.evaluation.groups import COUNTY_DIGITS, TOWNSHIP_DIGITS

MONTHS_BEFORE = 12
LEAST_MONTHS = 4
THIN = 0.5
"""Below this share of the usual a feed has thinned."""

_CHANCE = 0.001

Trouble = Literal["stopped", "thinned"]

_WINDOWS = "SELECT unnest($1) AS start, unnest($2) AS stop"
_UNDER_WAY = f"""
    SELECT w.start, p.region_code, count(*)
    FROM ({_WINDOWS}) w JOIN (
      SELECT project_id, any_value(region_code) AS region_code, min(started_on) AS started_on,
             min(completed_on) AS completed_on
      FROM projects WHERE known_at < $3 GROUP BY project_id
    ) p ON p.started_on < w.stop AND (p.completed_on IS NULL OR p.completed_on >= w.start)
    GROUP BY w.start, p.region_code
"""


@dataclass(frozen=True)
class FeedTrouble:
    """A table that stopped or thinned; ``region`` is empty for all of it.

    ``rows`` became known in the last month, ``usual`` would have; ``last_known`` is when anything
    last did; ``chance`` how likely so few are where nothing is wrong.
    """

    table: str
    region: str
    trouble: Trouble
    rows: int
    usual: float
    last_known: dt.date | None
    chance: float


Counts = Mapping[str, Sequence[float]]
"""Per region (empty for all) rows or projects by window, the latest first."""


def feed_troubles(store: RecordStore, as_of: dt.date) -> list[FeedTrouble]:
    """The feeds that stopped or thinned in the month before ``as_of``."""
    starts = [add_months(as_of, -back) for back in range(1, MONTHS_BEFORE + 2)]
    windows = [starts, [as_of, *starts[:-1]]]
    under_way = _by_region(store.rows(_UNDER_WAY, [*windows, as_of]), starts)
    tables = [TABLES[name] for name in FEATURE_SETS[store.kind].feeds() if name != "organizations"]
    counted = {
        table.name: _by_region(_arrivals(store, table, windows, as_of), starts, len(under_way) > 2)
        for table in tables
    }
    comparisons = sum(len(counts) for counts in counted.values())
    found = []
    for table in tables:
        for trouble in _troubles(counted[table.name], under_way, _CHANCE / max(comparisons, 1)):
            region, kind, rows, usual, chance = trouble
            last = _last_known(store, table, as_of)
            found.append(FeedTrouble(table.name, region, kind, rows, usual, last, chance))
    return found


def _arrivals(
    store: RecordStore, table: Table, windows: list[list[dt.date]], as_of: dt.date
) -> list[tuple[object, ...]]:
    names = [field.name for field in table.fields]
    if table.name != "projects" and "project_id" in names:
        region = "p.region_code"
        join = """LEFT JOIN (
          SELECT project_id, any_value(region_code) AS region_code
          FROM projects WHERE known_at < $3 GROUP BY project_id
        ) p ON p.project_id = t.project_id"""
    else:
        region = "t.region_code" if "region_code" in names else "NULL"
        join = ""
    # Names of tables and columns come from the contract, never from outside.
    return store.rows(
        f"SELECT w.start, {region}, count(*) FROM ({_WINDOWS}) w"
        f" JOIN {table.name} t ON t.known_at >= w.start AND t.known_at < w.stop {join}"
        " WHERE $3 IS NOT NULL GROUP BY 1, 2",
        [*windows, as_of],
    )


def _by_region(
    rows: Sequence[tuple[object, ...]], starts: Sequence[dt.date], parts: bool = True
) -> dict[str, list[float]]:
    codes = {str(region) for _, region, _ in rows if region is not None}
    counties = {code[:COUNTY_DIGITS] for code in codes}
    digits = COUNTY_DIGITS if len(counties) > 1 else TOWNSHIP_DIGITS
    place = {start: number for number, start in enumerate(starts)}
    found: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(starts))
    for start, region, count in rows:
        number = float(str(count))
        found[""][place[start]] += number  # type: ignore[index]
        if parts and region is not None:
            found[str(region)[:digits]][place[start]] += number  # type: ignore[index]
    return dict(found)


def _troubles(
    counted: Counts, under_way: Counts, chance: float
) -> Iterator[tuple[str, Trouble, int, float, float]]:
    """The regions in trouble; all of the table where every region is, or none alone shows it."""
    regions = sorted(set(counted) - {""})
    parts = {
        region: _trouble(counted[region], under_way.get(region, []), chance) for region in regions
    }
    named = {region: part for region, part in parts.items() if part}
    whole = _trouble(counted.get("", []), under_way.get("", []), chance)
    if whole and (whole[0] == "stopped" or len(named) in (0, len(regions))):
        yield "", *whole
        return
    for region, part in named.items():
        yield region, *part


def _trouble(
    rows: Sequence[float], projects: Sequence[float], chance: float
) -> tuple[Trouble, int, float, float] | None:
    if not rows or not projects or not projects[0]:
        return None
    # Months before the feed began say nothing of how it usually is.
    first = max(number for number, count in enumerate(rows) if count)
    before = [
        count / under_way * projects[0]
        for count, under_way in zip(rows[1 : first + 1], projects[1 : first + 1], strict=True)
        if under_way
    ]
    if len(before) < LEAST_MONTHS:
        return None
    usual, now = median(before), rows[0]
    found = _chance_of_so_few(now, before)
    if found >= chance or now >= THIN * usual:
        return None
    return ("stopped" if now == 0 else "thinned"), int(now), usual, found


def _chance_of_so_few(now: float, before: Sequence[float]) -> float:
    """Chance of at most ``now`` rows by a Poisson law widened to the spread of the months."""
    from scipy.stats import poisson  # type: ignore[import-untyped]

    usual = median(before)
    if usual <= 0:
        return 1.0
    spread = max(1.0, pvariance(before) / max(fmean(before), 1e-9))
    return float(poisson.cdf(now / spread, usual / spread))


def _last_known(store: RecordStore, table: Table, as_of: dt.date) -> dt.date | None:
    found: dt.date | None = store.rows(
        f"SELECT max(known_at) FROM {table.name} WHERE known_at < $1", [as_of]
    )[0][0]
    return found
