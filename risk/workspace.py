"""Workspace: the folder with an office's records, models and lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from risk.errors import WagewatchError


class WorkspaceMissing(WagewatchError):
    """The folder is not a workspace."""

    code = "workspace_missing"


@dataclass(frozen=True)
class Workspace:
    """Paths below ``root``; ``memory_gb`` is the memory limit of its record store."""

    root: Path
    memory_gb: float = 4.0

    @property
    def settings_file(self) -> Path:
        """Settings with comments, written by ``wagewatch init``."""
        return self.root / "wagewatch.toml"

    @property
    def records(self) -> Path:
        """Record store (DuckDB)."""
        return self.root / "records.duckdb"

    @property
    def quarantine(self) -> Path:
        """Folder of the workbook with the quarantined rows."""
        return self.root / "quarantine"

    @property
    def layouts(self) -> Path:
        """Layouts of the office's own workbooks (TOML), one per kind of sheet."""
        return self.root / "layouts"

    @property
    def synonyms(self) -> Path:
        """The office's own headings by field (TOML), in the form of the shipped ones."""
        return self.root / "synonyms.toml"

    def rule_sets(self) -> list[Path]:
        """The office's own warning rules (TOML), compared with the model in every backtest."""
        return sorted((self.root / "rules").glob("*.toml"))

    @property
    def service_database(self) -> Path:
        """Service database (SQLite): sealed watchlists, users, audit log."""
        return self.root / "service.sqlite"

    @property
    def tracking(self) -> Path:
        """MLflow tracking and registry database (SQLite)."""
        return self.root / "mlflow.sqlite"

    @property
    def tuning(self) -> Path:
        """Trials of the hyperparameter search (SQLite); may be deleted."""
        return self.root / "tuning.sqlite"

    @property
    def features(self) -> Path:
        """Feature cache by month (Parquet); may be deleted."""
        return self.root / "features"

    @property
    def models(self) -> Path:
        """Exported models: LightGBM text and JSON, one folder per version."""
        return self.root / "models"

    @property
    def shared_models(self) -> Path:
        """What other counties have learnt; used by every training if it exists."""
        return self.root / "shared_models.json"

    @property
    def sources(self) -> Path:
        """Rows of sources that are being pulled, one folder per source; may be deleted."""
        return self.root / "sources"

    def require(self) -> Workspace:
        """Return self if the folder is a workspace.

        Raises:
            WorkspaceMissing: the folder has no settings file.
        """
        if not self.settings_file.is_file():
            raise WorkspaceMissing(path=str(self.root))
        return self
