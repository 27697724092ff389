"""Names of projects, from the newest list of the region."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from serving.auth.principal import Principal
from serving.db.database import Database
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.scored_projects import ScoredProjects

MOST_FOUND = 20


class ProjectNames:
    """The projects of the newest list by name; of no list, nothing."""

    def __init__(self, database: Database, principal: Principal) -> None:
        newest = closest_list(WatchlistRepository(database).summaries(principal), principal)
        self._scored = ScoredProjects(database, newest, principal) if newest else None

    def of(self, project_ids: Collection[str]) -> Mapping[str, str]:
        """Return the names of those of the projects that are known."""
        found = self._scored.by_id(project_ids) if self._scored else {}
        return {key: row["project_name"] or key for key, row in found.items()}

    def matching(self, asked: str) -> list[str]:
        """Return ``asked`` as an id, and the projects whose name contains it."""
        found = self._scored.named(asked, MOST_FOUND) if self._scored else ()
        return [asked, *(key for key in found if key != asked)][:MOST_FOUND]
