"""The monitoring verdict of a date: fine, look at the feeds, or retrain.

Feeds are checked first, since a model retrained on a broken feed learns the break. Drift and
realised performance decide about a new training only if the feeds are sound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from features.cache.cached_matrix import cached_matrix
from features.cache.dependencies import redefined_families
from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.base import ScoringModel
from risk.calendar.dates import add_months
from risk.contract import DatedBy
from risk.sources.state import StoppedSource
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from training.dataset.completeness import Completeness
from training.dataset.labels import TRAINING_MONTHS, EventLog, event_log
from training.dataset.observation import observations_before
from training.dataset.training_set import require_projects
from training.evaluation.bootstrap import Estimate
from training.evaluation.calibration import RATIO_ALLOWED
from training.evaluation.selective_labels import (
    ListedEntry,
    ListPerformance,
    label_entries,
    list_performance,
)
from training.monitoring.category_drift import CodeChange, code_changes
from training.monitoring.drift import SCORE, ReferenceProfile, Shift, feature_shifts
from training.monitoring.expiry import MAX_UNLEARNT_MONTHS
from training.monitoring.feed_health import FeedTrouble, feed_troubles
from training.monitoring.lost_inputs import FeedSummary, LostInputs, TrainedOn
from training.monitoring.performance_estimate import (
    EstimatedPerformance,
    RealisedPerformance,
    estimate_performance,
    mature_months_since,
    realised_performance,
)

Verdict = Literal["fine", "look", "retrain"]
Reason = Literal[
    "feed_stopped",
    "feed_thinned",
    "inputs_lost",
    "code_unknown",
    "code_changed",
    "features_moved",
    "score_moved",
    "not_calibrated",
    "list_below_expectation",
    "old_model",
    "decisions_slow",
    "features_redefined",
]
_FEED_REASONS: frozenset[Reason] = frozenset(
    {"feed_stopped", "feed_thinned", "inputs_lost", "code_unknown"}
)
_MINOR_REASONS: frozenset[Reason] = frozenset({"code_changed", "decisions_slow"})

MAJOR_SHIFT = 0.25
"""An index above it is a major shift by the convention of credit scoring."""

MAX_SHIFTED_IMPORTANCE = 0.1
"""Features with a major shift that hold this share of the model's gain call for retraining."""


@dataclass(frozen=True)
class CheckReport:
    """All findings, the reasons that apply and the verdict.

    ``moved`` are the shifted features that do not depend on a feed in trouble,
    ``moved_with_feeds`` those that do. ``dated_by_rule`` counts, by table, the versions in the
    training window whose day of knowledge was derived from the record itself. ``lost`` are inputs
    without which the next list is scored, None if the model does not lean on any. ``redefined`` are
    families defined otherwise at the training, None if that is not known.
    """

    as_of: dt.date
    trained_at: dt.date
    verdict: Verdict
    reasons: tuple[Reason, ...]
    feeds: tuple[FeedTrouble, ...]
    sources: tuple[StoppedSource, ...]
    codes: tuple[CodeChange, ...]
    moved: tuple[Shift, ...]
    moved_with_feeds: tuple[Shift, ...]
    outlook: EstimatedPerformance
    since_training: RealisedPerformance | None
    lists: ListPerformance
    months_unlearnt: int
    dated_by_rule: Mapping[str, int]
    completeness: Completeness | None = None
    lost: LostInputs | None = None
    redefined: tuple[str, ...] | None = ()


@dataclass(frozen=True)
class CheckInputs:
    """The champion, its reference profile, the published entries and the usual list length.

    ``sources`` are those that have stopped; ``feeds`` what the tables were like at training and
    ``definitions`` digests of its features, None if they were not stored.
    """

    model: ScoringModel
    trained_at: dt.date
    profile: ReferenceProfile | None
    listed: Sequence[ListedEntry]
    capacity: int
    sources: Sequence[StoppedSource] = ()
    feeds: Mapping[str, FeedSummary] | None = None
    definitions: Mapping[str, str] | None = None


def check(
    store: RecordStore, inputs: CheckInputs, as_of: dt.date, cache_dir: Path | None = None
) -> CheckReport:
    """Check everything from what was known before ``as_of``.

    Features are read from and written to the feature cache in ``cache_dir``, if given.

    Raises:
        NoProjectsKnown: no project was known before it.
    """
    require_projects(store, as_of)
    log = event_log(store, as_of)
    matrix = cached_matrix(store, [as_of], cache_dir)
    raw = inputs.model.raw(matrix)
    feeds = feed_troubles(store, as_of)
    shifts = feature_shifts(inputs.profile, matrix, raw) if inputs.profile else []
    troubled = {trouble.table for trouble in feeds}
    troubled.update(name for source in inputs.sources for name in source.tables)
    affected = _features_of(troubled, store.kind)
    mature = _mature(inputs.listed, log)
    report = CheckReport(
        as_of=as_of,
        trained_at=inputs.trained_at,
        verdict="fine",
        reasons=(),
        feeds=tuple(feeds),
        sources=tuple(inputs.sources),
        codes=tuple(code_changes(store, as_of)),
        moved=tuple(shift for shift in shifts if shift.feature not in affected),
        moved_with_feeds=tuple(shift for shift in shifts if shift.feature in affected),
        outlook=estimate_performance(inputs.model.calibration.probability(raw), inputs.capacity),
        since_training=realised_performance(
            store, inputs.model, inputs.trained_at, log, inputs.capacity, cache_dir
        ),
        lists=list_performance(label_entries(mature, log, observations_before(store, as_of))),
        months_unlearnt=len(mature_months_since(inputs.trained_at, log)),
        dated_by_rule=_dated_by_rule(store, as_of),
        completeness=log.completeness,
        lost=_lost(store, inputs, matrix, as_of),
        redefined=redefined_families(store, inputs.definitions),
    )
    return _with_verdict(report, store.kind)


