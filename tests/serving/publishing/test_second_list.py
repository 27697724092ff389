"""The second list of an office, as published: what its new entries are new for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.db.database import Database
from serving.watchlists.repository import WatchlistRepository

from ..conftest import LISTS


def by_family(document: Mapping[str, Any]) -> dict[str, float]:
    return {reason["family"]: reason["contribution"] for reason in document["reasons"]}


def test_new_entries_name_what_rose_most_since_the_first_list(office):
    first, second = LISTS
    with Database(f"sqlite:///{office.service_database}") as database:
        lists = WatchlistRepository(database)
        entries = lists.watchlist(second, "").document()["entries"]
        before = {key: risk.document() for key, risk in lists.project_risks(first, "").items()}
    new = [one for one in entries if one["change"]["kind"] == "new" and one["project_id"] in before]
    assert new
    for entry in new:
        then, now = by_family(before[entry["project_id"]]), by_family(entry)
        rises = {name: now.get(name, 0.0) - then.get(name, 0.0) for name in {*then, *now}}
        most = max(rises.values(), default=0.0)
        wanted = min(name for name in rises if rises[name] == most) if most > 0 else None
        assert entry["change"]["reason"] == wanted
    assert any(entry["change"]["reason"] for entry in new)
