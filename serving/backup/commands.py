"""``wagewatch backup`` and ``wagewatch restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.context import job_of
from serving.cli.output import line, require_folder
from serving.cli.resources import open_database, open_settings

File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)]


def backup(context: typer.Context, file: File) -> None:
    """Keep everything in one file, while the service runs."""
    from serving.backup.service import back_up

    job = job_of(context)
    require_folder(file)
    with open_database(job, open_settings(job)) as database:
        done = back_up(job.workspace, database, file)
    line(job.say("backed_up", path=str(file), rows=done.rows, size=f"{done.bytes / 1e6:.1f}"))


def restore(context: typer.Context, file: File) -> None:
    """Put a backup into an empty workspace; into WAGEWATCH_DATABASE__URL if that is set."""
    import os

    from serving.backup.service import restore as put_back

    job = job_of(context)
    url = os.environ.get("WAGEWATCH_DATABASE__URL")
    done = put_back(file, job.workspace, url)
    line(job.say("restored", path=str(job.workspace.root), rows=done.rows))
