"""Identities of persons as keyed hashes, which only this run can compare.

Encrypted identity numbers serve to count distinct people. They are hashed while an answer is
parsed, with a random key that is never written, and the hashes are never stored.
"""

from __future__ import annotations

import hashlib
import secrets

HASH_BYTES = 8
"""Bytes of a hash: among a million persons two share one with a chance of 3 in 10^8."""


class Identities:
    """Hashes of one run."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def hash(self, identity: object) -> int | None:
        """Return the hash of an identity, an unsigned 64-bit number; None if it is unknown."""
        text = "" if identity is None else str(identity).strip()
        if not text:
            return None
        hashed = hashlib.blake2b(text.encode(), digest_size=HASH_BYTES, key=self._key)
        return int.from_bytes(hashed.digest(), "big")
