"""Tokens of systems and the key that signs sessions. Only hashes of tokens are kept."""

from __future__ import annotations

import hashlib
import os
import secrets
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
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
