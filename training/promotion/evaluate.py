"""Evaluation of a challenger on its holdout: all checks of the gate and their document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from models.base import ScoringModel
from models.baselines import last_inspection, rules_in_use
from models.registry import CHAMPION, ModelVersion
from models.scorecard import Scorecard
from risk.store.store import RecordStore
from training.dataset.observation import observations_before, observed_labels
from training.dataset.training_set import TrainingSet
from training.evaluation.baselines import RULES
from training.evaluation.bootstrap import Estimate, bootstrap_weights
from training.evaluation.challengers import CHALLENGER, Challenger
from training.evaluation.champion import ChampionScores, champion_scores
from training.evaluation.fairness import as_document as fairness_document
from training.evaluation.fairness import fairness
from training.evaluation.monthly_precision import monthly_precision
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.predictions_join import details_at, join_predictions
from training.evaluation.report import calibration_of, ranking_report
from training.fit.fit import Holdout, Trained
from training.promotion.challengers import challenger_probability, judge_challenger
from training.promotion.gate import (
    Check,
    Decision,
    decide,
    is_calibrated,
    is_fair,
    no_leakage,
    not_worse,
)
from training.promotion.leakage import SuspiciousFeature, suspicious_features

Champion: TypeAlias = tuple[ScoringModel, ModelVersion]


@dataclass(frozen=True)
class ChallengerEvaluation:
    """The gate's decision, the document for the model card, and implausibly good features."""

    decision: Decision
    document: Mapping[str, Any]
    suspicious: tuple[SuspiciousFeature, ...]


def evaluate_challenger(
    store: RecordStore,
    training_set: TrainingSet,
    trained: Trained,
    champion: Champion | None,
    *,
    capacity: int,
    challengers: Sequence[Challenger] = (),
) -> ChallengerEvaluation:
    """Run all checks of the gate on ``trained`` and decide whether it replaces ``champion``.

    ``challengers`` are judged on the same months, against ``trained``; the document shows them.

    Raises:
        ChallengerFailed: a challenger failed or gave no probabilities.
    """
    if trained.holdout is None:
        decision = _decide_on_scorecard(trained, champion, [])
        return ChallengerEvaluation(decision, {"gate": asdict(decision)}, ())
    predictions = _predictions(store, trained.holdout, training_set, challengers)
    weights = bootstrap_weights(predictions.clusters)
    groups = fairness(predictions, capacity)
    calibration = calibration_of(predictions, MODEL, trained.holdout.expected, weights)
    suspicious = tuple(suspicious_features(trained.holdout.matrix, trained.holdout.labels))
    checks = [is_calibrated(calibration), is_fair(groups), no_leakage(suspicious)]
    if trained.recipe is None:
        decision = _decide_on_scorecard(trained, champion, checks)
    else:
        decision = _decide(training_set, trained, champion, predictions, checks, capacity)
    document: dict[str, Any] = {
        "months": [day.isoformat() for day in predictions.months()],
        "places": capacity,
        "figures": {
            name: _as_dicts(ranking_report(predictions, name, capacity, weights).figures)
            for name in predictions.scores
        },
        "by_month": monthly_precision(predictions, (MODEL, RULES), capacity),
        "calibration": asdict(calibration),
        "fairness": fairness_document(groups),
        "gate": asdict(decision),
    }
    if challengers:
        document["challengers"] = {
            one.name: asdict(judge_challenger(predictions, CHALLENGER + one.name, capacity))
            for one in challengers
        }
    return ChallengerEvaluation(decision, document, suspicious)


def _as_dicts(figures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


def _decide(
    training_set: TrainingSet,
    trained: Trained,
    champion: Champion | None,
    predictions: Predictions,
    checks: list[Check],
    capacity: int,
) -> Decision:
    """The decision on a fitted model, compared with the champion if there is one."""
    if champion is None or trained.holdout is None:
        return decide(checks, first=champion is None, few_events=False)
    rival = champion_scores(champion, training_set, trained, trained.holdout)
    compared = _with_champion(predictions, rival)
    return decide(
        [*not_worse(compared, capacity, same_recipe=rival.same_recipe), *checks],
        first=False,
        few_events=False,
        same_recipe=rival.same_recipe,
        over_scorecard=champion[0].kind == "scorecard",
    )


def _decide_on_scorecard(
    trained: Trained, champion: Champion | None, checks: list[Check]
) -> Decision:
    """The decision on a scorecard, which may only replace a scorecard."""
    same_kind = champion is None or champion[0].kind == trained.model.kind
    kind = Check("average_precision", same_kind, {"kind": trained.model.kind})
    return decide([kind, *checks], first=champion is None, few_events=True)


def _predictions(
    store: RecordStore,
    holdout: Holdout,
    training_set: TrainingSet,
    challengers: Sequence[Challenger],
) -> Predictions:
    """The predictions of the trained model, the baselines and ``challengers`` on its holdout."""
    matrix = holdout.matrix
    observations = observations_before(store, training_set.log.known_until)
    months = [day.astype(object) for day in np.unique(matrix.as_ofs)]
    own = {
        CHALLENGER + one.name: challenger_probability(one, training_set, matrix)
        for one in challengers
    }
    scores = {
        MODEL: holdout.scores,
        RULES: rules_in_use(matrix),
        "scorecard": Scorecard(unit=matrix.kind).raw(matrix),
        "last_inspection": last_inspection(matrix),
        "random": np.zeros(len(holdout.scores)),
        **own,
    }
    return join_predictions(
        matrix,
        details_at(store, months),
        holdout.labels,
        observed_labels(training_set.log, observations, matrix.project_ids, matrix.as_ofs),
        scores,
        {MODEL: holdout.probability, **own},
    )


def _with_champion(predictions: Predictions, champion: ChampionScores) -> Predictions:
    """The rows the champion can be compared on, with both scores."""
    scores = {MODEL: predictions.scores[MODEL], CHAMPION: champion.scores}
    return replace(predictions, scores=scores).where(champion.rows)
