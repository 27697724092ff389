"""A notice that can be made of the small office's newest list."""

from __future__ import annotations

from risk.departments import departments
from risk.workspace import Workspace
from serving.auth.principal import OFFICE
from serving.db.database import Database
from serving.notices.payload import NothingToNotify, build_payload
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import load_dossier, load_register


def sendable(workspace: Workspace) -> tuple[str, str]:
    """A project of the newest list, and a department a notice about it can be made for."""
    with Database(f"sqlite:///{workspace.service_database}") as database:
        day = WatchlistRepository(database).latest_as_of()
        for row in load_register(database.engine, day).document["projects"]:
            risk = WatchlistRepository(database).project_risk(row["project_id"], day).document()
            found = load_dossier(database.engine, row["project_id"], day, OFFICE)
            for to in departments():
                try:
                    build_payload(to, risk, found, "", day)
                except NothingToNotify:
                    continue
                return row["project_id"], to
    raise AssertionError("nothing to notify in the whole county")
