"""Browser sessions: a signed cookie with the user's id and an expiry; nothing is stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

COOKIE = "wagewatch_session"
CSRF_HEADER = "X-CSRF-Token"
HOURS = 12


@dataclass(frozen=True)
class Session:
    """Content of a cookie: ``stamp`` must equal the user's; writes must send ``csrf``."""

    user_id: int
    stamp: int
    csrf: str


def seal_session(key: str, user_id: int, stamp: int) -> tuple[str, Session]:
    """Return a new cookie for the user and its content."""
    session = Session(user_id, stamp, secrets.token_urlsafe(24))
    return _serializer(key).dumps([session.user_id, session.stamp, session.csrf]), session


def open_session(key: str, cookie: str) -> Session | None:
    """Return the content of a cookie; None if forged, broken or older than :data:`HOURS`."""
    try:
        user_id, stamp, csrf = _serializer(key).loads(cookie, max_age=HOURS * 3600)
    except (BadSignature, ValueError, TypeError):
        return None
    return Session(int(user_id), int(stamp), str(csrf))


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="wagewatch-session")
