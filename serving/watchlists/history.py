"""Entries of sealed lists as input of monitoring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from serving.watchlists.repository import WatchlistRepository

if TYPE_CHECKING:
    from training.evaluation.selective_labels import ListedEntry


def listed_entries(lists: WatchlistRepository) -> list[ListedEntry]:
    """Return all entries of all lists; a project counts once per as_of, in the widest list."""
    found: dict[tuple[object, str], ListedEntry] = {}
    summaries = sorted(lists.summaries(), key=lambda one: (one.as_of, len(one.region)))
    for summary in summaries:
        for entry in _entries(lists, summary.as_of, summary.region):
            found.setdefault((entry.as_of, entry.project_id), entry)
    return list(found.values())


def stated_draws(lists: WatchlistRepository) -> dict[tuple[dt.date, str], float]:
    """Return the stated probability of a random visit by as_of and project."""
    return {
        (entry.as_of, entry.project_id): entry.draw_probability
        for entry in listed_entries(lists)
        if entry.draw_probability is not None
    }


def _entries(lists: WatchlistRepository, as_of: dt.date, region: str) -> Iterator[ListedEntry]:
    from training.evaluation.selective_labels import ListedEntry

    document = lists.watchlist(as_of, region).document()
    for entry in document["entries"]:
        yield ListedEntry(
            as_of=as_of,
            project_id=entry["project_id"],
            cluster=entry["contractor_name"] or entry["project_id"],
            selection=entry["selection"],
            draw_probability=entry["draw_probability"],
            probability=entry["probability"],
        )
