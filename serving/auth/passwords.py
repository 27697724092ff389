"""Passwords: long enough, kept as Argon2id hashes (RFC 9106)."""

from __future__ import annotations

from risk.errors import WagewatchError

LEAST, MOST = 10, 200


class PasswordTooShort(WagewatchError):
    """The password is too short or too long."""

    code = "password_too_short"


def hash_password(password: str) -> str:
    """The hash to keep.

    Raises:
        PasswordTooShort: fewer than 10 or more than 200 characters.
    """
    from argon2 import PasswordHasher

    if not LEAST <= len(password) <= MOST:
        raise PasswordTooShort(least=LEAST, most=MOST)
    return PasswordHasher().hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Whether ``password`` is the one; takes as long where there is none to compare with."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        PasswordHasher().verify(hashed or _NOBODYS, password[:MOST])
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$YWFhYWFhYWFhYWFhYWFhYQ"
    "$uMZ/V1O/vo5mFtuK9mLSqFhE8rGXfLFU1Z54oQy1Zig"
)
