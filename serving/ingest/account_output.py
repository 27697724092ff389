"""The end of a command that imported: linked complaints, the closing account, the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from serving.ingest.open_complaints import open_complaint_counts, open_complaint_lines
from serving.ingest.resources import require_all_imported
from serving.ingest.texts import account_lines, answer_line
from serving.terminal.context import CliContext
from serving.terminal.output import print_json, print_line, print_note
from serving.terminal.resources import open_records

if TYPE_CHECKING:
    from risk.intake.report import ImportReport

NEEDS_ANSWER = 3
"""Exit code if a value was lost or a person has to decide."""

_NONE_OPEN: Mapping[str, int | None] = {"without_project": 0, "naming_one_project": 0}
_LINKED_TABLES = ("complaints", "projects")


def print_account(
    cli: CliContext,
    report: ImportReport,
    document: Mapping[str, Any] | None,
    *,
    stored: bool = True,
) -> None:
    """Link complaints by the office's rule and print the account of an import.

    ``document`` is the report as JSON, or None to print text. ``stored`` is False for a trial.
    """
    from serving.ingest.sealed_lists import sealed_lines

    complaints = _open_complaints(cli, report) if stored else _NONE_OPEN
    if document is not None:
        print_json({**document, "complaints": complaints})
        return
    for line in account_lines(report, cli.language):
        print_line(line)
    _print_dating(cli, report)
    for line in sealed_lines(report, cli.language):
        print_line(line)
    for line in open_complaint_lines(complaints, cli.language):
        print_line(line)


def end_import(cli: CliContext, report: ImportReport, *, json: bool) -> None:
    """End the command by what became of the files.

    Raises:
        NotAllImported, NothingImported: files could not be imported.
        Exit: with :data:`NEEDS_ANSWER`, if a value was lost or a person has to decide.
    """
    require_all_imported(cli, report)
    answer = answer_line(report, str(cli.workspace.quarantine), cli.language)
    if answer is not None:
        print_note(answer) if json else print_line(answer)
        raise typer.Exit(NEEDS_ANSWER)


def _open_complaints(cli: CliContext, report: ImportReport) -> Mapping[str, int | None]:
    """Link complaints by the office's rule, and count those still without a project.

    Nothing is read if the import brought neither complaints nor projects.
    """
    if not any(file.accepted for file in report.files if file.table in _LINKED_TABLES):
        return _NONE_OPEN
    cli.after_import(cli)
    with open_records(cli) as store:
        return open_complaint_counts(store)


def _print_dating(cli: CliContext, report: ImportReport) -> None:
    """How many rows were dated by rule, and which records a full book no longer has."""
    dated = sum(file.dated_by_rule for file in report.files)
    if dated:
        print_line(cli.text("import.dated_by_rule", rows=dated))
    undated = sum(file.undated_facts for file in report.files)
    if undated:
        print_line(cli.text("import.undated_facts", rows=undated))
    for file in report.files:
        if file.missing:
            print_line(cli.text("import.missing", file=file.file, rows=file.missing))
