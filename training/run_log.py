"""What a run of MLflow says about a training: tags, data, months, evidence and trials."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from models.runs import Run
from training.fit.fit import Holdout, Trained
from training.fit.model_selection import Choice
from training.metrics import average_precision, log_loss, roc_auc
from training.promotion.gate import Decision

if TYPE_CHECKING:
    from training.dataset.training_set import TrainingSet
    from training.evaluation.backtest import Backtest
    from training.evaluation.predictions import Predictions

_BACKTEST_METRICS = ("roc_auc", "average_precision", "precision_capacity", "recall_capacity")
_PACKAGES = ("duckdb", "lightgbm", "numpy", "pyarrow", "scipy")


def opening_tags(as_of: dt.date, kind: str) -> dict[str, str]:
    """Tags known before anything is fitted."""
    packages = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {
        "as_of": as_of.isoformat(),
        "kind": kind,
        "version": importlib.metadata.version("wagewatch"),
        "packages": ", ".join(f"{name} {version}" for name, version in packages.items()),
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": "wagewatch",
    }


def log_training(run: Run, training_set: TrainingSet, trained: Trained, records: str) -> None:
    """Log the records behind ``trained`` (``records`` is their digest) and its months."""
    matrix = training_set.matrix
    run.log_records(records, len(matrix.project_ids), len(matrix.columns))
    run.tag({"records_digest": records, "model_kind": trained.model.kind})
    if trained.holdout is not None:
        run.log_months(metrics_by_month(trained.holdout))


def log_decision(run: Run, about: Mapping[str, Any], decision: Decision) -> None:
    """Log the gate's decision, and the evidence it rests on as ``evidence.json``."""
    passed = "passed" if decision.passed else "not passed"
    failed = ", ".join(decision.failed_checks())
    run.tag({"gate": f"{passed}: {decision.grounds}", "gate_failed_checks": failed})
    evidence = {"choice": about["choice"], "evidence": about["evidence"]}
    run.write("evidence.json", json.dumps(evidence, ensure_ascii=False, indent=1) + "\n")


def log_candidates(run: Run, choice: Choice) -> None:
    """Log every compared way of fitting, trials of the search among them, as a nested run."""
    regrets = {one.name: one for one in choice.regrets}
    for candidate in choice.candidates:
        name = candidate.name
        with run.child(name, {"chosen": name == choice.chosen.name}) as child:
            child.log_parameters(vars(candidate.hyperparameters))
            if candidate.by_month:
                figures = {"mean_regret": regrets[name].mean, "worst_regret": regrets[name].worst}
                child.log_metrics({"average_precision": candidate.mean, **figures})


def metrics_by_month(holdout: Holdout) -> dict[dt.date, dict[str, float]]:
    """Rows, events, ranking metrics and log loss of each month of ``holdout``.

    A figure that needs both labels, or a calibration on earlier months, is left out without them.
    """
    found: dict[dt.date, dict[str, float]] = {}
    for month in np.unique(holdout.matrix.as_ofs):
        rows = holdout.matrix.as_ofs == month
        labels, scores = holdout.labels[rows], holdout.scores[rows]
        figures = {"rows": float(len(labels)), "events": float(labels.sum())}
        if 0 < labels.sum() < len(labels):
            figures["roc_auc"] = roc_auc(scores, labels)
            figures["average_precision"] = average_precision(scores, labels)
        probability = holdout.probability[rows]
        if len(labels) and not np.isnan(probability).any():
            figures["log_loss"] = log_loss(probability, labels)
        found[month.astype(object)] = figures
    return found


def log_backtest(run: Run, report: Backtest, document: Mapping[str, Any]) -> None:
    """Log the figures of all contenders, each month as a nested run, and ``backtest.json``."""
    run.log_parameters({"capacity": report.capacity, "months": len(report.walk.months)})
    for name, one in report.reports.items():
        figures = {metric: one.figures[metric].value for metric in _BACKTEST_METRICS}
        run.log_metrics({f"{_plain(name)}/{m}": v for m, v in figures.items() if not math.isnan(v)})
    predictions = report.walk.predictions
    by_month: dict[dt.date, dict[str, float]] = {}
    for note in report.walk.months:
        month = predictions.where(predictions.as_ofs == np.datetime64(note.as_of))
        by_month[note.as_of] = _contenders_of(month)
        tags = {"as_of": note.as_of, "model_kind": note.kind}
        with run.child(note.as_of.isoformat(), tags) as child:
            child.log_parameters({"cohort": note.cohort, "events_learnt": note.events_learnt})
            child.log_metrics({"events": float(note.events), **by_month[note.as_of]})
    run.log_months(by_month)
    run.write("backtest.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _contenders_of(month: Predictions) -> dict[str, float]:
    """Ranking metrics of every contender in one month; empty unless both labels occur."""
    if not 0 < month.labels.sum() < len(month.labels):
        return {}
    figures = {}
    for name, scores in month.scores.items():
        figures[f"{_plain(name)}/roc_auc"] = roc_auc(scores, month.labels)
        figures[f"{_plain(name)}/average_precision"] = average_precision(scores, month.labels)
    return figures


def _plain(name: str) -> str:
    """``name`` with characters that MLflow takes in names of metrics only."""
    return re.sub(r"[^\w./ -]", "_", name)
