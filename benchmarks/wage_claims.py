"""Wage claims of a real state: the model against three simpler ways to rank employers.

Usage: python -m benchmarks.wage_claims --out FILE.md --panel FOLDER:DAY ...

A panel is a folder of records in the form of the contract with projects, complaints and cases, an
employer as project. Everything is fitted on what was known before DAY and ranks the employers of
DAY and of three later quarters. Compared are the model that ``wagewatch train`` fits by default,
the number of earlier claims that were found owed, logistic regression on eight counts, and LightGBM
with its own defaults on the same eight. "New trouble" are employers without any earlier finding.
Figures of rank are means over the four dates; 95 % intervals come from resampling employers.
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
from risk.calendar.dates import add_months
from risk.intake.importer import import_paths
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from serving.models.backtest_text import shown
from training.dataset.labels import event_log, horizon_labels
from training.dataset.training_set import TrainingSet, build_training_set
from training.evaluation.bootstrap import (
    Estimate,
    Weights,
    bootstrap_weights,
    estimate,
    in_batches,
)
from training.evaluation.calibration import CalibrationReport, calibration_report
from training.evaluation.walk_forward import end_of_records
from training.fit.fit import fit
from training.metrics import (
    Ranking,
    average_precision_among_others,
    distinct_events,
    log_loss,
    ratio_or_nan,
)

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
    """Figures of one state: (AUC, average precision) by contender, for all and for new trouble.

    ``losses`` are the log loss of the model and that of one rate for all.
    """

    name: str
    day: dt.date
    kind: str
    events_learnt: int
    everybody: Mapping[str, tuple[Estimate, Estimate]]
    new: Mapping[str, tuple[Estimate, Estimate]]
    positives: tuple[int, int]
    events: int
    calibration: CalibrationReport
    losses: tuple[float, float]


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
    chance = model.calibration.probability(raw)
    rate = np.full(len(labels), max(float(training_set.expected.mean()), 1e-6))
    weights = bootstrap_weights(later.project_ids)
    events = distinct_events(later.project_ids, later.as_ofs, labels)
    return Panel(
        name,
        day,
        model.kind,
        training_set.events,
        {each: quarterly(later, one, labels, new | True, weights) for each, one in scores.items()},
        {each: quarterly(later, one, labels, new, weights) for each, one in scores.items()},
        (int(labels.sum()), int(labels[new].sum())),
        events,
        calibration_report(chance, labels, weights[1:], events, employers(later, labels > 0)),
        (log_loss(chance, labels), log_loss(rate, labels)),
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
    weights: Weights,
) -> tuple[Estimate, Estimate]:
    """AUC and average precision of ``rows``, the mean over the dates.

    ``weights`` as made by :func:`training.evaluation.bootstrap.bootstrap_weights`.
    """
    dates = [rows & (later.as_ofs == day) for day in np.unique(later.as_ofs)]
    dates = [at for at in dates if 0 < labels[at].sum() < at.sum()]
    found = np.array([drawn(scores[at], labels[at], weights[:, at]) for at in dates])
    areas, precisions = (mean_of_known(found[:, metric]) for metric in (0, 1))
    known = rows & (labels > 0)
    names = np.array(later.project_ids, dtype=object)[rows]
    events = distinct_events(names, later.as_ofs[rows], labels[rows])
    numbers = np.arange(len(labels))
    debiased = [average_precision_among_others(scores[at], labels[at], numbers[at]) for at in dates]
    clusters = employers(later, known)
    return (
        estimate(areas, events, clusters),
        estimate(precisions, events, clusters, float(np.mean(debiased))),
    )


def mean_of_known(by_date: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the dates of each resample, without those where it has no event."""
    return ratio_or_nan(np.nansum(by_date, axis=0), (~np.isnan(by_date)).sum(axis=0))


def drawn(
    scores: NDArray[np.float64], labels: NDArray[np.float64], weights: Weights
) -> NDArray[np.float64]:
    """AUC and average precision of one date for every row of ``weights``, shape (2, resamples)."""
    ranking = Ranking(scores, labels)
    parts = [
        (ranking.roc_auc(batch), ranking.average_precision(batch)) for batch in in_batches(weights)
    ]
    return np.concatenate(parts, axis=1)


def employers(later: Matrix, rows: NDArray[np.bool_]) -> int:
    """The number of employers with any of ``rows``."""
    return len({later.project_ids[row] for row in np.flatnonzero(rows)})


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
    ratio, slope = (figure(each, 2) for each in (one.calibration.ratio, one.calibration.slope))
    loss, constant = one.losses
    head = (
        f"{one.name}: learnt before {one.day} from {one.events_learnt} events ({one.kind}); "
        f"{one.positives[0]} employer-quarters with a finding ({one.events} events), "
        f"{one.positives[1]} of them new trouble. "
        f"The model: expected / came {ratio}, calibration slope {slope}, "
        f"log loss {loss:.4f} ({constant:.4f} with the rate of the months learnt for all)."
    )
    heads = ["ranked by", "ROC AUC", "average precision", "ROC AUC, new", "average precision, new"]
    lines = [row(heads), row(["---"] * len(heads))]
    lines += [line(name, [*one.everybody[name], *one.new[name]]) for name in one.everybody]
    return head + "\n\n" + "\n".join(lines)


def line(name: str, figures: Sequence[Estimate]) -> str:
    """One row of the table."""
    return row([name, *(figure(one) for one in figures)])


def figure(one: Estimate, digits: int = 3) -> str:
    """A figure with its interval."""
    return shown(one, "en", digits)


if __name__ == "__main__":
    main()
