"""What the newest list holds of a project: its sealed risk or, if not scored, its case file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from risk.unit_kinds import Kind
from serving.auth.principal import OFFICE, Principal
from serving.db.database import Database
from serving.watchlists.document import Document
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import load_case_file


def project_document(
    database: Database,
    project_id: str,
    as_of: dt.date | None = None,
    principal: Principal = OFFICE,
) -> Document:
    """Return the sealed risk of a project or, if it is not scored, its case file.

    Both have project_id, names, region, as_of, red_flags, missing_feeds and timeline; a case file
    has ``scored`` False. A project that an earlier list scored and whose case was then confirmed
    has a case file in the newest list.

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: the region has neither.
    """
    found = load_case_file(database.engine, project_id, as_of, principal)
    if found is not None:
        return dict(found)
    return WatchlistRepository(database).project_risk(project_id, as_of, principal).document()


def is_scored(document: Document) -> bool:
    """Whether ``document`` is a sealed risk."""
    return bool(document.get("scored", True))


def kind_of(document: Mapping[str, Any]) -> Kind:
    """Return the kind of unit that ``document`` is about."""
    return "employer" if document.get("kind") == "employer" else "project"
