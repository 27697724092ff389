"""``wagewatch init``: makes a workspace."""

from __future__ import annotations

import typer

from risk.errors import WagewatchError
from serving.cli.context import job_of
from serving.cli.output import line
from serving.cli.resources import make_workspace


class WorkspaceExists(WagewatchError):
    """The folder is a workspace already."""

    code = "workspace_exists"


def init(context: typer.Context) -> None:
    """Make the folder and its commented settings; what is there is never overwritten."""
    job = job_of(context)
    settings = job.workspace.settings_file
    if settings.exists():
        raise WorkspaceExists(path=str(job.workspace.root))
    make_workspace(job)
    line(job.say("initialised", path=str(job.workspace.root), settings=str(settings)))
