"""``wagewatch serve``: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.job import Job, job_of
from serving.cli.opening import open_database, open_settings
from serving.cli.output import note


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535)] = None,
) -> None:
    """Answer requests until told to stop."""
    serve_workspace(job_of(context), host, port)


def serve_workspace(job: Job, host: str | None = None, port: int | None = None) -> None:
    """Serve the job's workspace; returns when the server was told to stop."""
    from serving.api.app import create_app
    from serving.api.server import listen, run_until_told

    settings = open_settings(job)
    chosen = settings.server.port if port is None else port
    with listen(host or settings.server.host, chosen) as socket:
        app = create_app(settings, open_database(job, settings))
        address, bound = socket.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        note(job.say("serving", url=f"http://{shown}:{bound}"))
        run_until_told(app, socket, log=job.workspace.root / "error.log")
    note(job.say("stopped"))
