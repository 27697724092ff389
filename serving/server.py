"""Runs the application under uvicorn, in one process or several."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from risk.workspace import Workspace
from serving.auth.second_factors import KEY_FILE
from serving.auth.secrets import signing_key
from serving.errors import CommandError
from serving.http.logs import log_to
from serving.http.metrics import SHARED_FOLDER

if TYPE_CHECKING:
    from serving.settings import Settings

GRACE_SECONDS = 10
"""Time that requests in progress get to finish after a stop signal."""

SERVED, LOCAL = "WAGEWATCH_SERVED", "WAGEWATCH_SERVED_LOCAL"
ISOLATED = "WAGEWATCH_SERVED_ISOLATED"
"""Environment variables that pass workspace, local and isolated mode to the worker processes."""


class CannotListen(CommandError):
    """The address cannot be bound, mostly because another program listens on it."""

    code = "cannot_listen"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 picks any free port.

    Raises:
        CannotListen: the address is in use, or is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol set, asyncio disables Nagle's algorithm; else small responses wait 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows, the option of that name would let another program take the port over.
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    bound.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        bound.bind((host, port))
        # Listens at once, so that a second server on the same port fails.
        bound.listen(1024)
    except OSError as error:
        bound.close()
        detail = error.strerror or str(error)
        raise CannotListen(host=host, port=port, detail=detail) from error
    return bound


def is_local(bound: socket.socket) -> bool:
    """Return whether ``bound`` can be reached from this machine only."""
    address = str(bound.getsockname()[0])
    return address == "::1" or address.startswith("127.")


def run_server(
    workspace: Workspace, bound: socket.socket, workers: int, *, isolated: bool = False
) -> None:
    """Serve ``workspace`` until SIGINT or SIGTERM; ``isolated`` without receivers of its audit."""
    os.environ[SERVED] = str(workspace.root.resolve())
    os.environ[LOCAL] = "1" if is_local(bound) else ""
    os.environ[ISOLATED] = "1" if isolated else ""
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
        # uvicorn re-raises the signal after stopping; ignored, because stopping is no failure.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        server.run(sockets=[bound])
        return
    with _shared_metrics():
        Multiprocess(config, sockets=[bound]).run()


def create_served_app() -> FastAPI:
    """Return the application of the workspace in the environment; called in every process."""
    from serving.app import create_app
    from serving.db.database import Database
    from serving.settings import configured, database_url

    workspace, settings = configured(Workspace(Path(os.environ[SERVED])))
    if os.environ.get(ISOLATED):
        settings = without_receivers(settings)
    log_to(service_log(workspace))
    return create_app(
        settings,
        Database(database_url(workspace, settings)),
        key=signing_key(workspace.root / "session.key"),
        factor_key=signing_key(workspace.root / KEY_FILE),
        local=bool(os.environ.get(LOCAL)),
        workspace=workspace,
    )


def without_receivers(settings: Settings) -> Settings:
    """Return the settings of a copy of a service.

    Its audit log goes on otherwise than the original: in the place where the heads of that are
    stored, its own would be taken for a sign that the log was altered.
    """
    nowhere = {"heads_file": "", "syslog": "", "webhook": ""}
    return settings.model_copy(update={"audit": settings.audit.model_copy(update=nowhere)})


def service_log(workspace: Workspace) -> Path:
    """Return the path of the service's log."""
    return workspace.root / "service.log"


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """Provide the folder in which all processes share their Prometheus metrics."""
    folder = tempfile.mkdtemp(prefix="wagewatch-metrics-")
    os.environ[SHARED_FOLDER] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
