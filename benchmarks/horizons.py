"""One hazard model for 30, 60 and 90 days against a model for each horizon.

Usage: python -m benchmarks.horizons --out FILE.md [--projects 600] [--seeds 211 212 213 214]
       [--panel FOLDER:DAY ...]

Twelve monthly lists of each set are scored. Counties are simulated, with a fit every third month; a
panel is a folder of records in the form of the contract, its lists begin on DAY, with a fit every
sixth month because panels are large. ``--seeds`` without a number leaves the counties out.

The hazard model is fitted on rows of a project, a date and one of three thirds of the horizon, with
the third and its distance to Spring Festival among its features. A row counts while no event has
come in an earlier third, so months whose 90 days have not all matured still give their first
thirds. The chance of an event within 30, 60 or 90 days is one minus the product of the thirds
without one. Both ways use boosters with the same hyperparameters and number of rounds, and Platt's
calibration on the newest months.

Discrete-time hazards: Singer and Willett, "It's About Time: Using Discrete-Time Survival Analysis",
Journal of Educational Statistics 18(2), 1993.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import lightgbm as lgb
import numpy as np

from benchmarks.backtest import row
from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from models.arrears import fit_booster, hyperparameters_for
from models.calibration import FLAT_INTERCEPT, Calibration
from models.calibration import fit as calibrate
from risk.calendar.dates import HORIZON_DAYS, add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from training.dataset.labels import EventLog, dated_within, event_log, event_logs
from training.evaluation.ablation import column_varies
from training.evaluation.walk_forward import end_of_records
from training.fit.out_of_time import directions_of
from training.metrics import average_precision, log_loss, roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

MONTHS = 60
END = dt.date(2026, 6, 30)
FIRST = dt.date(2025, 1, 1)
LISTS, LISTS_A_FIT, PANEL_LISTS_A_FIT = 12, 3, 6
PART_DAYS = 30
PARTS = HORIZON_DAYS // PART_DAYS
CALIBRATION_MONTHS = 9
ROUNDS, SEEDS = 200, (0, 1)
HAZARD, DIRECT = "one hazard model", "a model a horizon"


Figures: TypeAlias = dict[int, Mapping[str, tuple[str, ...]]]
"""Cells by horizon in days, then by way of fitting."""


@dataclass(frozen=True)
class Rows:
    """Rows to fit on: values (rows, columns), labels and dates."""

    values: NDArray[np.float64]
    labels: NDArray[np.float64]
    as_ofs: NDArray[np.datetime64]


@dataclass(frozen=True)
class Fitted:
    """Boosters whose mean is the raw score, and its calibration."""

    boosters: tuple[lgb.Booster, ...]
    calibration: Calibration

    def probability(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability by row of ``values``."""
        return self.calibration.probability(raw(self.boosters, values))


def raw(boosters: Sequence[lgb.Booster], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log-odds of ``boosters`` by row."""
    total = np.zeros(len(values))
    for booster in boosters:
        total += np.asarray(booster.predict(values, raw_score=True))
    return total / len(boosters)


def main() -> None:
    """Simulate, fit, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="*", default=[211, 212, 213, 214])
    parser.add_argument("--panel", action="append", default=[], metavar="FOLDER:DAY")
    options = parser.parse_args()
    found = {str(seed): figures_of_county(options.projects, seed) for seed in options.seeds}
    for one in options.panel:
        folder, _, day = one.rpartition(":")
        found[Path(folder).name] = figures_of_panel(Path(folder), dt.date.fromisoformat(day))
    lines = [line(name, days, cells) for name, of in found.items() for days, cells in of.items()]
    options.out.write_text(document(lines), encoding="utf-8")


