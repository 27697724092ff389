"""``wagewatch serve``: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.terminal.context import CliContext, cli_context
from serving.terminal.output import print_note
from serving.terminal.resources import open_database, open_settings


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=64)] = None,
    *,
    isolated: Annotated[bool, typer.Option("--isolated")] = False,
) -> None:
    """Serve HTTP until SIGINT or SIGTERM."""
    serve_workspace(cli_context(context), host, port, workers, isolated=isolated)


def serve_workspace(
    cli: CliContext,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    *,
    isolated: bool = False,
) -> None:
    """Serve the workspace; returns after SIGINT or SIGTERM.

    ``isolated``: as a copy that runs at the same time as the service: it sends nothing and runs no
    jobs.
    """
    from models.artifact_paths import correct_addresses
    from serving.auth.repository import UserRepository
    from serving.server import is_local, listen, run_server, service_log
    from serving.worker.scheduler import Scheduler

    settings = open_settings(cli)
    correct_addresses(cli.workspace)
    chosen = settings.server.port if port is None else port
    with (
        listen(host or settings.server.host, chosen) as socket,
        open_database(cli, settings) as database,
    ):
        address, bound = socket.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        print_note(cli.text("serving", url=f"http://{shown}:{bound}"))
        if not UserRepository(database.engine).has_any():
            print_note(cli.text("open_to_all_here" if is_local(socket) else "nobody_may_enter"))
        keeper = Scheduler(cli.workspace, database, service_log(cli.workspace))
        if isolated:
            print_note(cli.text("isolated"))
        else:
            keeper.start()
        run_server(cli.workspace, socket, workers or settings.server.workers, isolated=isolated)
        keeper.stop()
    print_note(cli.text("stopped"))
