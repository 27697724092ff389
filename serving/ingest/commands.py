"""``wagewatch import``: imports records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import today
from serving.ingest.resources import require_all_imported
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, print_table, row_progress
from serving.terminal.resources import make_workspace

if TYPE_CHECKING:
    from risk.intake.report import ImportReport


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...")],
    json: JsonFlag = False,
) -> None:
    """Import files or folders; failing rows are quarantined.

    Creates the workspace if there is none, like ``init``.
    """
    from risk.intake.importer import import_paths

    cli = cli_context(context)
    make_workspace(cli)
    with row_progress() as step:
        report = import_paths(cli.workspace, paths, today=today(), progress=step)
    if json:
        print_json(report.as_json(cli.language))
    else:
        _show(cli, report)
    require_all_imported(cli, report)


def _show(cli: CliContext, report: ImportReport) -> None:
    names = ("file", "table", "read", "accepted", "repeated", "quarantined")
    rows = [
        [
            file.file,
            file.table,
            str(file.read),
            str(file.accepted),
            str(file.repeated),
            str(file.quarantined),
        ]
        for file in report.files
    ]
    if rows:
        print_table([cli.text(f"import.{name}") for name in names], rows, right=(2, 3, 4, 5))
    if any(file.quarantined for file in report.files):
        print_line(cli.text("import.look", path=str(cli.workspace.quarantine)))
    if report.skipped:
        print_line(cli.text("import.skipped", files=", ".join(report.skipped)))
    waiting = {name: total.waiting for name, total in report.tables.items() if total.waiting}
    if waiting:
        counts = ", ".join(f"{name} {rows}" for name, rows in waiting.items())
        print_line(cli.text("import.waiting", counts=counts))
