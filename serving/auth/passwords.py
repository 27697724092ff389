"""Passwords, hashed with Argon2id (RFC 9106)."""

from __future__ import annotations

from serving.errors import CommandError

MIN_LENGTH, MAX_LENGTH = 10, 200


class PasswordTooShort(CommandError):
    """The password is too short or too long."""

    code = "password_too_short"


def hash_password(password: str) -> str:
    """Return the hash to store.

    Raises:
        PasswordTooShort: fewer than 10 or more than 200 characters.
    """
    from argon2 import PasswordHasher

    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise PasswordTooShort(least=MIN_LENGTH, most=MAX_LENGTH)
    return PasswordHasher().hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Return whether ``password`` matches ``hashed``.

    Without a hash it takes as long, so that the time does not reveal which users exist.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        PasswordHasher().verify(hashed or _DUMMY_HASH, password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


_DUMMY_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$YWFhYWFhYWFhYWFhYWFhYQ"
    "$uMZ/V1O/vo5mFtuK9mLSqFhE8rGXfLFU1Z54oQy1Zig"
)
