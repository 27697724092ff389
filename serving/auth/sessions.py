"""Browser sessions, stored in the service database; the cookie holds a random secret.

A session ends when its user signs out, changes the password or is disabled, after a time without
requests, after a time whatever happens, and when the clock is set back.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from serving.auth.repository import User, to_user
from serving.auth.secrets import token_hash
from serving.clock import CLOCK_SLACK
from serving.db.engine import utc, writing
from serving.db.tables import SESSIONS, USERS

COOKIE = "wagewatch_session"
CSRF_HEADER = "X-CSRF-Token"

RENEWED_AFTER = dt.timedelta(minutes=1)
"""The time of the last request is stored at most this often."""

_MOST_RENEWALS = 10_000

_log = logging.getLogger("wagewatch.sessions")


@dataclass(frozen=True)
class SessionLimits:
    """Time after which a session ends: ``idle`` since its last request, ``total`` since sign-in."""

    idle: dt.timedelta = dt.timedelta(minutes=60)
    total: dt.timedelta = dt.timedelta(hours=12)


@dataclass(frozen=True)
class Session:
    """A session that was started; ``secret`` is the cookie, and writes must send ``csrf``."""

    secret: str
    csrf: str
    second_factor: bool


@dataclass(frozen=True)
class OpenSession:
    """The user of a session, its CSRF token, and whether more than a password was asked for."""

    user: User
    csrf: str
    second_factor: bool


class SessionRepository:
    """The sessions of a service database; only hashes of their secrets are stored."""

    def __init__(self, engine: Engine, limits: SessionLimits) -> None:
        self._engine = engine
        self.limits = limits
        self._renewals = ThreadPoolExecutor(1, thread_name_prefix="sessions")
        self._renewed: OrderedDict[str, dt.datetime] = OrderedDict()

    def start(
        self,
        connection: Connection,
        user: User,
        now: dt.datetime,
        *,
        second_factor: bool,
    ) -> Session:
        """Start a session of ``user`` and delete those that are over.

        Args:
            second_factor: the user showed a second factor, or an OpenID provider vouches for them.
        """
        ended = or_(
            SESSIONS.c.created_at <= now - self.limits.total,
            SESSIONS.c.seen_at <= now - self.limits.idle,
        )
        connection.execute(delete(SESSIONS).where(ended))
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(24), second_factor)
        connection.execute(
            insert(SESSIONS).values(
                secret_hash=token_hash(session.secret),
                user_id=user.id,
                stamp=user.stamp,
                csrf=session.csrf,
                created_at=now,
                seen_at=now,
                second_factor=second_factor,
            )
        )
        return session

    def find(self, secret: str, now: dt.datetime) -> OpenSession | None:
        """Return the open session with this secret, None if there is none, and renew it."""
        hashed = token_hash(secret)
        query = (
            select(USERS, SESSIONS.c.csrf, SESSIONS.c.seen_at, SESSIONS.c.second_factor)
            .join(SESSIONS, SESSIONS.c.user_id == USERS.c.id)
            .where(
                SESSIONS.c.secret_hash == hashed,
                SESSIONS.c.stamp == USERS.c.stamp,
                USERS.c.disabled_at.is_(None),
                SESSIONS.c.created_at > now - self.limits.total,
                SESSIONS.c.seen_at > now - self.limits.idle,
                # Else a clock that is set back would prolong sessions.
                SESSIONS.c.seen_at <= now + CLOCK_SLACK,
            )
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if now - utc(row.seen_at) >= RENEWED_AFTER:
            self._renew(hashed, now)
        return OpenSession(to_user(row), row.csrf, row.second_factor)

    def end(self, connection: Connection, secret: str) -> None:
        """End the session with this secret, if there is one."""
        connection.execute(delete(SESSIONS).where(SESSIONS.c.secret_hash == token_hash(secret)))

    def close(self) -> None:
        """Store the renewals that are under way."""
        self._renewals.shutdown()

    def _renew(self, hashed: str, now: dt.datetime) -> None:
        # In another thread, because requests are identified on the event loop and a write may wait.
        asked = self._renewed.get(hashed)
        if asked is not None and now - asked < RENEWED_AFTER:
            return
        self._renewed[hashed] = now
        if len(self._renewed) > _MOST_RENEWALS:
            self._renewed.popitem(last=False)
        self._renewals.submit(self._store_renewal, hashed, now)

    def _store_renewal(self, hashed: str, now: dt.datetime) -> None:
        statement = update(SESSIONS).where(SESSIONS.c.secret_hash == hashed).values(seen_at=now)
        try:
            with writing(self._engine).begin() as connection:
                connection.execute(statement)
        except SQLAlchemyError as error:
            _log.warning("a session was not renewed: %s", getattr(error, "orig", error))
