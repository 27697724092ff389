"""Data for the pages stored with a publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serving.watchlists.document import Document


@dataclass(frozen=True)
class Snapshot:
    """A dossier per project_id, and the register of all projects, matters and closed cases."""

    dossiers: Mapping[str, Document]
    register: Document
