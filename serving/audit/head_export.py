"""Sends the heads of the audit log where somebody who alters the log cannot reach them."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import IO

import httpcore
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from risk.file_locks import try_lock
from serving.audit.verification import Head, HeadsUnreadable, heads_after, read_heads
from serving.clock import now
from serving.http.caller import WebhookCaller
from serving.http.egress import WebhookRefused

HEADS_FILE = "audit-heads.jsonl"
"""File of the workspace with the heads that the service exported."""

SECONDS = 60.0
"""Interval between two looks for new heads, of which there is one a day."""
EVENT_TYPE = "cn.wagewatch.audit.head"

_log = logging.getLogger("wagewatch.audit")
_FAILURES = (
    *(SQLAlchemyError, OSError, ValueError, WebhookRefused),
    *(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError),
)


class NotAccepted(OSError):
    """The receiver of a head answered with a status other than 2xx."""


@dataclass(frozen=True)
class HeadWebhook:
    """A receiver of heads: its URL, the caller, and a secret (``whsec_...``) that signs them."""

    url: str
    caller: WebhookCaller
    secret: str = ""

    def send(self, head: Head) -> None:
        """Send a head as a CloudEvent; the same head has the same id.

        Raises:
            NotAccepted: the receiver did not answer 2xx.
        """
        from standardwebhooks import Webhook

        event_id, at = f"audit-head-{head.entry}", now()
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": "/wagewatch/audit",
            "type": EVENT_TYPE,
            "time": at.isoformat(),
            "data": json.loads(head.to_json()),
        }
        body = json.dumps(event)
        headers = {"content-type": "application/cloudevents+json", "webhook-id": event_id}
        headers["webhook-timestamp"] = str(int(at.timestamp()))
        if self.secret:
            headers["webhook-signature"] = Webhook(self.secret).sign(event_id, at, body)
        status = self.caller.post(self.url, headers, body.encode())
        if not 200 <= status < 300:
            raise NotAccepted(f"{self.url}: {status}")


@dataclass
class HeadExport:
    """Appends new heads to a file, and sends them to a syslog server and a webhook.

    Every receiver gets every head at least once, in order, also if it is away for days: the number
    of the last head that it got is stored beside the file.

    Attributes:
        file: file of JSON lines; None for none.
        syslog: ``host:port`` of a server that takes UDP; empty for none.
        webhook: a receiver over HTTP; None for none.
    """

    engine: Engine
    file: Path | None
    syslog: str = ""
    webhook: HeadWebhook | None = None
    _sent: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the sending thread, which only a slow receiver holds up."""
        self._thread = threading.Thread(target=self._loop, name="audit heads", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread after what it is sending."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Send the heads that were not sent yet; a failure is logged, and the next call retries."""
        receivers = self._receivers()
        if not receivers:
            return
        try:
            with self._marks() as marks:
                for name, send in receivers.items():
                    self._send(name, send, marks)
        except _Busy:
            return
        except _FAILURES as error:
            _log.error("heads of the audit log wait: %s", error)

    def _send(self, name: str, send: Callable[[Head], None], marks: dict[str, int]) -> None:
        try:
            with self.engine.connect() as connection:
                heads = heads_after(connection, marks.get(name, 0))
            for head in heads:
                send(head)
                marks[name] = head.entry
        except _FAILURES as error:
            # The other receivers get theirs.
            _log.error("heads of the audit log wait for %s: %s", name, error)

    def _receivers(self) -> dict[str, Callable[[Head], None]]:
        found: dict[str, Callable[[Head], None]] = {}
        if self.file is not None:
            found["file"] = self._append
        if self.syslog:
            found["syslog"] = self._to_syslog
        if self.webhook is not None:
            found["webhook"] = self.webhook.send
        return found

    def _loop(self) -> None:
        self.run()
        while not self._stop.wait(SECONDS):
            self.run()

    @contextmanager
    def _marks(self) -> Iterator[dict[str, int]]:
        """Give the numbers of the last heads sent; other processes of the service wait their turn.

        Raises:
            _Busy: another process is sending.
        """
        if self.file is None:
            yield self._sent
            return
        with self.file.with_name(f"{self.file.name}.sent").open("a+", encoding="utf-8") as stored:
            if not try_lock(stored):
                raise _Busy
            marks = _read_marks(stored)
            # What the file holds counts, whatever the marks say.
            marks["file"] = _last_in(self.file)
            before = dict(marks)
            try:
                yield marks
            finally:
                if marks != before:
                    stored.truncate(0)
                    stored.write(json.dumps(marks))
                    stored.flush()

    def _append(self, head: Head) -> None:
        assert self.file is not None  # noqa: S101
        with self.file.open("a", encoding="utf-8") as file:
            file.write(head.to_json() + "\n")

    def _to_syslog(self, head: Head) -> None:
        handler = SysLogHandler(_address(self.syslog), SysLogHandler.LOG_AUTHPRIV)
        try:
            message = f"wagewatch audit head {head.to_json()}"
            handler.emit(logging.LogRecord("audit", logging.INFO, "", 0, message, None, None))
        finally:
            handler.close()


class _Busy(Exception):
    """Another process sends heads."""


def _read_marks(stored: IO[str]) -> dict[str, int]:
    stored.seek(0)
    try:
        return {str(name): int(entry) for name, entry in json.loads(stored.read()).items()}
    except (ValueError, AttributeError, TypeError):
        return {}


def _last_in(file: Path) -> int:
    if not file.exists():
        return 0
    try:
        return max((head.entry for head in read_heads(file)), default=0)
    except HeadsUnreadable as error:
        _log.error("%s", error)
        return 0


def _address(syslog: str) -> tuple[str, int]:
    host, _, port = syslog.rpartition(":")
    return host, int(port)
