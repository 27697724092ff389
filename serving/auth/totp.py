"""One-time codes from the time (RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

ISSUER = "Wagewatch"
SECONDS = 30
DIGITS = 6
EITHER_SIDE = 1
"""Steps before and after the present one whose codes are accepted: clocks of phones differ."""

_SECRET_BYTES = 20


def new_secret() -> str:
    """Return a new secret of 160 random bits in Base32, as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def step_at(at: dt.datetime) -> int:
    """Return the number of the step of ``at``."""
    return int(at.timestamp()) // SECONDS


def code_of(secret: str, step: int, digits: int = DIGITS) -> str:
    """Return the code of ``secret`` in a step.

    >>> code_of(base64.b32encode(b"12345678901234567890").decode(), 59 // SECONDS, digits=8)
    '94287082'
    """
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: str, code: str, at: dt.datetime) -> int | None:
    """Return the step near ``at`` whose code is ``code``; None if there is none."""
    present = step_at(at)
    for step in range(present - EITHER_SIDE, present + EITHER_SIDE + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()):
            return step
    return None


def enrolment_uri(secret: str, name: str) -> str:
    """Return the address that an authenticator app opens to store ``secret``."""
    label = quote(f"{ISSUER}:{name}")
    query = urlencode({"secret": secret, "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
