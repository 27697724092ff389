"""Opening of files that only their owner may read, and of files that are no links."""

from __future__ import annotations

import os
from io import BufferedReader
from pathlib import Path
from typing import IO, Any


def open_private(path: Path, mode: str) -> IO[Any]:
    """Open a file; a new one can be read by its owner only."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    if "b" in mode:
        return open(path, mode, opener=opener)
    return open(path, mode, encoding="utf-8", newline="", opener=opener)


def open_no_link(path: Path) -> BufferedReader:
    """Open a file to read bytes.

    Raises:
        OSError: among others if the file is a symbolic link.
    """
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
