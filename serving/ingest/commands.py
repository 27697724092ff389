"""``wagewatch import``: takes records in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from risk.errors import WagewatchError
from serving.cli.context import Job, job_of
from serving.cli.options import Json
from serving.cli.output import as_json, line, row_progress, table
from serving.cli.resources import make_workspace

if TYPE_CHECKING:
    from risk.intake.report import ImportReport


class NotAllImported(WagewatchError):
    """Some files could not be taken in; the others were."""

    code = "not_all_imported"


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...")],
    json: Json = False,
) -> None:
    """Files or folders; a row that fails is quarantined, the rest is kept.

    Where there is no workspace yet it is made, as ``init`` would.
    """
    from risk.intake.importer import import_paths

    job = job_of(context)
    make_workspace(job)
    with row_progress() as step:
        report = import_paths(job.workspace, paths, today=dt.date.today(), progress=step)
    if json:
        as_json(report.as_json(job.language))
    else:
        _show(job, report)
    require_all(job, report)


def require_all(job: Job, report: ImportReport) -> None:
    """Raises NotAllImported, with every reason, if a file could not be taken in."""
    if report.failed:
        reasons = " ".join(failure.message(job.language) for failure in report.failed)
        raise NotAllImported(files=len(report.failed), reasons=reasons)


def _show(job: Job, report: ImportReport) -> None:
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
        table([job.say(f"import.{name}") for name in names], rows, right=(2, 3, 4, 5))
    if any(file.quarantined for file in report.files):
        line(job.say("import.look", path=str(job.workspace.quarantine)))
    if report.skipped:
        line(job.say("import.skipped", files=", ".join(report.skipped)))
    waiting = {name: total.waiting for name, total in report.tables.items() if total.waiting}
    if waiting:
        counts = ", ".join(f"{name} {rows}" for name, rows in waiting.items())
        line(job.say("import.waiting", counts=counts))
