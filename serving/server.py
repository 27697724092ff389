"""Runs the application under uvicorn: own socket, quiet logs, a clean end, several processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from risk.workspace import Workspace
from serving.auth.secrets import signing_key
from serving.errors import CommandError
from serving.http.logs import log_to
from serving.http.metrics import SHARED_FOLDER

GRACE_SECONDS = 10
"""How long requests under way may take to finish after the server was told to stop."""

SERVED, LOCAL = "WAGEWATCH_SERVED", "WAGEWATCH_SERVED_LOCAL"
"""Tell the processes of a server which workspace they serve, and whether to this machine alone."""


class CannotListen(CommandError):
    """The address cannot be listened on, mostly because another program does."""

    code = "cannot_listen"


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes any free one.

    Raises:
        CannotListen: the address is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's delay on and small answers wait 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # From here on another server on the same port is refused, not let in beside this one.
        bound.listen(1024)
    except OSError as error:
        bound.close()
        detail = error.strerror or str(error)
        raise CannotListen(host=host, port=port, detail=detail) from error
    return bound


def is_local(bound: socket.socket) -> bool:
    """Whether only this machine can reach ``bound``."""
    address = str(bound.getsockname()[0])
    return address == "::1" or address.startswith("127.")


def run_server(workspace: Workspace, bound: socket.socket, workers: int) -> None:
    """Serve ``workspace`` until SIGINT or SIGTERM."""
    os.environ[SERVED] = str(workspace.root.resolve())
    os.environ[LOCAL] = "1" if is_local(bound) else ""
    config = uvicorn.Config(
        "serving.server:create_served_app",
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    if workers == 1:
        # uvicorn raises the signal again once it has stopped; being told to stop is no failure.
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, lambda *_: None)
        server.run(sockets=[bound])
        return
    with _shared_counts():
        Multiprocess(config, sockets=[bound]).run()


def create_served_app() -> FastAPI:
    """The application of the workspace named in the environment; made anew in every process."""
    from serving.app import create_app
    from serving.db.database import Database
    from serving.settings import database_url, load_settings

    workspace = Workspace(Path(os.environ[SERVED]))
    settings = load_settings(workspace)
    log_to(service_log(workspace))
    return create_app(
        settings,
        Database(database_url(workspace, settings)),
        key=signing_key(workspace.root / "session.key"),
        local=bool(os.environ.get(LOCAL)),
    )


def service_log(workspace: Workspace) -> Path:
    """Where the service logs to."""
    return workspace.root / "service.log"


@contextmanager
def _shared_counts() -> Iterator[None]:
    """A folder into which all processes count for Prometheus."""
    folder = tempfile.mkdtemp(prefix="wagewatch-metrics-")
    os.environ[SHARED_FOLDER] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
