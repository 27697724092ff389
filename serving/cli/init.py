"""``wagewatch init``: makes a workspace."""

from __future__ import annotations

import typer

from risk.errors import WagewatchError
from serving.cli.job import job_of
from serving.cli.output import CannotWrite, line


class WorkspaceExists(WagewatchError):
    """The folder is a workspace already."""

    code = "workspace_exists"


def init(context: typer.Context) -> None:
    """Make the folder and its commented settings; what is there is never overwritten."""
    from serving.settings import default_toml

    job = job_of(context)
    settings = job.workspace.settings_file
    if settings.exists():
        raise WorkspaceExists(path=str(job.workspace.root))
    try:
        job.workspace.root.mkdir(parents=True, exist_ok=True)
        settings.write_text(default_toml(), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path=str(settings), detail=error.strerror or str(error)) from error
    line(job.say("initialised", path=str(job.workspace.root), settings=str(settings)))
