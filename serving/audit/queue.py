"""Audit entries of reads, written in groups: durable within a second, at no one's expense.

Entries of writes are stored in the writes' own transactions and do not pass here.
"""

from __future__ import annotations

import logging
import queue
import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from risk.errors import WagewatchError
from serving.audit.repository import AuditEntry, write_audit

SECONDS = 0.2
"""How long entries are gathered before they are written."""

MOST_WAITING = 50_000
_AT_ONCE = 5_000

_log = logging.getLogger("wagewatch.audit")


class AuditFull(WagewatchError):
    """Entries cannot be written as fast as they come; nothing may be read unrecorded."""

    code = "audit_full"


class AuditQueue:
    """Takes entries from any thread; one thread writes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[AuditEntry] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def require_room(self) -> None:
        """Nothing, if another entry can be taken.

        Raises:
            AuditFull: it cannot.
        """
        if self._waiting.qsize() >= MOST_WAITING:
            raise AuditFull(waiting=MOST_WAITING)

    def add(self, entry: AuditEntry) -> None:
        """Take an entry."""
        self._waiting.put(entry)

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            self._write()

    def _write(self) -> None:
        while entries := self._some():
            try:
                write_audit(self._engine, entries)
            except DBAPIError as error:
                _log.error("audit entries wait: %s", error.orig)
                for entry in entries:
                    self._waiting.put(entry)
                if self._stop.is_set():
                    return
                time.sleep(SECONDS)

    def _some(self) -> list[AuditEntry]:
        entries: list[AuditEntry] = []
        while len(entries) < _AT_ONCE:
            try:
                entries.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return entries
