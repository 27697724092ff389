"""``wagewatch import``: imports records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import today
from serving.errors import CommandError
from serving.ingest.resources import NotAllImported, require_all_imported
from serving.ingest.texts import account_lines, answer_line, failure_lines
from serving.ingest.try_files import try_import
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.dates import parse_date
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, print_note, row_progress
from serving.terminal.resources import make_workspace, open_records

if TYPE_CHECKING:
    from risk.intake.report import ImportReport

NEEDS_ANSWER = 3
"""Exit code if a value was lost or a person has to decide."""


KnownOn = Annotated[
    dt.date | None, typer.Option("--known-on", parser=parse_date, metavar="YYYY-MM-DD")
]


class KnownOnInFuture(CommandError):
    """The day stated by ``--known-on`` is after today."""

    code = "known_on_in_future"


_LINKED_TABLES = ("complaints", "projects")


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...")],
    known_on: KnownOn = None,
    withdraw: Annotated[bool, typer.Option("--withdraw")] = False,
    json: JsonFlag = False,
    try_only: Annotated[bool, typer.Option("--try")] = False,
) -> None:
    """Import files or folders; failing rows are quarantined.

    Creates the workspace if there is none, like ``init``. Ends with exit code 3 if a value was
    lost or a person has to decide. With ``--try`` nothing is read in; layouts are proposed.
    """
    from risk.intake.importer import import_paths
    from serving.ingest.open_complaints import open_complaint_lines
    from serving.ingest.sealed_lists import seal_recorder, sealed_lines

    cli = cli_context(context)
    day = today()
    if known_on is not None and known_on > day:
        raise KnownOnInFuture(known_on=known_on.isoformat(), today=day.isoformat())
    make_workspace(cli)
    if try_only:
        if not try_import(cli, paths, json=json):
            raise typer.Exit(NEEDS_ANSWER)
        return
    if withdraw:
        _withdraw(cli, paths, day, known_on, json=json)
        return
    with row_progress() as step:
        report = import_paths(
            *(cli.workspace, paths),
            today=day,
            known_on=known_on,
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
        _show_dating(cli, report)
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


def _withdraw(
    cli: CliContext, paths: list[Path], day: dt.date, known_on: dt.date | None, *, json: bool
) -> None:
    from risk.intake.withdrawal import withdraw_paths
    from risk.store.store import RecordStore
    from serving.ingest.sealed_lists import seal_recorder

    workspace = cli.workspace
    record_seals = seal_recorder(cli)
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        if record_seals:
            record_seals(store)
        report = withdraw_paths(store, paths, today=day, known_on=known_on)
    if json:
        print_json(report.as_json(cli.language))
    else:
        for file in report.files:
            print_line(cli.text("withdrawal.file", **asdict(file)))
    if report.failed:
        reasons = "\n".join(failure_lines(report.failed, cli.language))
        raise NotAllImported(files=len(report.failed), reasons=reasons)


def _show_dating(cli: CliContext, report: ImportReport) -> None:
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
