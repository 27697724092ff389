"""Runs the application under uvicorn: own socket, quiet logs, a clean end."""

from __future__ import annotations

import logging
import signal
import socket
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from risk.errors import WagewatchError

GRACE_SECONDS = 10
"""How long requests under way may take to finish after the server was told to stop."""


class CannotListen(WagewatchError):
    """The address cannot be listened on, mostly because another program does."""

    code = "cannot_listen"


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes any free one.

    Raises:
        CannotListen: the address is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # From here on another server on the same port is refused, not let in beside this one.
        bound.listen()
    except OSError as error:
        bound.close()
        detail = error.strerror or str(error)
        raise CannotListen(host=host, port=port, detail=detail) from error
    return bound


def run_until_told(app: FastAPI, bound: socket.socket, *, log: Path) -> None:
    """Serve until SIGINT or SIGTERM; failures of requests go to ``log``."""
    _log_to(log)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    # uvicorn raises the signal again once it has stopped; being told to stop is no failure.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: None)
    uvicorn.Server(config).run(sockets=[bound])


def _log_to(path: Path) -> None:
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for name in ("wagewatch", "uvicorn"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
