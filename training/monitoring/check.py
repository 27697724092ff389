"""Fine, look at a feed, or retrain? Everything watched at a date, and what follows from it.

Feeds come first: a model retrained on a broken feed learns the break. Then what the model sees and
what came of its probabilities; only then is it said that a new training is due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from features.cache.cached_matrix import cached_matrix
from features.feature_sets import FEATURE_SETS
from models.base import ScoringModel
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from training.dataset.labels import event_log
from training.dataset.observation import looks
from training.dataset.training_set import require_projects
from training.evaluation.bootstrap import Estimate
from training.evaluation.selective_labels import Listed, Realised, outcomes_of, realised
from training.monitoring.category_drift import CodeChange, code_changes
from training.monitoring.drift import SCORE, Profile, Shift, shifts
from training.monitoring.feed_health import FeedTrouble, feed_troubles
from training.monitoring.performance_estimate import (
    Outlook,
    SinceTraining,
    months_since,
    outlook,
    since_training,
)
from training.promotion.gate import RATIO_ALLOWED

Verdict = Literal["fine", "look", "retrain"]
Reason = Literal[
    "feed_stopped",
    "feed_thinned",
    "code_unknown",
    "code_changed",
    "features_moved",
    "score_moved",
    "not_calibrated",
    "list_below_expectation",
    "old_model",
]
_FEEDS: frozenset[Reason] = frozenset({"feed_stopped", "feed_thinned", "code_unknown"})
_ALONE_ONLY_A_LOOK: frozenset[Reason] = frozenset({"code_changed"})

FAR = 0.25
"""An index above it is a major shift by the convention of credit scoring."""

MUCH_OF_THE_MODEL = 0.1
"""Features that moved far and hold this share of the model's gain call for a new training."""

OLD_MONTHS = 12
"""So many months of known events that the champion never learnt from call for one too."""


@dataclass(frozen=True)
class CheckReport:
    """All that was looked at, the reasons found and what follows from them.

    ``moved`` are the features that moved and do not hang on a feed in trouble.
    """

    as_of: dt.date
    trained_at: dt.date
    verdict: Verdict
    reasons: tuple[Reason, ...]
    feeds: tuple[FeedTrouble, ...]
    codes: tuple[CodeChange, ...]
    moved: tuple[Shift, ...]
    moved_with_feeds: tuple[Shift, ...]
    outlook: Outlook
    since_training: SinceTraining | None
    lists: Realised
    months_unlearnt: int


@dataclass(frozen=True)
class Watched:
    """What is checked: the champion, its profile, the lists of the past, the usual list length."""

    model: ScoringModel
    trained_at: dt.date
    profile: Profile | None
    listed: Sequence[Listed]
    places: int


def check(
    store: RecordStore, watched: Watched, as_of: dt.date, kept: Path | None = None
) -> CheckReport:
    """Look at everything from what was known before ``as_of``.

    Features of dates that were computed before are read from the folder ``kept``, if given.

    Raises:
        NoProjectsKnown: no project was known before it.
    """
    require_projects(store, as_of)
    log = event_log(store, as_of)
    matrix = cached_matrix(store, [as_of], kept)
    raw = watched.model.raw(matrix)
    feeds = feed_troubles(store, as_of)
    every = shifts(watched.profile, matrix, raw) if watched.profile else []
    hanging = _features_of({one.table for one in feeds}, store.kind)
    moved = tuple(one for one in every if one.feature not in hanging)
    due = [one for one in watched.listed if one.as_of <= log.last_mature()]
    report = CheckReport(
        as_of=as_of,
        trained_at=watched.trained_at,
        verdict="fine",
        reasons=(),
        feeds=tuple(feeds),
        codes=tuple(code_changes(store, as_of)),
        moved=moved,
        moved_with_feeds=tuple(one for one in every if one.feature in hanging),
        outlook=outlook(watched.model.calibration.probability(raw), watched.places),
        since_training=since_training(
            store, watched.model, watched.trained_at, log, watched.places, kept
        ),
        lists=realised(outcomes_of(due, log, looks(store, as_of))),
        months_unlearnt=len(months_since(watched.trained_at, log)),
    )
    return _concluded(report, store.kind)


def _features_of(tables: Collection[str], kind: Kind) -> frozenset[str]:
    """The features of ``kind`` computed from any of ``tables``; with any table also the score."""
    found = FEATURE_SETS[kind].features_from(tables)
    return found | {SCORE} if tables else found


def _concluded(report: CheckReport, kind: Kind) -> CheckReport:
    reasons = tuple(_reasons(report, kind))
    verdict: Verdict = "fine"
    if _FEEDS & set(reasons):
        verdict = "look"
    elif set(reasons) - _ALONE_ONLY_A_LOOK:
        verdict = "retrain"
    elif reasons:
        verdict = "look"
    return replace(report, verdict=verdict, reasons=reasons)


def _reasons(report: CheckReport, kind: Kind) -> Iterable[Reason]:
    troubles = {one.trouble for one in report.feeds}
    if "stopped" in troubles:
        yield "feed_stopped"
    if "thinned" in troubles:
        yield "feed_thinned"
    changes = {one.change for one in report.codes}
    if "unknown" in changes:
        yield "code_unknown"
    changed = {one.table for one in report.codes if one.change != "unknown"}
    if changed:
        yield "code_changed"
    far = [one for one in report.moved if one.index >= FAR and one.feature != SCORE]
    by_code = _features_of(changed, kind) & {one.feature for one in far}
    if by_code or sum(one.importance for one in far) >= MUCH_OF_THE_MODEL:
        yield "features_moved"
    if any(one.feature == SCORE and one.index >= FAR for one in report.moved):
        yield "score_moved"
    since = report.since_training
    if since and _outside(since.ratio, *RATIO_ALLOWED):
        yield "not_calibrated"
    if _outside(report.lists.precision, report.lists.said * RATIO_ALLOWED[0], float("inf")):
        yield "list_below_expectation"
    if report.months_unlearnt >= OLD_MONTHS:
        yield "old_model"


def _outside(figure: Estimate, least: float, most: float) -> bool:
    """Whether the whole interval lies outside what is allowed."""
    if figure.low is None or figure.high is None:
        return False
    return figure.high < least or figure.low > most
