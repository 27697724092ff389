"""The workspace: the one folder in which an office's records, models and lists lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from risk.errors import WagewatchError


class WorkspaceMissing(WagewatchError):
    """The folder is not a workspace yet."""

    code = "workspace_missing"


@dataclass(frozen=True)
class Workspace:
    """Where everything lies below ``root``; ``memory_gb`` is what its record store may use."""

    root: Path
    memory_gb: float = 4.0

    @property
    def settings_file(self) -> Path:
        """Commented settings, written by ``wagewatch init``."""
        return self.root / "wagewatch.toml"

    @property
    def records(self) -> Path:
        """The record store (DuckDB)."""
        return self.root / "records.duckdb"

    @property
    def quarantine(self) -> Path:
        """One CSV per table with the rows that could not be taken in."""
        return self.root / "quarantine"

    @property
    def service_database(self) -> Path:
        """Sealed watchlists and what the service keeps (SQLite)."""
        return self.root / "service.sqlite"

    @property
    def tracking(self) -> Path:
        """MLflow's tracking and registry database (SQLite)."""
        return self.root / "mlflow.sqlite"

    @property
    def tuning(self) -> Path:
        """Trials of the search for a better way of fitting (SQLite); may be deleted."""
        return self.root / "tuning.sqlite"

    @property
    def features(self) -> Path:
        """Features kept month by month (Parquet); may be deleted."""
        return self.root / "features"

    @property
    def models(self) -> Path:
        """Exported models: LightGBM text and JSON, one folder per version."""
        return self.root / "models"

    def require(self) -> Workspace:
        """Self, if the folder is a workspace.

        Raises:
            WorkspaceMissing: there are no settings in it.
        """
        if not self.settings_file.is_file():
            raise WorkspaceMissing(path=str(self.root))
        return self
