"""Version of the program."""

from __future__ import annotations

import hashlib
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
        for path in sorted((root / package).rglob("*")):
            if path.suffix in _SUFFIXES and root / _SITE not in path.parents:
                total.update(path.relative_to(root).as_posix().encode() + b"\0")
                total.update(path.read_bytes() + b"\0")
    return total.hexdigest()
