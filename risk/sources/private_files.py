"""Opening of files that only their owner may read, and of files that are no links."""

from __future__ import annotations

import os
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

# Windows has no such flag; making a link there needs a right that users do not have.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# Only Windows has this one: without it bytes that look like ends of lines would change.
_AS_IT_IS = getattr(os, "O_BINARY", 0)


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
    return os.fdopen(os.open(path, os.O_RDONLY | _NO_LINK | _AS_IT_IS), "rb")
