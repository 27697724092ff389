"""Wage claims of a real state: the model against three simpler ways to rank employers.

Usage: python -m benchmarks.wage_claims --out FILE.md --panel FOLDER:DAY ...

A panel is a folder of records in the form of the contract with projects, complaints and cases, an
employer as project. Everything is fitted on what was known before DAY and ranks the employers of
DAY and of three later quarters. Compared are the model that ``wagewatch train`` fits by default,
the number of earlier claims that were found owed, logistic regression on eight counts, and LightGBM
with its own defaults on the same eight. "New trouble" are employers without any earlier finding.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.backtest import row
from features.cache.cached_matrix import cached_matrix
from features.matrix import Matrix
from models.calibration import FLAT_INTERCEPT
from models.calibration import fit as recalibrate
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from training.dataset.labels import event_log, horizon_labels
from training.dataset.training_set import TrainingSet, build_training_set
from training.evaluation.walk_forward import end_of_records
from training.fit.fit import fit
from training.metrics import average_precision, distinct_events, log_loss, roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUARTERS = 4
MODEL, COUNT, REGRESSION, BOOSTERS = (
    "model",
    "earlier findings",
    "regression, eight counts",
    "LightGBM, eight counts",
)

_COUNTS = """
WITH days AS (SELECT unnest($1::DATE[]) AS as_of),
claims AS (
  SELECT d.as_of, c.project_id,
         count(*) AS claims,
         count(*) FILTER (c.received_on >= d.as_of - 365) AS claims_year,
         count(*) FILTER (c.received_on >= d.as_of - 90) AS claims_quarter,
         coalesce(sum(c.amount_claimed), 0) AS claimed,
         min(d.as_of - c.received_on) AS days_since
  FROM days d JOIN complaints c ON c.known_at < d.as_of
  GROUP BY ALL
),
newest AS (
  SELECT d.as_of, k.case_id, any_value(k.project_id) AS project_id,
         arg_max(k.status, k.known_at) AS status,
         arg_max(k.confirmed_on, k.known_at) AS confirmed_on
  FROM days d JOIN cases k ON k.known_at < d.as_of
  GROUP BY ALL
),
findings AS (
  SELECT as_of, project_id,
         count(*) FILTER (confirmed_on IS NOT NULL) AS findings,
         count(*) FILTER (confirmed_on >= as_of - 365) AS findings_year,
         count(*) FILTER (status IN ('accepted', 'filed') AND confirmed_on IS NULL) AS undecided
  FROM newest GROUP BY ALL
)
SELECT c.as_of, c.project_id, claims, claims_year, claims_quarter, ln(1 + claimed), days_since,
       coalesce(findings, 0), coalesce(findings_year, 0), coalesce(undecided, 0)
FROM claims c LEFT JOIN findings USING (as_of, project_id)
"""
_FINDINGS = 5


@dataclass(frozen=True)
class Panel:
    """Figures of one state: (AUC, average precision) by contender, for all and for new trouble."""

    name: str
    day: dt.date
    kind: str
    events_learnt: int
    everybody: Mapping[str, tuple[float, float]]
    new: Mapping[str, tuple[float, float]]
    positives: tuple[int, int]
    events: int
    calibration: tuple[float, float, float, float]


def main() -> None:
    """Fit, rank and judge each panel, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--panel", action="append", required=True, metavar="FOLDER:DAY")
    options = parser.parse_args()
    blocks = ["## Wage claims of three states", "Made by `benchmarks/wage_claims.py`."]
    for one in options.panel:
        folder, _, day = one.rpartition(":")
        blocks.append(text_of(panel(Path(folder), dt.date.fromisoformat(day))))
        options.out.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def panel(folder: Path, day: dt.date) -> Panel:
    """The figures of the records in ``folder``, fitted before ``day``."""
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory))
        import_paths(workspace, [folder], today=clock.today())
        with RecordStore(workspace.records) as store:
            training_set = build_training_set(store, day)
            later_days = [add_months(day, 3 * quarter) for quarter in range(QUARTERS)]
            later = cached_matrix(store, later_days, None, None)
            labels = horizon_labels(event_log(store, end_of_records(store)), later)
            counts = counts_of(store, training_set.matrix, later)
    return judged(folder.name, day, training_set, later, labels, counts)


