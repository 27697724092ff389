"""Locks on open files, which end with the process that holds them, on POSIX systems and Windows."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

_FAR = 1 << 30
"""Windows locks a range of bytes, which nobody else may read: one past the end of any such file."""


def try_lock(file: IO[Any]) -> bool:
    """Lock an open file until it is closed; returns False if another process has locked it.

    Nothing may have been read from it or written to it before.
    """
    try:
        _lock(file.fileno())
    except (BlockingIOError, PermissionError):
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(number: int) -> None:
        place = os.lseek(number, 0, os.SEEK_CUR)
        os.lseek(number, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(number, place, os.SEEK_SET)

else:
    import fcntl

    def _lock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
