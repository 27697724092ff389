"""Compression of the documents stored with a list, with a dictionary that they share.

The documents of a list resemble each other, so each is deflated with parts of a few of them as a
preset dictionary. Bodies stored by earlier versions, as JSON or gzipped JSON, are read as they are.
Digests are of the bytes that :func:`unpacked` returns.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence

_PACKED = b"\x01"
"""First byte of a packed body; JSON begins with a brace, and gzip with 0x1f."""

_GZIP = b"\x1f\x8b"
_WINDOW = 32 * 1024
"""Most that deflate looks back, and so the most a dictionary is used."""

SAMPLES = 4
"""Documents that a dictionary is made of."""

_LEVEL = 8
"""Level 9 takes a quarter longer for a thousandth less."""


def dictionary_of(bodies: Sequence[bytes]) -> bytes:
    """A dictionary for documents like ``bodies``: up to four of them, evenly spaced."""
    step = max(len(bodies) // SAMPLES, 1)
    return b"".join(bodies[::step][:SAMPLES])[-_WINDOW:]


def packed(body: bytes, dictionary: bytes) -> bytes:
    """``body`` compressed with ``dictionary``."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=dictionary)
    return _PACKED + deflate.compress(body) + deflate.flush()


def unpacked(stored: bytes, dictionary: bytes | None) -> bytes:
    """The body that was :func:`packed`, or stored by an earlier version.

    A body that was changed in the database is returned as it is; its digest shows the change.
    """
    try:
        if stored.startswith(_GZIP):
            return gzip.decompress(stored)
        if stored.startswith(_PACKED):
            inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=dictionary or b"")
            return inflate.decompress(stored[1:]) + inflate.flush()
    except (zlib.error, EOFError, OSError):
        return stored
    return stored
