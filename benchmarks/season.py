"""Expected and actual events of each month's list through two winters with distant festivals.

Usage: python -m benchmarks.season --out FILE.md [--projects 1000] [--seeds 201 202 203 204]

In simulated counties the model of 1 October scores the lists of the winter, once with the season
counted from Spring Festival and once with the share of the horizon in November to January in its
place. The festivals are on 22 January 2023 and on 17 February 2026.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from features.season import SEASON_FEATURES
from risk.calendar.dates import HORIZON_DAYS, add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.tiers import DEFAULT_TIERS
from risk.workspace import Workspace
from training.dataset.labels import event_log, event_logs, horizon_labels, training_dates
from training.dataset.training_set import training_set_from_matrix
from training.evaluation.walk_forward import end_of_records
from training.fit.fit import fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

END = dt.date(2026, 12, 31)
MONTHS = 84
WINTERS = {dt.date(2023, 1, 22): dt.date(2022, 10, 1), dt.date(2026, 2, 17): dt.date(2025, 10, 1)}
"""The first list by festival."""
LISTS = 7
FESTIVAL, CALENDAR = "festival", "Nov to Jan"
_SEASON = tuple(feature.name for feature in SEASON_FEATURES)
_TIERS = (DEFAULT_TIERS.red, DEFAULT_TIERS.orange, DEFAULT_TIERS.yellow)


@dataclass(frozen=True)
class Figures:
    """Sums over one list: projects, expected and actual events, projects at least in each tier."""

    projects: int
    expected: float
    came: float
    tiers: tuple[int, ...]

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.projects + other.projects,
            self.expected + other.expected,
            self.came + other.came,
            tuple(map(sum, zip(self.tiers, other.tiers, strict=True))),
        )


def main() -> None:
    """Simulate, fit before each winter, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203, 204])
    options = parser.parse_args()
    total: dict[tuple[dt.date, str], Figures] = {}
    for seed in options.seeds:
        for key, found in figures_of(options.projects, seed).items():
            total[key] = total[key] + found if key in total else found
    options.out.write_text(document(total, options), encoding="utf-8")


def figures_of(projects: int, seed: int) -> dict[tuple[dt.date, str], Figures]:
    """The figures of one county by (list, coding of the season)."""
    lists = {
        first: [add_months(first, month) for month in range(LISTS)] for first in WINTERS.values()
    }
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "records"
        simulate(folder, projects=projects, months=MONTHS, seed=seed, end=END)
        workspace = Workspace(Path(directory) / "workspace")
        import_paths(workspace, [folder], today=END)
        with RecordStore(workspace.records) as store:
            logs = event_logs(store, tuple(lists))
            dates = {day for log in logs.values() for day in training_dates(log)}
            dates |= {day for days in lists.values() for day in days}
            matrix = cached_matrix(store, sorted(dates), None, None)
            final = event_log(store, end_of_records(store))
            out = {}
            for name, coded in codings(matrix).items():
                for first, days in lists.items():
                    model = fit(training_set_from_matrix(logs[first], coded)).model
                    for day in days:
                        cohort = coded.rows_at(day)
                        chance = model.calibration.probability(model.raw(cohort))
                        out[day, name] = _figures(chance, horizon_labels(final, cohort))
            return out


def _figures(chance: NDArray[np.float64], labels: NDArray[np.float64]) -> Figures:
    tiers = tuple(int((chance >= bound).sum()) for bound in _TIERS)
    return Figures(len(labels), float(chance.sum()), float(labels.sum()), tiers)


def codings(matrix: Matrix) -> Mapping[str, Matrix]:
    """The matrix as it is, and with the calendar's months in place of the festival."""
    others = matrix.select_columns([name for name in matrix.columns if name not in _SEASON])
    winter = np.array([winter_share(day) for day in matrix.as_ofs.tolist()])
    calendar = replace(
        others,
        columns=(*others.columns, "winter_share"),
        values=np.column_stack([others.values, winter]),
    )
    return {FESTIVAL: matrix, CALENDAR: calendar}


def winter_share(day: dt.date) -> float:
    """The share of the horizon from ``day`` on in November to January."""
    horizon = (day + dt.timedelta(days=n) for n in range(HORIZON_DAYS))
    return sum(one.month in (11, 12, 1) for one in horizon) / HORIZON_DAYS


def document(total: Mapping[tuple[dt.date, str], Figures], options: argparse.Namespace) -> str:
    """The table as Markdown: each list, and each winter from two lists before to one after."""
    heads = ["list of", "days to the festival", "projects", "events"]
    heads += [f"expected / came, {name}" for name in (FESTIVAL, CALENDAR)]
    heads += [f"red, orange, yellow, {name}" for name in (FESTIVAL, CALENDAR)]
    lines = [row(heads), row(["---"] * len(heads))]
    for festival, first in WINTERS.items():
        days = [add_months(first, month) for month in range(LISTS)]
        lines += [line(str(day), festival - day, [total[day, n] for n in (FESTIVAL, CALENDAR)])
                  for day in days]  # fmt: skip
    size = f"{len(options.seeds)} simulated counties of {options.projects} projects together"
    return (
        "## Two winters with distant festivals\n\nMade by `benchmarks/season.py`; "
        f"{size}, the model of 1 October scores the lists of the winter.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def line(name: str, ahead: dt.timedelta, found: list[Figures]) -> str:
    """One row of the table."""
    ratios = [f"{one.expected / max(one.came, 1):.2f}" for one in found]
    shares = [
        ", ".join(f"{100 * count / one.projects:.1f} %" for count in one.tiers) for one in found
    ]
    cells = [name, str(ahead.days), str(found[0].projects), f"{found[0].came:.0f}"]
    return row([*cells, *ratios, *shares])


if __name__ == "__main__":
    main()
