"""``wagewatch import``: imports records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import today
from serving.ingest.resources import require_all_imported
from serving.ingest.texts import account_lines, answer_line
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, print_note, row_progress
from serving.terminal.resources import make_workspace, open_records

if TYPE_CHECKING:
    from risk.intake.report import ImportReport

NEEDS_ANSWER = 3
"""Exit code if a value was lost or a person has to decide."""


_LINKED_TABLES = ("complaints", "projects")


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
    from serving.ingest.open_complaints import open_complaint_lines
    from serving.ingest.sealed_lists import seal_recorder, sealed_lines

    cli = cli_context(context)
    make_workspace(cli)
    with row_progress() as step:
        report = import_paths(
            cli.workspace,
            paths,
            today=today(),
            who=os_user_name(),
            progress=step,
            prepare=seal_recorder(cli),
        )
    complaints = _open_complaints(cli, report)
    if json:
        print_json({**report.as_json(cli.language), "complaints": complaints})
    else:
        for line in account_lines(report, cli.language):
            print_line(line)
        for line in sealed_lines(report, cli.language):
            print_line(line)
        for line in open_complaint_lines(complaints, cli.language):
            print_line(line)
    require_all_imported(cli, report)
    answer = answer_line(report, str(cli.workspace.quarantine), cli.language)
    if answer is not None:
        print_note(answer) if json else print_line(answer)
        raise typer.Exit(NEEDS_ANSWER)


def _open_complaints(cli: CliContext, report: ImportReport) -> Mapping[str, int | None]:
    """Link complaints by the office's rule, and count those still without a project.

    Nothing is read if the import brought neither complaints nor projects.
    """
    from serving.ingest.open_complaints import open_complaint_counts

    if not any(file.accepted for file in report.files if file.table in _LINKED_TABLES):
        return {"without_project": 0, "naming_one_project": 0}
    cli.after_import(cli)
    with open_records(cli) as store:
        return open_complaint_counts(store)
