"""Signature of a request: SHA-256 over its form fields and the secret."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def signature(form: Mapping[str, str], secret: str) -> str:
    """Return the signature of the form fields, 64 hexadecimal characters.

    The fields are joined in alphabetical order, then ``appsecret``, and the whole text is
    lower-cased. The secret itself is not sent.

    >>> signature({"version": "1.0", "appid": "A1"}, "S3cret")[:16]
    '34d33e7aadbb6b1e'
    """
    joined = "&".join(f"{name}={form[name]}" for name in sorted(form))
    return hashlib.sha256(f"{joined}&appsecret={secret}".lower().encode()).hexdigest()
