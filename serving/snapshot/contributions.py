"""Adds the contributions of all features to the dossiers of scored projects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from serving.watchlists.document import Document
from serving.watchlists.snapshot import Dossiers, Snapshot

if TYPE_CHECKING:
    from models.explained import Explained


def with_contributions(snapshot: Snapshot, explained: Explained | None) -> Snapshot:
    """Return ``snapshot`` with ``contributions`` in the dossier of every explained project."""
    if explained is None:
        return snapshot

    def dossier(project_id: str) -> Document:
        found = explained.to_document(project_id)
        more = {} if found is None else {"contributions": found}
        return {**snapshot.dossiers[project_id], **more}

    return replace(snapshot, dossiers=Dossiers(snapshot.dossiers, dossier))
