"""Audit entries of reads, written in batches within a second so that no request waits for them.

Entries of writes are stored in the transactions of the writes and do not pass this queue.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from http import HTTPStatus

from fastapi import Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

from serving.audit.head_export import HeadExport
from serving.audit.repository import AuditEntry, write_audit_entries
from serving.audit.request_entry import audit_entry
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.errors import ApiError

SECONDS = 0.2
"""Interval between two batches."""

MAX_WAITING = 50_000
_BATCH = 5_000

_log = logging.getLogger("wagewatch.audit")


class AuditFull(ApiError):
    """Entries cannot be stored, and no read may go unrecorded; ``waiting`` is their number."""

    code = "audit_full"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def retry_after(self) -> int:
        """Return 1: the queue is written several times a second."""
        return 1


class AuditQueue:
    """Queue of audit entries: any thread adds, one thread writes.

    With ``refuses``, reads are refused while entries cannot be stored; otherwise up to
    ``MAX_WAITING`` wait in memory.
    """

    def __init__(self, engine: Engine, heads: HeadExport, *, refuses: bool = True) -> None:
        self._refuses = refuses
        self._failing = False
        self._engine = engine
        self._heads = heads
        self._waiting: queue.SimpleQueue[AuditEntry] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def start(self) -> None:
        """Start the writing thread."""
        self._thread.start()
        self._heads.start()

    def require_room(self) -> None:
        """Check that another entry can be added.

        Raises:
            AuditFull: the queue is full, or entries cannot be stored and reads are refused then.
        """
        if self._waiting.qsize() >= MAX_WAITING or (self._refuses and self._failing):
            raise AuditFull(waiting=self._waiting.qsize())

    def add_request(
        self, scope: Scope, permission: Permission, principal: Principal | None, status: int
    ) -> None:
        """Add the entry of a request answered with ``status``."""
        self._waiting.put(audit_entry(scope, permission, principal, status))

    def write_request(
        self, scope: Scope, permission: Permission, principal: Principal | None, status: int
    ) -> None:
        """Store the entry of a request at once."""
        write_audit_entries(self._engine, [audit_entry(scope, permission, principal, status)])

    def close(self) -> None:
        """Write the remaining entries and stop the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write()
        self._heads.close()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            self._write()

    def _write(self) -> None:
        while entries := self._take_batch():
            try:
                write_audit_entries(self._engine, entries)
            except SQLAlchemyError as error:
                # Also where no connection is free: the thread must outlive it.
                self._failing = True
                _log.error("audit entries wait: %s", getattr(error, "orig", error))
                for entry in entries:
                    self._waiting.put(entry)
                if self._stop.is_set():
                    return
                time.sleep(SECONDS)
            else:
                self._failing = False

    def _take_batch(self) -> list[AuditEntry]:
        entries: list[AuditEntry] = []
        while len(entries) < _BATCH:
            try:
                entries.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return entries


def audit_of(request: Request) -> AuditQueue:
    """Return the audit queue of the application."""
    audit: AuditQueue = request.app.state.audit
    return audit
