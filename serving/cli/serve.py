"""``wagewatch serve``: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.context import Job, job_of
from serving.cli.output import note
from serving.cli.resources import open_database, open_settings


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=64)] = None,
) -> None:
    """Answer requests until told to stop."""
    serve_workspace(job_of(context), host, port, workers)


def serve_workspace(
    job: Job, host: str | None = None, port: int | None = None, workers: int | None = None
) -> None:
    """Serve the job's workspace; returns when the server was told to stop."""
    from serving.auth.repository import People
    from serving.server import is_local, listen, run_until_told, service_log
    from serving.worker.scheduler import Keeper

    settings = open_settings(job)
    chosen = settings.server.port if port is None else port
    with (
        listen(host or settings.server.host, chosen) as socket,
        open_database(job, settings) as database,
    ):
        address, bound = socket.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        note(job.say("serving", url=f"http://{shown}:{bound}"))
        if not People(database.engine).anybody():
            note(job.say("open_to_all_here" if is_local(socket) else "nobody_may_enter"))
        keeper = Keeper(job.workspace, database, service_log(job.workspace))
        keeper.start()
        run_until_told(job.workspace, socket, workers or settings.server.workers)
        keeper.stop()
    note(job.say("stopped"))
