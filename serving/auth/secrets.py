"""Secrets of tokens, of which only hashes are stored, and the key that signs cookies."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

PREFIX = "ww_"


def new_token() -> str:
    """Return a new token: 256 random bits with a prefix that secret scanners can recognise."""
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return the hash to store; a fast one suffices because the token is random."""
    return hashlib.sha256(token.encode()).hexdigest()


def signing_key(path: Path) -> str:
    """Return the key in ``path``; it is created on first use, readable by its owner only."""
    if not path.exists():
        # Written to a temporary file and linked, since several processes may start at once.
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        os.unlink(temporary)
    elif path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()
