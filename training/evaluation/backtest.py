"""The verdict on a walk forward, put together: figures, gain, groups, labels, in one document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from risk.progress import Progress
from risk.store.store import RecordStore
from training.evaluation.baselines import CONTENDERS
from training.evaluation.bootstrap import Estimate
from training.evaluation.fairness import Fairness, fairness
from training.evaluation.fairness import as_document as fairness_document
from training.evaluation.operational_gain import Gain, gain
from training.evaluation.predictions import MODEL
from training.evaluation.report import CUTS, Verdict, difference, figures_drawn, resamples, verdict
from training.evaluation.selective_labels import RandomVisits, random_visits
from training.evaluation.visit_reordering import Reordered, reordered
from training.evaluation.walk_forward import Walk, plan, walk
from training.json_safe import plain

COMPARED = ("roc_auc", "average_precision", *(f"precision_{cut}" for cut in CUTS))
"""The figures in which the model is held against each other contender."""


@dataclass(frozen=True)
class Backtest:
    """A walk and what it says, with ``places`` on each month's list.

    ``ahead`` holds, per other contender and figure, the model's figure minus the contender's.
    """

    walk: Walk
    places: int
    verdicts: Mapping[str, Verdict]
    ahead: Mapping[str, Mapping[str, Estimate]]
    gain: Gain
    reordered: Mapping[str, Reordered]
    random_visits: RandomVisits
    fairness: Fairness


def backtest(
    store: RecordStore,
    first: dt.date,
    last: dt.date,
    *,
    places: int,
    progress: Progress | None = None,
    seed: int = 0,
    kept: Path | None = None,
) -> Backtest:
    """Walk from ``first`` to ``last`` month by month and judge every contender.

    Features of dates that were computed before are read from the folder ``kept``, if given.

    Raises:
        SpanEmpty, NothingToJudge, NoProjectsKnown: see
        :func:`training.evaluation.walk_forward.plan`.
    """
    walked = walk(store, plan(store, first, last), progress, kept=kept)
    judged = walked.judged
    weights = resamples(judged, seed=seed)
    drawn = {name: figures_drawn(judged, name, places, weights) for name in CONTENDERS}
    events = float(judged.happened.sum())
    return Backtest(
        walk=walked,
        places=places,
        verdicts={name: verdict(judged, name, places, weights) for name in CONTENDERS},
        ahead={
            name: {
                figure: difference(drawn[MODEL], drawn[name], figure, events) for figure in COMPARED
            }
            for name in CONTENDERS
            if name != MODEL
        },
        gain=gain(judged, walked.log, walked.looks.visits, seed),
        reordered=reordered(judged, walked.looks.visits, seed=seed),
        random_visits=random_visits(judged, walked.looks, MODEL, places, weights),
        fairness=fairness(judged, places),
    )


def as_document(done: Backtest) -> dict[str, Any]:
    """The backtest as JSON-ready data; a figure that does not exist is None."""
    planned = done.walk.plan
    document: dict[str, Any] = plain(
        {
            "from": planned.months[0].isoformat(),
            "to": planned.months[-1].isoformat(),
            "judged_by_what_was_known_before": planned.told_at.isoformat(),
            "not_mature": [day.isoformat() for day in planned.not_mature],
            "places": done.places,
            "months": [
                {**asdict(note), "as_of": note.as_of.isoformat()} for note in done.walk.months
            ],
            "contenders": {name: asdict(one) for name, one in done.verdicts.items()},
            "model_ahead_of": {
                name: {figure: asdict(one) for figure, one in figures.items()}
                for name, figures in done.ahead.items()
            },
            "gain": asdict(done.gain),
            "same_visits_reordered": {name: asdict(one) for name, one in done.reordered.items()},
            "random_visits": asdict(done.random_visits),
            "fairness": fairness_document(done.fairness),
        }
    )
    return document
