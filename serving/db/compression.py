"""Compression of the documents stored with a list, with a dictionary that they share.

The documents of a list resemble each other, so each is deflated with a few of them as a preset
dictionary: those that make others smallest. Bodies stored by earlier versions, as JSON or gzipped
JSON, are read as they are. Digests are of the bytes that :func:`unpacked` returns.
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

SAMPLES = 24
"""Documents that a dictionary is chosen from."""

_MOST_CHOSEN = 6
_JUDGES = 9
_LEVEL, _TRIAL_LEVEL = 9, 6


def dictionary_of(bodies: Sequence[bytes]) -> bytes:
    """A dictionary for documents like ``bodies``, chosen from :data:`SAMPLES` of them.

    One after the other that document is put in front which makes those between them smallest.
    Which documents are taken matters: a fifth of the bytes of a list, measured.
    """
    step = max(len(bodies) // SAMPLES, 1)
    sample = bodies[::step][:SAMPLES]
    left, judges = list(sample[::2]), sample[1::2][:_JUDGES] or sample
    chosen = b""
    for _ in range(min(_MOST_CHOSEN, len(left))):
        best = min(left, key=lambda body: _size(judges, body + chosen))
        left.remove(best)
        chosen = (best + chosen)[-_WINDOW:]
        if len(chosen) == _WINDOW:
            break
    return chosen


def _size(bodies: Sequence[bytes], dictionary: bytes) -> int:
    words = dictionary[-_WINDOW:]
    return sum(len(_deflated(body, words, _TRIAL_LEVEL)) for body in bodies)


def packed(body: bytes, dictionary: bytes) -> bytes:
    """``body`` compressed with ``dictionary``."""
    return _PACKED + _deflated(body, dictionary, _LEVEL)


def _deflated(body: bytes, dictionary: bytes, level: int) -> bytes:
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=dictionary)
    return deflate.compress(body) + deflate.flush()


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
