"""Resources of a command: workspace, settings, record store and service database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.terminal.context import CliContext
from serving.terminal.output import CannotWrite

if TYPE_CHECKING:
    from risk.store.store import RecordStore
    from serving.db.database import Database
    from serving.settings import Settings


def make_workspace(cli: CliContext) -> None:
    """Create the workspace if there is none; existing files are never overwritten.

    Raises:
        CannotWrite: the folder or its settings cannot be written.
    """
    from serving.settings import default_toml

    settings = cli.workspace.settings_file
    if settings.exists():
        return
    try:
        cli.workspace.root.mkdir(parents=True, exist_ok=True)
        settings.write_text(default_toml(), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path=str(settings), detail=error.strerror or str(error)) from error


def open_settings(cli: CliContext) -> Settings:
    """Return the settings of the workspace."""
    from serving.settings import load_settings

    return load_settings(cli.workspace)


def open_records(cli: CliContext, *, read_only: bool = True) -> RecordStore:
    """Open the record store; create an empty one if nothing was imported yet."""
    from risk.store.store import RecordStore

    path = cli.workspace.require().records
    if read_only and not path.exists():
        RecordStore(path).close()
    return RecordStore(path, read_only=read_only, memory_gb=cli.workspace.memory_gb)


def open_database(cli: CliContext, settings: Settings) -> Database:
    """Open the service database of the settings."""
    from serving.db.database import Database
    from serving.settings import database_url

    return Database(database_url(cli.workspace, settings))
