"""HTTP server of a platform, which misbehaves on demand, and a transport to it without a socket."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from .platform import Json, Platform

Change = Callable[[Json], Any]
"""Makes another answer of an answer."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer.

    ``status`` and ``headers`` replace those of the answer, ``body`` the body; ``change`` changes
    the JSON; ``cut`` is the number of bytes after which the connection is closed.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    change: Change | None = None
    cut: int | None = None


@dataclass
class Server:
    """Running server; the faults of ``faults`` meet one request each, in order."""

    url: str
    platform: Platform
    faults: deque[Fault | None] = field(default_factory=deque)


@contextmanager
def serving(platform: Platform) -> Iterator[Server]:
    """Run a server of ``platform`` on a free port."""
    server = Server("", platform)
    http = _Http(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/open.api"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


class InProcess(httpx.BaseTransport):
    """Transport to a platform in the same process."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=encoded(self._platform.answer(request.read().decode())))


def encoded(answer: Any) -> bytes:
    """Answer as JSON; amounts are written as numbers."""
    return json.dumps(answer, ensure_ascii=False, default=_number).encode()


def _number(value: object) -> float:
    assert isinstance(value, Decimal)
    return float(value)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client goes away."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fault = server.faults.popleft() if server.faults else None
            fault = fault or Fault()
            answer: Any = server.platform.answer(body)
            if fault.change:
                answer = fault.change(answer)
            content = encoded(answer) if fault.body is None else fault.body
            self.send_response_only(fault.status)
            names = {name for name, _ in fault.headers}
            for name, value in fault.headers:
                self.send_header(name, value)
            if "Date" not in names:
                self.send_header("Date", self.date_time_string(server.platform.now().timestamp()))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: fault.cut])
            if fault.cut is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    return Handler
