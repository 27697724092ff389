"""Limits of this process that the operating system keeps; Windows has none of them.

There a child process that reads a hostile file is not ended at a limit, so that files of strangers
should be opened on a server.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

if sys.platform == "win32":

    def limit_memory(most: int) -> None:
        """Limit nothing."""

    def limit_cpu_time(more: int) -> None:
        """Limit nothing."""

    def ended_by_cpu_limit(returned: int) -> bool:
        """Return False: no process is ended that way."""
        return False

    def peak_memory() -> int:
        """Return more than any process has, so that none is used for a second file."""
        return 1 << 40

else:
    import resource
    import signal

    def limit_memory(most: int) -> None:
        """Limit the memory that this process may allocate to ``most`` bytes."""
        _lower(resource.RLIMIT_DATA, most)

    def limit_cpu_time(more: int) -> None:
        """Limit the processor time to ``more`` seconds from now on."""
        _lower(resource.RLIMIT_CPU, int(time.process_time()) + more)

    def ended_by_cpu_limit(returned: int) -> bool:
        """Return whether a process that returned ``returned`` was ended at its processor time."""
        return returned == -signal.SIGXCPU

    def peak_memory() -> int:
        """Return the peak of the resident memory of this process in KiB.

        Unlike ``ru_maxrss`` it does not include the process that started this one.
        """
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        lines = status.splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    def _lower(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, hard))
