"""Second factors of users: one-time codes of an authenticator app, and recovery codes.

Secrets are encrypted with a key outside the database, of recovery codes only hashes are stored: a
backup, or a copy of the database, signs nobody in.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
import unicodedata
from enum import Enum
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from serving.auth.roles import Role
from serving.auth.secrets import token_hash
from serving.auth.totp import DIGITS, matching_step
from serving.db.engine import utc
from serving.db.tables import RECOVERY_CODES, SECOND_FACTORS, USERS
from serving.errors import ApiError

KEY_FILE = "second-factor.key"
"""File of the workspace with the key; it is in no backup."""

RECOVERY_COUNT = 8
MOST_FAILURES = 5
"""Wrong codes in a row after which codes are refused for :data:`PAUSE`."""

PAUSE = dt.timedelta(minutes=15)
REQUIRED_OF = {
    "optional": frozenset[Role](),
    "admins": frozenset({Role.ADMIN}),
    "everyone": frozenset(Role),
}
"""Roles whose users must have a second factor, by the setting ``sessions.second_factor``."""

_GROUP, _GROUPS = 4, 4


class SecondFactorUnreadable(ApiError):
    """The secret was encrypted with another key, as after a restore without the key's file."""

    code = "second_factor_unreadable"
    status = HTTPStatus.CONFLICT


class Outcome(Enum):
    """What became of a code."""

    ACCEPTED = "accepted"
    RECOVERED = "recovered"
    WRONG = "wrong"
    PAUSED = "paused"


class SecondFactors:
    """The second factors of a service database, whose secrets are encrypted with ``key``."""

    def __init__(self, key: str) -> None:
        from cryptography.fernet import Fernet

        derived = hashlib.sha256(b"second factor:" + key.encode()).digest()
        self._cipher = Fernet(base64.urlsafe_b64encode(derived))

    def store(
        self, connection: Connection, user_id: int, secret: str, at: dt.datetime | None
    ) -> None:
        """Store the secret of a user in place of any other; without ``at`` it is unconfirmed."""
        remove(connection, user_id)
        connection.execute(
            insert(SECOND_FACTORS).values(
                user_id=user_id,
                secret=self._cipher.encrypt(secret.encode()).decode(),
                confirmed_at=at,
                last_step=0,
                failures=0,
            )
        )

    def unconfirmed(self, connection: Connection, user_id: int) -> str | None:
        """Return the secret that the user has not confirmed yet; None if there is none."""
        row = self._row(connection, user_id)
        return None if row is None or row.confirmed_at else self._decrypt(row.secret)

    def check(self, connection: Connection, user_id: int, code: str, now: dt.datetime) -> Outcome:
        """Spend a code of the user, confirmed or not; every code is accepted once.

        Full-width digits and letters, as input methods write them, are those of the code.

        Raises:
            SecondFactorUnreadable: the secret was encrypted with another key.
        """
        code = "".join(unicodedata.normalize("NFKC", code).split())
        if not (len(code) == DIGITS and code.isascii() and code.isdigit()):
            recovered = _spend_recovery_code(connection, user_id, code)
            return Outcome.RECOVERED if recovered else self._failed(connection, user_id, now)
        row = self._row(connection, user_id)
        if row is None:
            return Outcome.WRONG
        # A clock that was set back ends no pause late.
        waited = now - utc(row.failed_at) if row.failed_at else PAUSE
        if row.failures >= MOST_FAILURES and dt.timedelta(0) <= waited < PAUSE:
            return Outcome.PAUSED
        step = matching_step(self._decrypt(row.secret), code, now)
        if step is None or not _spend_step(connection, user_id, step):
            return self._failed(connection, user_id, now)
        return Outcome.ACCEPTED

    def _failed(self, connection: Connection, user_id: int, now: dt.datetime) -> Outcome:
        values = {"failures": SECOND_FACTORS.c.failures + 1, "failed_at": now}
        mine = SECOND_FACTORS.c.user_id == user_id
        connection.execute(update(SECOND_FACTORS).where(mine).values(values))
        return Outcome.WRONG

    def _row(self, connection: Connection, user_id: int) -> Row[Any] | None:
        query = select(SECOND_FACTORS).where(SECOND_FACTORS.c.user_id == user_id)
        return connection.execute(query).first()

    def _decrypt(self, stored: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return self._cipher.decrypt(stored.encode()).decode()
        except InvalidToken as error:
            raise SecondFactorUnreadable(file=KEY_FILE) from error


def has_second_factor(connection: Connection, user_id: int) -> bool:
    """Return whether the user has confirmed a second factor."""
    query = select(SECOND_FACTORS.c.user_id).where(
        SECOND_FACTORS.c.user_id == user_id, SECOND_FACTORS.c.confirmed_at.is_not(None)
    )
    return connection.execute(query).first() is not None


def users_with_second_factor(connection: Connection) -> set[int]:
    """Return the numbers of the users who have confirmed a second factor."""
    query = select(SECOND_FACTORS.c.user_id).where(SECOND_FACTORS.c.confirmed_at.is_not(None))
    return set(connection.execute(query).scalars())


def confirm(connection: Connection, user_id: int, at: dt.datetime) -> None:
    """Make the second factor of the user necessary from now on; all their sessions end."""
    mine = SECOND_FACTORS.c.user_id == user_id
    connection.execute(update(SECOND_FACTORS).where(mine).values(confirmed_at=at))
    end_sessions(connection, user_id)


def remove(connection: Connection, user_id: int) -> bool:
    """Remove second factor and recovery codes of the user; return whether there was a factor."""
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user_id == user_id))
    mine = SECOND_FACTORS.c.user_id == user_id
    return connection.execute(delete(SECOND_FACTORS).where(mine)).rowcount > 0


def new_recovery_codes(connection: Connection, user_id: int) -> tuple[str, ...]:
    """Store hashes of new recovery codes in place of all others, and return the codes."""
    codes = tuple(_recovery_code() for _ in range(RECOVERY_COUNT))
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user_id == user_id))
    connection.execute(
        insert(RECOVERY_CODES),
        [{"user_id": user_id, "code_hash": _code_hash(code)} for code in codes],
    )
    return codes


def end_sessions(connection: Connection, user_id: int) -> None:
    """End all sessions of the user."""
    raised = update(USERS).where(USERS.c.id == user_id).values(stamp=USERS.c.stamp + 1)
    connection.execute(raised)


def grouped(secret: str) -> str:
    """Return ``secret`` in groups of four characters, to be typed.

    >>> grouped("ABCDEFGHIJ")
    'ABCD EFGH IJ'
    """
    return " ".join(secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP))


def _recovery_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(_GROUP * _GROUPS * 5 // 8)).decode().lower()
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def _code_hash(code: str) -> str:
    return token_hash(code.lower().replace("-", ""))


def _spend_recovery_code(connection: Connection, user_id: int, code: str) -> bool:
    spent = delete(RECOVERY_CODES).where(
        RECOVERY_CODES.c.user_id == user_id, RECOVERY_CODES.c.code_hash == _code_hash(code)
    )
    return connection.execute(spent).rowcount == 1


def _spend_step(connection: Connection, user_id: int, step: int) -> bool:
    """Record the step of an accepted code; False if it, or a later one, was used before."""
    spent = (
        update(SECOND_FACTORS)
        .where(SECOND_FACTORS.c.user_id == user_id, SECOND_FACTORS.c.last_step < step)
        .values(last_step=step, failures=0, failed_at=None)
    )
    return connection.execute(spent).rowcount == 1