def _mature(listed: Sequence[ListedEntry], log: EventLog) -> list[ListedEntry]:
    """The entries of lists whose horizon and delay have passed."""
    return [entry for entry in listed if entry.as_of <= log.last_mature()]


def _lost(
    store: RecordStore, inputs: CheckInputs, matrix: Matrix, as_of: dt.date
) -> LostInputs | None:
    if inputs.feeds is None or inputs.profile is None:
        return None
    trained_on = TrainedOn(inputs.feeds, inputs.profile)
    lost = trained_on.lost_at(store, as_of, matrix)
    return lost if lost.matters else None


def _dated_by_rule(store: RecordStore, as_of: dt.date) -> dict[str, int]:
    first = add_months(as_of, -TRAINING_MONTHS)
    counts = {
        name: store.rows(
            f"SELECT count(*) FROM {name}"
            f" WHERE known_at >= ? AND known_at < ? AND dated_by = '{DatedBy.UNFOLDED}'",
            [first, as_of],
        )[0][0]
        for name in FEATURE_SETS[store.kind].feeds()
    }
    return {name: count for name, count in counts.items() if count}


def _features_of(tables: Collection[str], kind: Kind) -> frozenset[str]:
    """The features of ``kind`` computed from any of ``tables``; with any table also the score."""
    names = FEATURE_SETS[kind].features_from(tables)
    return names | {SCORE} if tables else names


def _with_verdict(report: CheckReport, kind: Kind) -> CheckReport:
    reasons = tuple(_reasons(report, kind))
    verdict: Verdict = "fine"
    if _FEED_REASONS & set(reasons):
        verdict = "look"
    elif set(reasons) - _MINOR_REASONS:
        verdict = "retrain"
    elif reasons:
        verdict = "look"
    return replace(report, verdict=verdict, reasons=reasons)


def _reasons(report: CheckReport, kind: Kind) -> Iterable[Reason]:
    troubles = {feed.trouble for feed in report.feeds}
    if "stopped" in troubles or report.sources:
        yield "feed_stopped"
    if "thinned" in troubles:
        yield "feed_thinned"
    if report.lost:
        yield "inputs_lost"
    changes = {code.change for code in report.codes}
    if "unknown" in changes:
        yield "code_unknown"
    changed = {code.table for code in report.codes if code.change != "unknown"}
    if changed:
        yield "code_changed"
    major = [one for one in report.moved if one.index >= MAJOR_SHIFT and one.feature != SCORE]
    by_code = _features_of(changed, kind) & {shift.feature for shift in major}
    if by_code or sum(shift.importance for shift in major) >= MAX_SHIFTED_IMPORTANCE:
        yield "features_moved"
    if any(shift.feature == SCORE and shift.index >= MAJOR_SHIFT for shift in report.moved):
        yield "score_moved"
    realised = report.since_training
    if realised and _is_off(realised):
        yield "not_calibrated"
    if _is_below_expectation(report.lists):
        yield "list_below_expectation"
    if report.months_unlearnt >= MAX_UNLEARNT_MONTHS:
        yield "old_model"
    if report.completeness and report.completeness.slow:
        yield "decisions_slow"
    if report.redefined != ():
        yield "features_redefined"


def _is_off(realised: RealisedPerformance) -> bool:
    """Whether probabilities do not match the outcomes, beyond chance."""
    if realised.few is not None:
        return realised.few.is_outside(*RATIO_ALLOWED)
    return _outside(realised.ratio, *RATIO_ALLOWED)


def _is_below_expectation(lists: ListPerformance) -> bool:
    """Whether labelled entries had fewer events than their probabilities said, beyond chance."""
    least = RATIO_ALLOWED[0]
    if lists.few is not None:
        return lists.few.is_outside(0.0, 1 / least)
    return _outside(lists.precision, lists.said_of_labelled * least, float("inf"))


def _outside(figure: Estimate, least: float, most: float) -> bool:
    """Whether the whole interval is outside [``least``, ``most``]."""
    if figure.low is None or figure.high is None:
        return False
    return figure.high < least or figure.low > most
