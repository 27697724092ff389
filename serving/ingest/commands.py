"""``wagewatch import``: imports records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import today
from serving.ingest.resources import require_all_imported
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, print_table, row_progress
from serving.terminal.resources import make_workspace, open_records

if TYPE_CHECKING:
    from risk.intake.report import ImportReport


_LINKED_TABLES = ("complaints", "projects")


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...")],
    json: JsonFlag = False,
) -> None:
    """Import files or folders; failing rows are quarantined.

    Creates the workspace if there is none, like ``init``.
    """
    from risk.intake.importer import import_paths
    from serving.ingest.open_complaints import open_complaint_lines
    from serving.ingest.sealed_lists import seal_recorder, sealed_lines

    cli = cli_context(context)
    make_workspace(cli)
    with row_progress() as step:
        report = import_paths(
            cli.workspace, paths, today=today(), progress=step, prepare=seal_recorder(cli)
        )
    complaints = _open_complaints(cli, report)
    if json:
        print_json({**report.as_json(cli.language), "complaints": complaints})
    else:
        _show(cli, report)
        for line in sealed_lines(report, cli.language):
            print_line(line)
        for line in open_complaint_lines(complaints, cli.language):
            print_line(line)
    require_all_imported(cli, report)


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


def _show(cli: CliContext, report: ImportReport) -> None:
    from risk.contract import STORED_TABLES

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
    for file in report.files:
        table = STORED_TABLES[file.table]
        for name, cells in file.unreadable.items():
            print_line(cli.text("look.import", column=table.field(name).zh, rows=cells))
    if report.skipped:
        print_line(cli.text("import.skipped", files=", ".join(report.skipped)))
    waiting = {name: total.waiting for name, total in report.tables.items() if total.waiting}
    if waiting:
        counts = ", ".join(f"{name} {rows}" for name, rows in waiting.items())
        print_line(cli.text("import.waiting", counts=counts))
