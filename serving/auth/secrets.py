"""Tokens of systems and the key that signs sessions. Only hashes of tokens are kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

PREFIX = "ww_"


def new_token() -> str:
    """A token: 256 random bits behind a prefix that scanners for leaked secrets can know."""
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token. It is random throughout, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def signing_key(path: Path) -> str:
    """The key in ``path``, made on first use and readable by its owner alone."""
    if not path.exists():
        # Written apart and put in place whole, since several processes may start at once.
        descriptor, made = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        os.unlink(made)
    return path.read_text(encoding="ascii").strip()