def judged(
    name: str,
    day: dt.date,
    training_set: TrainingSet,
    later: Matrix,
    labels: NDArray[np.float64],
    counts: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Panel:
    """Fit every contender and judge it; ``counts`` are those of the training rows and of later."""
    model = fit(training_set).model
    raw = model.raw(later)
    scores = {MODEL: raw, COUNT: counts[1][:, _FINDINGS], **simple(training_set, *counts)}
    new = counts[1][:, _FINDINGS] == 0
    everybody = np.ones(len(labels), dtype=bool)
    chance = model.calibration.probability(raw)
    slope = recalibrate(np.log(chance / (1 - chance)), labels, FLAT_INTERCEPT).slope
    rate = np.full(len(labels), max(float(training_set.expected.mean()), 1e-6))
    return Panel(
        name,
        day,
        model.kind,
        training_set.events,
        {each: quarterly(later, one, labels, everybody) for each, one in scores.items()},
        {each: quarterly(later, one, labels, new) for each, one in scores.items()},
        (int(labels.sum()), int(labels[new].sum())),
        distinct_events(later.project_ids, later.as_ofs, labels),
        (
            float(chance.sum() / labels.sum()),
            slope,
            log_loss(chance, labels),
            log_loss(rate, labels),
        ),
    )


def simple(
    training_set: TrainingSet, learnt: NDArray[np.float64], later: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Scores of the later rows by regression and by LightGBM on eight counts."""
    import lightgbm as lgb
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.log1p(learnt))
    regression = LogisticRegression(max_iter=1000)
    regression.fit(scaler.transform(np.log1p(learnt)), training_set.target)
    asked = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True}
    booster = lgb.train(asked, lgb.Dataset(learnt, training_set.target), num_boost_round=100)
    return {
        REGRESSION: regression.decision_function(scaler.transform(np.log1p(later))),
        BOOSTERS: np.asarray(booster.predict(later, raw_score=True)),
    }


def quarterly(
    later: Matrix,
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    rows: NDArray[np.bool_],
) -> tuple[float, float]:
    """AUC and average precision of ``rows``, the mean over the dates."""
    found = []
    for day in np.unique(later.as_ofs):
        at = rows & (later.as_ofs == day)
        if 0 < labels[at].sum() < at.sum():
            found.append(
                (roc_auc(scores[at], labels[at]), average_precision(scores[at], labels[at]))
            )
    means = np.mean(found, axis=0)
    return float(means[0]), float(means[1])


def counts_of(store: RecordStore, *matrices: Matrix) -> tuple[NDArray[np.float64], ...]:
    """Eight counts per row of each matrix, from what was known before its date."""
    days = sorted({day for one in matrices for day in one.as_ofs.tolist()})
    found = {(day, name): values for day, name, *values in store.rows(_COUNTS, [days])}
    none = [0.0] * 8
    return tuple(
        np.array(
            [
                found.get(key, none)
                for key in zip(one.as_ofs.tolist(), one.project_ids, strict=True)
            ],
            dtype=np.float64,
        )
        for one in matrices
    )


def text_of(one: Panel) -> str:
    """The table of one state."""
    ratio, slope, loss, constant = one.calibration
    head = (
        f"{one.name}: learnt before {one.day} from {one.events_learnt} events ({one.kind}); "
        f"{one.positives[0]} employer-quarters with a finding ({one.events} events), "
        f"{one.positives[1]} of them new trouble. "
        f"The model: expected / came {ratio:.2f}, calibration slope {slope:.2f}, "
        f"log loss {loss:.4f} ({constant:.4f} with the rate of the months learnt for all)."
    )
    heads = ["ranked by", "ROC AUC", "average precision", "ROC AUC, new", "average precision, new"]
    lines = [row(heads), row(["---"] * len(heads))]
    lines += [line(name, [*one.everybody[name], *one.new[name]]) for name in one.everybody]
    return head + "\n\n" + "\n".join(lines)


def line(name: str, figures: Sequence[float]) -> str:
    """One row of the table."""
    return row([name, *(f"{figure:.3f}" for figure in figures)])


if __name__ == "__main__":
    main()
