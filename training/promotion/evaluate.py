"""Gathers what a challenger's gate is decided on: months it was not grown on, and its rivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from models.base import ScoringModel
from models.baselines import last_inspection, rules_in_use
from models.registry import ModelVersion
from models.scorecard import Scorecard
from risk.store.store import RecordStore
from training.dataset.observation import looks, outcomes
from training.dataset.training_set import Lessons
from training.evaluation.baselines import RULES
from training.evaluation.bootstrap import Estimate
from training.evaluation.calibration import reliability
from training.evaluation.champion import Rival, rival_of
from training.evaluation.fairness import as_document as fairness_document
from training.evaluation.fairness import fairness
from training.evaluation.predictions import MODEL, Judged
from training.evaluation.predictions_join import details_at, judged_rows
from training.evaluation.report import resamples, verdict
from training.fit.fit import LaterTime, Trained
from training.promotion.gate import (
    CHAMPION,
    Check,
    Decision,
    calibrated,
    decide,
    fair,
    honest,
    no_worse,
)
from training.promotion.leakage import TooGood, too_good


@dataclass(frozen=True)
class Evidence:
    """The gate's decision, its document for the model card, and features too good to be true."""

    decision: Decision
    document: Mapping[str, Any]
    too_good: tuple[TooGood, ...]


def weigh(
    store: RecordStore,
    lessons: Lessons,
    trained: Trained,
    champion: tuple[ScoringModel, ModelVersion] | None,
    *,
    places: int,
) -> Evidence:
    """Decide whether ``trained`` may take the place of ``champion``, and keep why."""
    if trained.later is None:
        return _without_later_time(trained, champion)
    judged = _later_rows(store, trained.later, lessons)
    weights = resamples(judged)
    groups = fairness(judged, places)
    said = reliability(judged.probability[MODEL], judged.happened, weights[1:])
    suspects = tuple(too_good(trained.later.matrix, trained.later.happened))
    checks = [calibrated(said), fair(groups), honest(suspects)]
    if champion is not None:
        rival = rival_of(champion, trained.later)
        checks = [*no_worse(_against(judged, rival), places), *checks]
    decision = decide(checks, first=champion is None, few_events=False)
    document = {
        "months": [day.isoformat() for day in judged.months()],
        "places": places,
        "figures": {
            name: _as_dicts(verdict(judged, name, places, weights).figures)
            for name in judged.scores
        },
        "calibration": asdict(said),
        "fairness": fairness_document(groups),
        "gate": asdict(decision),
    }
    return Evidence(decision, document, suspects)


def _as_dicts(figures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


def _without_later_time(
    trained: Trained, champion: tuple[ScoringModel, ModelVersion] | None
) -> Evidence:
    """The scorecard takes the place of nothing but a scorecard."""
    same_kind = champion is None or champion[0].kind == trained.model.kind
    checks = [Check("average_precision", same_kind, {"kind": trained.model.kind})]
    decision = decide(checks, first=champion is None, few_events=True)
    return Evidence(decision, {"gate": asdict(decision)}, ())


def _later_rows(store: RecordStore, later: LaterTime, lessons: Lessons) -> Judged:
    matrix, looked = later.matrix, looks(store, lessons.log.told_at)
    months = [day.astype(object) for day in np.unique(matrix.as_ofs)]
    scores = {
        MODEL: later.scores,
        RULES: rules_in_use(matrix),
        "scorecard": Scorecard(unit=matrix.kind).raw(matrix),
        "last_inspection": last_inspection(matrix),
        "random": np.zeros(len(later.scores)),
    }
    return judged_rows(
        matrix,
        details_at(store, months),
        later.happened,
        outcomes(lessons.log, looked, matrix.project_ids, matrix.as_ofs),
        scores,
        {MODEL: later.probability},
    )


def _against(judged: Judged, rival: Rival) -> Judged:
    """The rows the champion can be held to, with its scores."""
    both = replace(judged, scores={MODEL: judged.scores[MODEL], CHAMPION: rival.scores})
    return both.where(rival.rows)
