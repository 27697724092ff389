"""Adds the contributions of all features to the dossiers of scored projects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from serving.watchlists.snapshot import Snapshot

if TYPE_CHECKING:
    from models.explained import ExplainedCohort


def with_contributions(snapshot: Snapshot, explained: ExplainedCohort | None) -> Snapshot:
    """Return ``snapshot`` with ``contributions`` in the dossier of every explained project."""
    if explained is None:
        return snapshot
    dossiers = {}
    for project_id, dossier in snapshot.dossiers.items():
        found = explained.to_document(project_id)
        dossiers[project_id] = dossier if found is None else {**dossier, "contributions": found}
    return replace(snapshot, dossiers=dossiers)
