"""Which version of the program this is."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_FLOORS = ("risk", "features", "models", "training", "serving")
_SUFFIXES = {".py", ".toml", ".yaml", ".json", ".sql"}


def package_version() -> str:
    """The version of the installed distribution; ``0`` when run from a bare source tree."""
    try:
        return version("wagewatch")
    except PackageNotFoundError:
        return "0"


@cache
def code_version() -> str:
    """The version and the first 12 digits of a SHA-256 over the program's own files.

    Two runs with the same code version compute the same from the same records.
    """
    root = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for floor in _FLOORS:
        for path in sorted((root / floor).rglob("*")):
            if path.suffix in _SUFFIXES:
                total.update(path.relative_to(root).as_posix().encode() + b"\0")
                total.update(path.read_bytes() + b"\0")
    return f"{package_version()}+{total.hexdigest()[:12]}"
