"""``wagewatch init``: create a workspace."""

from __future__ import annotations

import typer

from serving.errors import CommandError
from serving.terminal.context import cli_context
from serving.terminal.output import print_line
from serving.terminal.resources import make_workspace


class WorkspaceExists(CommandError):
    """The folder is a workspace."""

    code = "workspace_exists"


def init(context: typer.Context) -> None:
    """Create the folder and its settings file; existing files are never overwritten."""
    cli = cli_context(context)
    settings = cli.workspace.settings_file
    if settings.exists():
        raise WorkspaceExists(path=str(cli.workspace.root))
    make_workspace(cli)
    print_line(cli.text("initialised", path=str(cli.workspace.root), settings=str(settings)))
