"""Temporary directory of an open store, for data that DuckDB spills to disk.

DuckDB names its files there after the process id, and the first process of every container has the
same id: two processes that shared a directory would overwrite each other's files.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

_NAME = "wagewatch-spill-"
_TRIES = 10
_guard = threading.Lock()
_open: dict[tuple[int, Path], TempDirectory] = {}


class TempDirectory:
    """Directory that is locked while in use, so that leftovers of killed processes are found."""

    def __init__(self, folder: Path, lock: int, key: tuple[int, Path] | None) -> None:
        """``key`` is the process id and store file under which this process shares it."""
        self.folder = folder
        self._lock = lock
        self._key = key
        self.users = 1

    def release(self) -> None:
        """Remove the directory once its last user in this process has released it."""
        with _guard:
            self.users -= 1
            if self.users:
                return
            if self._key:
                del _open[self._key]
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._lock)


def acquire(store: Path | None) -> TempDirectory | None:
    """Directory for ``store``, a file (None: in memory); call ``release`` after use.

    It is created next to the store, or in a temporary folder of the machine if that is not
    writable. Connections to the same file in one process share it. Returns None if no directory
    can be created or locked; DuckDB then uses its default.
    """
    if sys.platform == "win32":
        return None
    if store is None:
        return _create(None, None)
    key = (os.getpid(), store.resolve())
    with _guard:
        if key in _open:
            _open[key].users += 1
            return _open[key]
        created = _create(store, key)
        if created:
            _open[key] = created
        return created


def _create(store: Path | None, key: tuple[int, Path] | None) -> TempDirectory | None:
    for place, name in _candidates(store):
        try:
            _sweep(place, name)
            folder, lock = _create_locked(place, name)
        except OSError:
            continue
        return TempDirectory(folder, lock, key)
    return None


def _candidates(store: Path | None) -> Iterator[tuple[Path, str]]:
    """Parent folders to try, best first, with the name prefix to use in each."""
    if store is not None:
        yield store.resolve().parent, f"{store.name}.tmp-"
    # /tmp is in memory on many machines, /var/tmp is not.
    for place in (os.environ.get("TMPDIR"), "/var/tmp", tempfile.gettempdir()):  # noqa: S108
        if place:
            yield Path(place), _NAME


def _create_locked(place: Path, name: str) -> tuple[Path, int]:
    """Create and lock a folder; retried if another process sweeps it before it is locked.

    Raises:
        OSError: nothing can be written or locked in ``place``.
    """
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=name, dir=place))
        lock = _lock(folder, wait=True)
        if lock is not None:
            return folder, lock
        shutil.rmtree(folder, ignore_errors=True)
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(place))


def _sweep(place: Path, name: str) -> None:
    """Remove directories that no process has locked: leftovers of killed processes."""
    for left in place.glob(f"{glob.escape(name)}*"):
        lock = _lock(left, wait=False)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """Lock ``folder``; None if another process holds the lock or has just removed the folder."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        if os.path.samestat(os.fstat(lock), folder.stat()):
            return lock
    except OSError:
        pass
    os.close(lock)
    return None
