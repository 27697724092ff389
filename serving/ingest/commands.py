"""``wagewatch import``: imports records."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from serving.ingest.resources import require_all_imported
from serving.ingest.texts import account_lines, answer_line
from serving.terminal.context import cli_context, os_user_name
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, print_note, row_progress
from serving.terminal.resources import make_workspace

NEEDS_ANSWER = 3
"""Exit code if a value was lost or a person has to decide."""


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...")],
    json: JsonFlag = False,
) -> None:
    """Import files or folders; failing rows are quarantined.

    Creates the workspace if there is none, like ``init``. Ends with exit code 3 if a value was
    lost or a person has to decide.
    """
    from risk.intake.importer import import_paths

    cli = cli_context(context)
    make_workspace(cli)
    with row_progress() as step:
        report = import_paths(
            cli.workspace, paths, today=dt.date.today(), who=os_user_name(), progress=step
        )
    if json:
        print_json(report.as_json(cli.language))
    else:
        for line in account_lines(report, cli.language):
            print_line(line)
    require_all_imported(cli, report)
    answer = answer_line(report, str(cli.workspace.quarantine), cli.language)
    if answer is not None:
        print_note(answer) if json else print_line(answer)
        raise typer.Exit(NEEDS_ANSWER)
