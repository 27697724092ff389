"""Names of projects, from the newest list of the region."""

from __future__ import annotations

from collections.abc import Mapping

from serving.auth.principal import Principal
from serving.db.database import Database
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register

MOST_FOUND = 20


def project_names(database: Database, principal: Principal) -> Mapping[str, str]:
    """Return the name of every project of the newest list by id; of no list, nothing."""
    best = closest_list(WatchlistRepository(database).summaries(principal), principal)
    stored = load_register(database.engine, best.as_of, best.region, principal) if best else None
    rows = stored.document["projects"] if stored else ()
    return {row["project_id"]: row["project_name"] or row["project_id"] for row in rows}


def matching_projects(names: Mapping[str, str], asked: str) -> list[str]:
    """Return the ids of projects whose name contains ``asked``, and ``asked`` itself as an id."""
    found = [key for key, name in names.items() if asked in name]
    return [asked, *(key for key in found if key != asked)][:MOST_FOUND]
