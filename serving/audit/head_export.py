"""Sends the heads of the audit log where somebody who alters the log cannot reach them."""

from __future__ import annotations

import logging
from logging.handlers import SysLogHandler
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from serving.audit.verification import Head, HeadsUnreadable, heads_after, read_heads

HEADS_FILE = "audit-heads.jsonl"
"""File of the workspace with the heads that the service exported."""

_log = logging.getLogger("wagewatch.audit")


class HeadExport:
    """Appends new heads to a file and sends them to a syslog server.

    Args:
        file: file of JSON lines; None for none.
        syslog: ``host:port`` of a server that takes UDP; empty for none.
    """

    def __init__(self, engine: Engine, file: Path | None, syslog: str = "") -> None:
        self._engine = engine
        self._file = file
        self._sent = _last_sent(file)
        self._syslog = syslog

    def run(self) -> None:
        """Send the heads that were not sent yet; a failure is logged, and the next call retries."""
        if self._file is None and not self._syslog:
            return
        try:
            with self._engine.connect() as connection:
                heads = heads_after(connection, self._sent)
            for head in heads:
                self._send(head)
                self._sent = head.entry
        except (DBAPIError, OSError) as error:
            _log.error("heads of the audit log wait: %s", error)

    def _send(self, head: Head) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(head.to_json() + "\n")
        if self._syslog:
            handler = SysLogHandler(_address(self._syslog), SysLogHandler.LOG_AUTHPRIV)
            try:
                message = f"wagewatch audit head {head.to_json()}"
                handler.emit(logging.LogRecord("audit", logging.INFO, "", 0, message, None, None))
            finally:
                handler.close()


def _last_sent(file: Path | None) -> int:
    if file is None or not file.exists():
        return 0
    try:
        return max((head.entry for head in read_heads(file)), default=0)
    except HeadsUnreadable as error:
        _log.error("%s", error)
        return 0


def _address(syslog: str) -> tuple[str, int]:
    host, _, port = syslog.rpartition(":")
    return host, int(port)
