"""The way in for notebooks: ``open_workspace`` gives frames, classifiers and explanations.

Needs the extra ``analysis``: ``pip install '.[analysis]'`` in a clone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from risk.unit_kinds import Kind
from risk.workspace import Workspace

if TYPE_CHECKING:
    from training.analysis.workspace import AnalysisWorkspace


def open_workspace(folder: str | Path, kind: Kind = "project") -> AnalysisWorkspace:
    """Return the workspace in ``folder`` with its settings: memory, minimum wages, draws.

    Raises:
        WorkspaceMissing: the folder is not a workspace.
        SettingsInvalid: its settings are not allowed.
    """
    from serving.db.database import Database
    from serving.office_values import office_minimum_wages
    from serving.settings import configured, database_url
    from serving.watchlists.history import stated_draws
    from serving.watchlists.repository import WatchlistRepository
    from training.analysis.workspace import AnalysisWorkspace

    workspace, settings = configured(Workspace(Path(folder)))
    with Database(database_url(workspace, settings)) as database:
        draws = stated_draws(WatchlistRepository(database, kind))
    wages = office_minimum_wages(workspace, settings)
    return AnalysisWorkspace(workspace, kind, wages, draws)
