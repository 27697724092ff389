"""Browser sessions: a signed cookie that names the user and expires; nothing is kept for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

COOKIE = "wagewatch_session"
CSRF_HEADER = "X-CSRF-Token"
HOURS = 12


@dataclass(frozen=True)
class Session:
    """What a cookie says. ``stamp`` must still be the user's; ``csrf`` comes back with writes."""

    user_id: int
    stamp: int
    csrf: str


def seal_session(key: str, user_id: int, stamp: int) -> tuple[str, Session]:
    """A cookie for the user, and what it says."""
    session = Session(user_id, stamp, secrets.token_urlsafe(24))
    return _serializer(key).dumps([session.user_id, session.stamp, session.csrf]), session


def open_session(key: str, cookie: str) -> Session | None:
    """What the cookie says; None if it is forged, broken or older than :data:`HOURS`."""
    try:
        user_id, stamp, csrf = _serializer(key).loads(cookie, max_age=HOURS * 3600)
    except (BadSignature, ValueError, TypeError):
        return None
    return Session(int(user_id), int(stamp), str(csrf))


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="wagewatch-session")
