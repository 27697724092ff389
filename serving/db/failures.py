"""What keeps a database or file from being written: a full disk, no permission, other writers."""

from __future__ import annotations

import errno
import sqlite3
from typing import Literal

from sqlalchemy.exc import DBAPIError

Failure = Literal["disk_full", "read_only", "database_busy"]

_SQLITE: dict[int, Failure] = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_BUSY: "database_busy",
    sqlite3.SQLITE_LOCKED: "database_busy",
}
_SQLITE_EXTENDED: dict[int, Failure] = {
    # No room for the shared memory beside the log, by which a full disk is noticed first.
    sqlite3.SQLITE_IOERR_SHMSIZE: "disk_full",
}
_POSTGRESQL: dict[str, Failure] = {
    "53100": "disk_full",
    "25006": "read_only",
    "55P03": "database_busy",
    "57014": "database_busy",
    "40P01": "database_busy",
}
"""By SQLSTATE: PostgreSQL documentation, appendix A."""

_OS: dict[int, Failure] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "read_only",
}
_FULL = "no space left on device"


def write_failure(error: BaseException) -> Failure | None:
    """Return what kept ``error``'s operation from writing; None if it was something else."""
    if isinstance(error, DBAPIError):
        return _of_driver(error.orig)
    if isinstance(error, sqlite3.Error):
        return _of_driver(error)
    if isinstance(error, OSError) and error.errno in _OS:
        return _OS[error.errno]
    # DuckDB says it in words only.
    return "disk_full" if _FULL in str(error).lower() else None


def _of_driver(error: BaseException | None) -> Failure | None:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        # The low byte is the primary code, the rest says more.
        if code is None:
            return None
        return _SQLITE_EXTENDED.get(code) or _SQLITE.get(code & 0xFF)
    return _POSTGRESQL.get(getattr(error, "sqlstate", None) or "")
