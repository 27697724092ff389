"""Version of the program."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("risk", "features", "models", "training", "serving")
_SUFFIXES = {".py", ".toml", ".yaml", ".json", ".sql"}
_SITE = Path("serving", "help", "site")


def package_version() -> str:
    """Return the version of the installed distribution; ``0`` in a source tree."""
    try:
        return version("wagewatch")
    except PackageNotFoundError:
        return "0"


@cache
def code_version() -> str:
    """Return the version and the first 12 digits of the SHA-256 of the program's files.

    Runs of the same code version give the same results from the same records.
    """
    digest = code_digest(Path(__file__).resolve().parent.parent)
    return f"{package_version()}+{digest[:12]}"


def code_digest(root: Path) -> str:
    """Return the SHA-256 over names and bytes of the program's files below ``root``.

    The site of the documentation, which a source tree may or may not have built, is no part of it.
    """
    total = hashlib.sha256()
    for package in _PACKAGES:
        for parts in sorted(_files(root, package)):
            total.update("/".join(parts).encode() + b"\0")
            total.update(Path(root, *parts).read_bytes() + b"\0")
    return total.hexdigest()


def _files(root: Path, package: str) -> Iterator[tuple[str, ...]]:
    """The parts of the paths of a package's files; paths of pathlib take ten times as long."""
    for folder, below, names in os.walk(root / package):
        parts = Path(folder).relative_to(root).parts
        below[:] = [name for name in below if (*parts, name) != _SITE.parts]
        yield from ((*parts, name) for name in names if os.path.splitext(name)[1] in _SUFFIXES)
