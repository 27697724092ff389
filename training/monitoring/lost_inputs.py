"""Inputs that a model was trained on and that are gone: tables without new rows, empty columns.

A model reads the silence of a feed as a quiet month: with payments gone every project looks safer.
What each feed was like at training is stored with the model, and compared at scoring.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from risk.calendar.dates import add_months
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from training.monitoring.drift import SCORE, ReferenceProfile

MIN_IMPORTANCE = 0.01
"""A model leans on inputs that hold this share of its gain."""

REFERENCE_MONTHS = 24
"""Months before the training in which the longest silence of a feed is measured."""

MIN_KNOWN_DAYS = 12
"""With fewer days on which rows became known, no silence of a feed is too long."""

SILENCE_FACTOR = 1.5
"""A feed has stopped if it is silent for longer than this multiple of its longest silence."""

MIN_SILENCE_DAYS = 31

_ALPHA = 0.001
_MIN_SHARE_KNOWN = 0.2
_ALWAYS_NEEDED = frozenset({"projects", "organizations"})
"""Tables of the units themselves: without new ones there is no cohort to score otherwise."""

Query: TypeAlias = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class FeedSummary:
    """A table as known before a date.

    ``newest`` is the latest day on which rows became known, None without rows; ``longest_silence``
    the most days between two such days, None if there are too few to say.
    """

    newest: dt.date | None
    longest_silence: int | None

    def to_document(self) -> dict[str, Any]:
        """Plain data; :func:`parse_summaries` reads it."""
        newest = self.newest.isoformat() if self.newest else None
        return {"newest": newest, "longest_silence": self.longest_silence}


@dataclass(frozen=True)
class LostFeed:
    """A table without new rows; ``newest`` is the day of its last ones, None if it has none."""

    table: str
    newest: dt.date | None


@dataclass(frozen=True)
class LostInputs:
    """Tables that are gone or have stopped, and all features that cannot be relied on.

    ``importance`` is the share of these features in the gain of the model. ``is_everything``: all
    tables have stopped, so no model is left that could do without them.
    """

    feeds: tuple[LostFeed, ...]
    features: tuple[str, ...]
    importance: float
    is_everything: bool = False

    @property
    def matters(self) -> bool:
        """Whether the model leans on them."""
        return self.importance >= MIN_IMPORTANCE


def feed_summaries(store: RecordStore, as_of: dt.date) -> dict[str, FeedSummary]:
    """The tables that the features need, as known before ``as_of``."""
    first = add_months(as_of, -REFERENCE_MONTHS)
    return {name: _summary(store, name, first, as_of) for name in _tables(store.kind)}


def _summary(store: RecordStore, table: str, first: dt.date, as_of: dt.date) -> FeedSummary:
    # Names of tables come from the contract, never from outside.
    newest, days, longest = store.rows(
        "SELECT max(day), count(*) FILTER (day >= $1), max(silence) FILTER (day >= $1) FROM ("
        " SELECT day, date_diff('day', day, lead(day, 1, $2) OVER (ORDER BY day)) AS silence"
        f" FROM (SELECT DISTINCT known_at AS day FROM {table} WHERE known_at < $2))",
        [first, as_of],
    )[0]
    return FeedSummary(newest, longest if days >= MIN_KNOWN_DAYS else None)


def parse_summaries(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, FeedSummary]:
    """The summaries that :meth:`FeedSummary.to_document` gave as plain data."""
    return {
        name: FeedSummary(
            dt.date.fromisoformat(one["newest"]) if one["newest"] else None,
            one["longest_silence"],
        )
        for name, one in documents.items()
    }


def newest_days(query: Query, kind: Kind, as_of: dt.date) -> dict[str, dt.date | None]:
    """The latest day before ``as_of`` on which rows of each table became known.

    ``query`` runs SQL that DuckDB and Spark share.
    """
    parts = (
        f"SELECT '{name}', max(known_at) FROM {name} WHERE known_at < DATE '{as_of.isoformat()}'"
        for name in _tables(kind)
    )
    return {str(name): newest for name, newest in query(" UNION ALL ".join(parts))}


def lost_feeds(
    newest: Mapping[str, dt.date | None], as_of: dt.date, trained_on: Mapping[str, FeedSummary]
) -> tuple[LostFeed, ...]:
    """The tables of ``trained_on`` that have no rows any more or have been silent too long."""
    return tuple(
        LostFeed(name, newest.get(name))
        for name, summary in trained_on.items()
        if _is_lost(newest.get(name), as_of, summary)
    )


def _is_lost(newest: dt.date | None, as_of: dt.date, trained_on: FeedSummary) -> bool:
    if newest is None:
        return trained_on.newest is not None
    if trained_on.longest_silence is None:
        return False
    allowed = max(MIN_SILENCE_DAYS, SILENCE_FACTOR * trained_on.longest_silence)
    return (as_of - newest).days > allowed


def lost_features(
    profile: ReferenceProfile, units: int, known: Mapping[str, int]
) -> frozenset[str]:
    """Features that were known for a fair share of the units in training and are for none now.

    ``known`` counts, of ``units``, those with a value by feature; features it lacks are left out.
    """
    lost = set()
    for name, spread in profile.spreads.items():
        share = sum(spread.counts[:-1]) / max(sum(spread.counts), 1)
        by_chance = (1 - share) ** units
        if name != SCORE and known.get(name) == 0 and share >= _MIN_SHARE_KNOWN:
            lost |= {name} if by_chance < _ALPHA else set()
    return frozenset(lost)


def known_counts(matrix: Matrix) -> dict[str, int]:
    """The number of known values by feature."""
    counts = (~np.isnan(matrix.values)).sum(axis=0)
    return {name: int(count) for name, count in zip(matrix.columns, counts, strict=True)}


@dataclass(frozen=True)
class TrainedOn:
    """What a model was trained on: its feeds then, and the distributions of its features."""

    feeds: Mapping[str, FeedSummary]
    profile: ReferenceProfile

    def lost_at(self, store: RecordStore, as_of: dt.date, matrix: Matrix) -> LostInputs:
        """What of it is lost in ``store`` at ``as_of``, whose features are in ``matrix``."""
        newest = newest_days(store.rows, store.kind, as_of)
        units = len(matrix.project_ids)
        return self.lost_inputs(store.kind, as_of, newest, units, known_counts(matrix))

    def lost_inputs(
        self,
        kind: Kind,
        as_of: dt.date,
        newest: Mapping[str, dt.date | None],
        units: int,
        known: Mapping[str, int],
    ) -> LostInputs:
        """What of it is lost at ``as_of``, see :func:`newest_days` and :func:`lost_features`."""
        feeds = lost_feeds(newest, as_of, self.feeds)
        tables = {feed.table for feed in feeds}
        names = FEATURE_SETS[kind].features_from(tables)
        names |= lost_features(self.profile, units, known)
        share = sum(self.profile.importance.get(name, 0.0) for name in names)
        steady = {name for name, one in self.feeds.items() if one.longest_silence is not None}
        return LostInputs(feeds, tuple(sorted(names)), share, len(steady) > 1 and steady <= tables)


def _tables(kind: Kind) -> tuple[str, ...]:
    return tuple(name for name in FEATURE_SETS[kind].feeds() if name not in _ALWAYS_NEEDED)
