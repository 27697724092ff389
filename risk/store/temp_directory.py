"""Where an open store puts what does not fit into memory: a folder of its own, on disk.

DuckDB names its files there after the number of the process, and the first process of every
container has the same number: two that shared a folder would write over each other's files.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

_NAME = "wagewatch-spill-"
_TRIES = 10
_guard = threading.Lock()
_open: dict[tuple[int, Path], TempDirectory] = {}


class TempDirectory:
    """A folder that is locked while it is used, so that what a killed process left is known."""

    def __init__(self, folder: Path, lock: int, key: tuple[int, Path] | None) -> None:
        """``key`` is what other openings of this process find it by."""
        self.folder = folder
        self._lock = lock
        self._key = key
        self.users = 1

    def release(self) -> None:
        """Remove the folder if nobody in this process uses it any more."""
        with _guard:
            self.users -= 1
            if self.users:
                return
            if self._key:
                del _open[self._key]
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._lock)


def acquire(store: Path | None) -> TempDirectory | None:
    """The folder to be used with ``store``, a file (None: in memory); call ``release`` after use.

    It lies beside the store, or on this machine's disk where nothing can be written there. The
    openings of one file in one process are one database, so they share it. None where no folder
    can be created at all, or locks are of another kind than here: the database then finds a place.
    """
    if os.name != "posix":
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
    """Where to try, best first, with how the names begin there."""
    if store is not None:
        yield store.resolve().parent, f"{store.name}.tmp-"
    # /tmp is memory on many machines, /var/tmp is not.
    for place in (os.environ.get("TMPDIR"), "/var/tmp", tempfile.gettempdir()):  # noqa: S108
        if place:
            yield Path(place), _NAME


def _create_locked(place: Path, name: str) -> tuple[Path, int]:
    """A new folder; another process may take it for one left behind before it is locked.

    Raises:
        OSError: nothing can be written or locked there.
    """
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=name, dir=place))
        lock = _lock(folder, wait=True)
        if lock is not None:
            return folder, lock
        shutil.rmtree(folder, ignore_errors=True)
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(place))


def _sweep(place: Path, name: str) -> None:
    """Remove what killed processes left: the folders that nobody holds."""
    for left in place.glob(f"{glob.escape(name)}*"):
        lock = _lock(left, wait=False)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """Hold ``folder``; None where another process holds it, or has just removed it."""
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
