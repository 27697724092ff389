"""``wagewatch backup`` and ``wagewatch restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.terminal.context import cli_context
from serving.terminal.output import convert_os_errors, print_line, require_parent_folder
from serving.terminal.resources import open_database, open_settings

File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)]


Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", dir_okay=False)]


def backup(context: typer.Context, file: File, key: Key = None) -> None:
    """Back everything up to one file while the service runs."""
    from serving.backup.service import back_up

    cli = cli_context(context)
    require_parent_folder(file)
    with open_database(cli, open_settings(cli)) as database, convert_os_errors(file):
        done = back_up(cli.workspace, database, file, key)
    print_line(
        cli.text("backed_up", path=str(file), rows=done.rows, size=f"{done.bytes / 1e6:.1f}")
    )


def restore(context: typer.Context, file: File, key: Key = None) -> None:
    """Restore a backup into an empty workspace, and into WAGEWATCH_DATABASE__URL if set."""
    import os

    from serving.backup.service import restore as put_back

    cli = cli_context(context)
    url = os.environ.get("WAGEWATCH_DATABASE__URL")
    with convert_os_errors(cli.workspace.root):
        done = put_back(file, cli.workspace, url, key)
    print_line(cli.text("restored", path=str(cli.workspace.root), rows=done.rows))
