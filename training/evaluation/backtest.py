"""The backtest report of a walk: ranking metrics, gain, fairness, flags by grade, visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from models.rule_set import RuleSet
from risk.progress import Progress
from risk.store.store import RecordStore
from training.evaluation.baselines import CONTENDERS, OWN_RULES, RULES, score_all_models
from training.evaluation.bootstrap import SEED, Estimate, bootstrap_weights
from training.evaluation.challengers import CHALLENGER, Challenger
from training.evaluation.fairness import Fairness, fairness
from training.evaluation.fairness import as_document as fairness_document
from training.evaluation.flag_grades import GradeFigures, flag_grades, flags_carried
from training.evaluation.operational_gain import Gain, gain
from training.evaluation.predictions import MODEL
from training.evaluation.report import (
    CUTS,
    RankingReport,
    bootstrap_metrics,
    difference,
    ranking_report,
)
from training.evaluation.selective_labels import RandomVisits, random_visits
from training.evaluation.visit_reordering import ReorderedVisits, reorder_visits
from training.evaluation.walk_forward import Walk, plan_walk, walk
from training.json_safe import to_json_safe

COMPARED = ("roc_auc", "average_precision", *(f"precision_{cut}" for cut in CUTS))
"""The metrics in which the model is compared with each other contender."""


@dataclass(frozen=True)
class Backtest:
    """A walk and its evaluation, with ``capacity`` rows on the list of each month.

    ``differences`` holds, per other contender and metric, the model's value minus the contender's.
    """

    walk: Walk
    capacity: int
    reports: Mapping[str, RankingReport]
    differences: Mapping[str, Mapping[str, Estimate]]
    gain: Gain
    reordered: Mapping[str, ReorderedVisits]
    random_visits: RandomVisits
    flag_grades: Mapping[str, GradeFigures]
    fairness: Fairness


def backtest(
    store: RecordStore,
    first: dt.date,
    last: dt.date,
    *,
    capacity: int,
    progress: Progress | None = None,
    seed: int = SEED,
    cache_dir: Path | None = None,
    rule_sets: Sequence[RuleSet] = (),
    challengers: Sequence[Challenger] = (),
) -> Backtest:
    """Walk from ``first`` to ``last`` month by month and evaluate every contender.

    ``rule_sets`` and ``challengers`` are contenders too, named by
    :data:`training.evaluation.baselines.OWN_RULES` or
    :data:`training.evaluation.challengers.CHALLENGER` and their name. Features are read from and
    written to the feature cache in ``cache_dir``, if given.

    Raises:
        SpanEmpty, NothingToJudge, NoProjectsKnown: see
        :func:`training.evaluation.walk_forward.plan_walk`.
        ChallengerFailed: a challenger failed or gave no probabilities.
    """
    own = tuple(OWN_RULES + one.name for one in rule_sets)
    contenders = (*CONTENDERS, *own, *(CHALLENGER + one.name for one in challengers))
    scorer = partial(score_all_models, rule_sets=rule_sets, challengers=challengers)
    walked = walk(store, plan_walk(store, first, last), progress, scorer, cache_dir)
    predictions, inspections = walked.predictions, walked.observations.inspections
    weights = bootstrap_weights(predictions.clusters, seed=seed)
    metrics = {name: bootstrap_metrics(predictions, name, capacity, weights) for name in contenders}
    events, clusters = predictions.events, predictions.event_clusters
    return Backtest(
        walk=walked,
        capacity=capacity,
        reports={name: ranking_report(predictions, name, capacity, weights) for name in contenders},
        differences={
            name: {
                metric: difference(metrics[MODEL], metrics[name], metric, events, clusters)
                for metric in COMPARED
            }
            for name in contenders
            if name != MODEL
        },
        gain=gain(predictions, walked.log, inspections, seed, own),
        reordered=reorder_visits(predictions, inspections, (MODEL, RULES, *own), seed),
        random_visits=random_visits(predictions, walked.observations, MODEL, capacity, weights),
        flag_grades=flag_grades(flags_carried(store, predictions), predictions, weights),
        fairness=fairness(predictions, capacity),
    )


def as_document(report: Backtest) -> dict[str, Any]:
    """The backtest as JSON-safe values; a figure that does not exist is None."""
    plan = report.walk.plan
    document: dict[str, Any] = to_json_safe(
        {
            "from": plan.months[0].isoformat(),
            "to": plan.months[-1].isoformat(),
            "judged_by_what_was_known_before": plan.known_until.isoformat(),
            "not_mature": [day.isoformat() for day in plan.not_mature],
            "places": report.capacity,
            "months": [
                {**asdict(note), "as_of": note.as_of.isoformat()} for note in report.walk.months
            ],
            "contenders": {name: asdict(one) for name, one in report.reports.items()},
            "model_ahead_of": {
                name: {metric: asdict(value) for metric, value in values.items()}
                for name, values in report.differences.items()
            },
            "gain": asdict(report.gain),
            "same_visits_reordered": {name: asdict(one) for name, one in report.reordered.items()},
            "random_visits": asdict(report.random_visits),
            "flag_grades": {name: asdict(one) for name, one in report.flag_grades.items()},
            "fairness": fairness_document(report.fairness),
        }
    )
    return document
