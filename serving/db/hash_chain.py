"""Hash chain of the audit log: each entry's digest covers the entry and all before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii

from serving.db.engine import utc

CHAINED = (
    *("at", "request_id", "who", "role", "action", "method", "subject", "region"),
    *("as_of", "list_digest", "model_version", "status"),
)
"""Columns that a digest covers, in this order. The format is that of stored digests for ever."""

_ENCODER = json.JSONEncoder(separators=(",", ":"))


def next_digest(previous: str, values: Sequence[object]) -> str:
    """Return the digest of an entry, the SHA-256 of the ``previous`` digest and its values.

    Args:
        previous: digest of the entry before; empty for the first one.
        values: those of :data:`CHAINED`; times and dates as such, or as :func:`moment_text`.
    """
    own = f"{encode_basestring_ascii(previous)},{_encoded(values[0])},{_encoded(values[1])}"
    content = f"[{own},{_repeated(*values[2:])}]"
    return hashlib.sha256(content.encode("ascii")).hexdigest()


@lru_cache(maxsize=1024, typed=True)  # requests repeat, but for their time and number
def _repeated(*values: object) -> str:
    return ",".join(map(_encoded, values))


def _encoded(value: object) -> str:
    plain = _plain(value)
    return encode_basestring_ascii(plain) if isinstance(plain, str) else _ENCODER.encode(plain)


def moment_text(moment: dt.datetime) -> str:
    """Return ``moment`` as digests cover it.

    >>> moment_text(dt.datetime(2025, 6, 1, 8, 30, tzinfo=dt.UTC))
    '2025-06-01T08:30:00.000000+00:00'
    """
    return utc(moment).isoformat(timespec="microseconds")


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, dt.date) else value
