"""``wagewatch import``: imports records."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from serving.clock import today
from serving.errors import CommandError
from serving.ingest.account_output import NEEDS_ANSWER, end_import, print_account
from serving.ingest.resources import NotAllImported
from serving.ingest.texts import failure_lines
from serving.ingest.try_files import try_import
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.dates import parse_date
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, row_progress
from serving.terminal.resources import make_workspace

KnownOn = Annotated[
    dt.date | None, typer.Option("--known-on", parser=parse_date, metavar="YYYY-MM-DD")
]


class KnownOnInFuture(CommandError):
    """The day stated by ``--known-on`` is after today."""

    code = "known_on_in_future"


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
    from serving.ingest.sealed_lists import record_import, seal_recorder

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
    record_import(cli, report)
    print_account(cli, report, report.as_json(cli.language) if json else None)
    end_import(cli, report, json=json)


def _withdraw(
    cli: CliContext, paths: list[Path], day: dt.date, known_on: dt.date | None, *, json: bool
) -> None:
    from risk.intake.import_days import require_import_day
    from risk.intake.withdrawal import withdraw_paths
    from risk.store.store import RecordStore
    from serving.ingest.sealed_lists import seal_recorder

    workspace = cli.workspace
    record_seals = seal_recorder(cli)
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        if record_seals:
            record_seals(store)
        if known_on is None:
            require_import_day(store, day)
        report = withdraw_paths(store, paths, today=day, known_on=known_on)
    if json:
        print_json(report.as_json(cli.language))
    else:
        for file in report.files:
            print_line(cli.text("withdrawal.file", **asdict(file)))
    if report.failed:
        reasons = "\n".join(failure_lines(report.failed, cli.language))
        raise NotAllImported(files=len(report.failed), reasons=reasons)
