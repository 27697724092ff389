"""Calls of subscribers: within one total time, at an address that was checked when connecting."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from functools import cached_property

import httpcore
import httpx

from serving.http.egress import EgressPolicy

SECONDS = 10.0
"""Time for a whole request to a subscriber."""


class WebhookCaller:
    """Sends requests to subscribers that the policy allows; safe to share between threads."""

    def __init__(self, policy: EgressPolicy, seconds: float = SECONDS) -> None:
        self._policy = policy
        self._seconds = seconds

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the response, whose body is not read; redirects are not followed.

        Raises:
            WebhookRefused: the policy does not allow the address.
            httpcore.NetworkError, httpcore.TimeoutException, OSError, ValueError: no response.
        """
        parsed = httpx.URL(url)
        target = httpcore.URL(
            scheme=parsed.raw_scheme,
            host=parsed.raw_host,
            port=parsed.port,
            target=parsed.raw_path,
        )
        sent = [("host", parsed.netloc.decode("ascii")), *headers.items()]
        backend = _Backend(self._policy, time.monotonic() + self._seconds)
        context = self._ssl_context if parsed.scheme == "https" else None
        with (
            httpcore.ConnectionPool(network_backend=backend, ssl_context=context) as pool,
            pool.stream("POST", target, headers=sent, content=body) as response,
        ):
            return response.status

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return httpcore.default_ssl_context()


class _Backend(httpcore.NetworkBackend):
    """Connects to the address that was checked, so that the name cannot change in between."""

    def __init__(self, policy: EgressPolicy, deadline: float) -> None:
        self._policy = policy
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._policy.resolve(host, port)
        for address in others:
            try:
                return self._connect(address, port)
            except httpcore.ConnectError:
                continue
        return self._connect(last, port)

    def _connect(self, address: str, port: int) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(address, port, timeout=_left(self._deadline))
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A stream all of whose operations end at ``deadline``."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Return the seconds until ``deadline``.

    Raises:
        httpcore.ReadTimeout: it has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline")
    return left
