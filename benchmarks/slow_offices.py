"""Probabilities where cases are decided slowly: events expected over events that came.

Usage: python -m benchmarks.slow_offices --out FILE.md [--projects 800] [--months 54]

Simulated offices, two of them prompt, three of which enter decisions late. Each is trained 14
months before its end and scores the nine monthly cohorts from then on, which are judged by all
events of the world, also those not entered yet. Labels are made in three ways: from decided cases
alone, waiting for the 90 % delay of those, at most 180 days; the same, waiting until 90 % of all
are known; and with undecided cases by their chance to be confirmed, as the product does.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from risk.calendar.dates import MATURITY_MIN_DAYS, add_months
from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.simulator.parameters import Parameters
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.models.backtest_text import shown
from training.dataset.labels import EventLog, event_log, horizon_labels, training_dates
from training.dataset.training_set import training_set_from_matrix
from training.evaluation.bootstrap import bootstrap_weights, estimate
from training.evaluation.predictions_join import details_at
from training.evaluation.walk_forward import end_of_records
from training.fit.fit import Trained, fit
from training.metrics import average_precision, distinct_events, log_loss, ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

END = dt.date(2026, 7, 1)
MONTHS_BEFORE_END, MONTHS_SCORED = 14, 9
CAP_DAYS = 180
OFFICES: tuple[tuple[str, int, Parameters], ...] = (
    ("prompt", 101, Parameters()),
    ("500 days later", 101, Parameters(decision_extra_days=500)),
    ("mean 300 days later", 101, Parameters(decision_extra_mean_days=300.0)),
    (
        "400 days later since 11 months",
        101,
        Parameters(decision_extra_days=400, decision_extra_months=25),
    ),
    ("prompt, another county", 102, Parameters()),
)
"""Name, seed and parameters; offices of one seed are the same world."""


def main() -> None:
    """Simulate, fit and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--projects", type=int, default=800)
    parser.add_argument("--months", type=int, default=54)
    options = parser.parse_args()
    heads = ["office", "labels", "90 % known after", "last month learnt", "events came"]
    heads += ["expected / came", "log loss", "of the rate", "average precision"]
    lines = [row(heads), row(["---"] * len(heads))]
    for line in table(options.projects, options.months):
        lines.append(row(line))
        print(lines[-1], flush=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(projects: int, months: int) -> Iterator[list[str]]:
    """The cells of every office and way of making labels."""
    truths: dict[int, EventLog] = {}
    for name, seed, parameters in OFFICES:
        with tempfile.TemporaryDirectory() as directory:
            folder, workspace = Path(directory) / "records", Workspace(Path(directory) / "w")
            simulate(
                folder, projects=projects, months=months, seed=seed, end=END, parameters=parameters
            )
            import_paths(workspace, [folder], today=END)
            with RecordStore(workspace.records) as store:
                truth = truths.setdefault(seed, event_log(store, end_of_records(store)))
                for cells in office(store, truth):
                    yield [name, *cells]


def office(store: RecordStore, truth: EventLog) -> Iterator[list[str]]:
    """The cells of one office, judged by the events of ``truth``."""
    trained_at = add_months(END, -MONTHS_BEFORE_END)
    months = [add_months(trained_at, ahead) for ahead in range(MONTHS_SCORED)]
    log = event_log(store, trained_at)
    ways = {
        "decided, at most 180 days": decided_only(log, delay_of_decided(store, trained_at)),
        "decided, no cap": decided_only(log, log.delays.complete_days()),
        "undecided by their chance": log,
    }
    days = {day for one in ways.values() for day in training_dates(one)} | set(months)
    matrix = cached_matrix(store, sorted(days), None, None)
    later = matrix.where(np.isin(matrix.as_ofs, np.array(months, dtype="datetime64[D]")))
    labels = horizon_labels(truth, later)
    projects = details_at(store, months).projects
    keys = zip(later.as_ofs.astype(object), later.project_ids, strict=True)
    weights = bootstrap_weights([str(projects[key][0]) for key in keys]).astype(np.float64)
    for name, way in ways.items():
        trained = fit(training_set_from_matrix(way, matrix))
        known = way.delays.known_days
        yield [
            name,
            "not reached" if known is None else f"{known} days",
            str(trained.last_snapshot or "none"),
            *figures(trained, later, labels, weights),
        ]


def decided_only(log: EventLog, wait: int) -> EventLog:
    """The log without undecided cases, whose labels wait for ``wait`` days."""
    return dataclasses.replace(log, undecided={}, maturity_days=wait)


def delay_of_decided(store: RecordStore, day: dt.date) -> int:
    """The 90 % quantile of the delay of the events known before ``day``, in 30 to 180 days."""
    delay = store.rows(
        """
        SELECT quantile_cont(datediff('day', event_on, known_at), 0.9) FROM (
          SELECT opened_on AS event_on, min(known_at) AS known_at FROM cases_versions
          WHERE known_at < $1 AND project_id IS NOT NULL
            AND (status = 'confirmed' OR confirmed_on IS NOT NULL)
          GROUP BY case_id, opened_on
          UNION ALL
          SELECT inspected_on, min(known_at) FROM inspections_versions
          WHERE known_at < $1 AND arrears_found GROUP BY inspection_id, inspected_on
        )
        """,
        [day],
    )[0][0]
    return int(np.clip(np.ceil(delay or 0), MATURITY_MIN_DAYS, CAP_DAYS))


def figures(
    trained: Trained,
    later: Matrix,
    labels: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> list[str]:
    """Events that came, expected over came with its interval, log losses, average precision."""
    probability = trained.model.calibration.probability(trained.model.raw(later))
    events = distinct_events(later.project_ids, later.as_ofs, labels)
    ratio = estimate(ratio_or_nan(weights @ probability, weights @ labels), events)
    rate = np.full(len(labels), labels.mean())
    return [
        str(events),
        shown(ratio, "en", 2),
        f"{log_loss(probability, labels):.4f}",
        f"{log_loss(rate, labels):.4f}",
        f"{average_precision(probability, labels):.3f}",
    ]


if __name__ == "__main__":
    main()
