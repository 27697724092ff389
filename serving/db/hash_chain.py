"""Hash chain of the audit log: each entry's digest covers the entry and all before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence

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
        values: those of :data:`CHAINED`; times and dates as such.
    """
    plain = [_plain(value) for value in values]
    content = _ENCODER.encode([previous, *plain])
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return utc(value).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value