def figures_of_county(projects: int, seed: int) -> Figures:
    """The cells of one simulated county."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "records"
        simulate(folder, projects=projects, months=MONTHS, seed=seed, end=END)
        return figures_of(folder, Path(directory) / "workspace", FIRST, LISTS_A_FIT)


def figures_of_panel(folder: Path, first: dt.date) -> Figures:
    """The cells of the records in ``folder``, the first list on ``first``."""
    with tempfile.TemporaryDirectory() as directory:
        return figures_of(folder, Path(directory), first, PANEL_LISTS_A_FIT)


def figures_of(folder: Path, place: Path, first: dt.date, lists_a_fit: int) -> Figures:
    """The cells of the records in ``folder``, imported into ``place``."""
    refits = [add_months(first, number) for number in range(0, LISTS, lists_a_fit)]
    workspace = Workspace(place)
    import_paths(workspace, [folder], today=clock.today())
    with RecordStore(workspace.records) as store:
        logs = event_logs(store, refits)
        lists = {day: [add_months(day, n) for n in range(lists_a_fit)] for day in refits}
        earlier = {day: [add_months(day, -n) for n in range(1, MONTHS - LISTS)] for day in refits}
        dates = {one for of in (lists, earlier) for days in of.values() for one in days}
        matrix = with_variation(cached_matrix(store, sorted(dates), None, None))
        final = event_log(store, end_of_records(store))
    chances: dict[tuple[int, str], list[NDArray[np.float64]]] = {}
    labels: dict[int, list[NDArray[np.float64]]] = {}
    for day in refits:
        cohort = matrix.where(np.isin(matrix.as_ofs, np.array(lists[day], dtype="datetime64[D]")))
        past = matrix.where(np.isin(matrix.as_ofs, np.array(earlier[day], dtype="datetime64[D]")))
        for days, way, chance in chances_of(past, logs[day], cohort):
            chances.setdefault((days, way), []).append(chance)
        for part in range(1, PARTS + 1):
            days = part * PART_DAYS
            dated = dated_within(final.days, cohort.project_ids, cohort.as_ofs, 0, days)
            labels.setdefault(days, []).append(dated.astype(np.float64))
    return {
        days: {
            way: cells(np.concatenate(chances[days, way]), np.concatenate(of))
            for way in (DIRECT, HAZARD)
        }
        for days, of in labels.items()
    }


def with_variation(matrix: Matrix) -> Matrix:
    """The columns that have more than one value, unknown being a value.

    A panel has three feeds, and the values of large ones would not fit in memory.
    """
    return matrix.select_columns(
        [
            name
            for number, name in enumerate(matrix.columns)
            if column_varies(matrix.values[:, number])
        ]
    )


def chances_of(
    past: Matrix, log: EventLog, cohort: Matrix
) -> Iterator[tuple[int, str, NDArray[np.float64]]]:
    """The chance of an event of each row of ``cohort`` by horizon and way of fitting."""
    directions = directions_of(past.columns)
    parts = [part_rows(past, log, part) for part in range(PARTS)]
    hazard = fit([*directions, 0, 0], stacked(parts))
    without = np.ones(len(cohort.as_ofs))
    for part in range(PARTS):
        days = (part + 1) * PART_DAYS
        without *= 1 - hazard.probability(with_part(cohort, part))
        yield days, HAZARD, 1 - without
        direct = fit(directions, horizon_rows(past, log, days))
        yield days, DIRECT, direct.probability(cohort.values)


def mature(past: Matrix, log: EventLog, days: int) -> NDArray[np.bool_]:
    """The rows whose first ``days`` days have ended and matured."""
    last = log.known_until - dt.timedelta(days=days + log.maturity_days)
    rows: NDArray[np.bool_] = past.as_ofs <= np.datetime64(last)
    return rows


def horizon_rows(past: Matrix, log: EventLog, days: int) -> Rows:
    """The mature rows, labelled by an event within ``days`` days."""
    rows = past.where(mature(past, log, days))
    dated = dated_within(log.days, rows.project_ids, rows.as_ofs, 0, days)
    return Rows(rows.values, dated.astype(np.float64), rows.as_ofs)


def part_rows(past: Matrix, log: EventLog, part: int) -> Rows:
    """The mature rows without an event before ``part``, labelled by an event in it."""
    first, last = part * PART_DAYS, (part + 1) * PART_DAYS
    rows = past.where(mature(past, log, last))
    free = ~dated_within(log.days, rows.project_ids, rows.as_ofs, 0, first)
    rows = rows.where(free)
    dated = dated_within(log.days, rows.project_ids, rows.as_ofs, first, last)
    return Rows(with_part(rows, part), dated.astype(np.float64), rows.as_ofs)


def with_part(matrix: Matrix, part: int) -> NDArray[np.float64]:
    """The values with the part of the horizon, and the days from its start to the festival."""
    ahead = matrix.values[:, matrix.columns.index("days_to_festival")] - part * PART_DAYS
    return np.column_stack([matrix.values, np.full(len(ahead), float(part)), ahead])


def stacked(parts: Sequence[Rows]) -> Rows:
    """The rows of all ``parts``."""
    return Rows(
        np.concatenate([one.values for one in parts]),
        np.concatenate([one.labels for one in parts]),
        np.concatenate([one.as_ofs for one in parts]),
    )


def fit(directions: Sequence[int], rows: Rows) -> Fitted:
    """Boosters on all rows, calibrated by ones that have not seen the newest months."""
    held = np.isin(rows.as_ofs, np.unique(rows.as_ofs)[-CALIBRATION_MONTHS:])
    # A label of three months reaches into the months that are held back.
    seen = rows.as_ofs < rows.as_ofs[held].min() - HORIZON_DAYS
    past = boosters_of(directions, rows.values[seen], rows.labels[seen])
    calibration = calibrate(raw(past, rows.values[held]), rows.labels[held])
    return Fitted(boosters_of(directions, rows.values, rows.labels), calibration)


def boosters_of(
    directions: Sequence[int], values: NDArray[np.float64], labels: NDArray[np.float64]
) -> tuple[lgb.Booster, ...]:
    """A booster a seed."""
    recipe = hyperparameters_for(float(labels.sum()))
    data = lgb.Dataset(values, labels)
    return tuple(
        fit_booster(data, directions, hyperparameters=recipe, rounds=ROUNDS, seed=seed)
        for seed in SEEDS
    )


def cells(chance: NDArray[np.float64], labels: NDArray[np.float64]) -> tuple[str, ...]:
    """ROC AUC, average precision, log loss, mean probability over rate, calibration slope."""
    odds = np.log(chance) - np.log1p(-chance)
    slope = calibrate(odds, labels, FLAT_INTERCEPT).slope
    return (
        f"{roc_auc(chance, labels):.3f}",
        f"{average_precision(chance, labels):.3f}",
        f"{log_loss(chance, labels):.4f}",
        f"{chance.mean() / labels.mean():.2f}",
        f"{slope:.2f}",
    )


def line(seed: str, days: int, found: Mapping[str, tuple[str, ...]]) -> str:
    """One row of the table: ``a model a horizon / one hazard model`` in each cell."""
    pairs = zip(found[DIRECT], found[HAZARD], strict=True)
    return row([seed, str(days), *(f"{direct} / {hazard}" for direct, hazard in pairs)])


def document(lines: Sequence[str]) -> str:
    """The table as Markdown."""
    heads = ["county", "days", "ROC AUC", "average precision", "log loss"]
    heads += ["mean probability over event rate", "calibration slope"]
    return "\n".join(
        [
            "## Horizons of 30, 60 and 90 days\n",
            f"Made by `benchmarks/horizons.py`; in each cell {DIRECT} / {HAZARD}.\n",
            row(heads),
            row(["---"] * len(heads)),
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
