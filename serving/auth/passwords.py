"""Passwords, hashed with Argon2id (RFC 9106)."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from http import HTTPStatus
from importlib.resources import files

from serving.errors import ApiError

MIN_LENGTH, MAX_LENGTH = 10, 200
MIN_DIFFERENT = 5
"""Different characters that a password has at least."""

AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MB and most of a core."""

_BESIDES_NAME = 5
_SLOTS = threading.BoundedSemaphore(AT_ONCE)


class PasswordTooShort(ApiError):
    """The password is too short or too long."""

    code = "password_too_short"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class PasswordTooCommon(ApiError):
    """The password is among the first that attackers try, or is little more than the name."""

    code = "password_too_common"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def hash_password(password: str, name: str = "") -> str:
    """Return the hash to store for the user ``name``.

    Raises:
        PasswordTooShort: fewer than 10 or more than 200 characters.
        PasswordTooCommon: common, of few different characters, or hardly more than the name.
    """
    from argon2 import PasswordHasher

    password = _normalised(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise PasswordTooShort(least=MIN_LENGTH, most=MAX_LENGTH)
    if _is_common(password.casefold(), _normalised(name).casefold()):
        raise PasswordTooCommon()
    with _SLOTS:
        return PasswordHasher().hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Return whether ``password`` matches ``hashed``.

    Without a hash it takes as long, so that the time does not reveal which users exist.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    # Passwords set before they were normalised are stored as they were typed.
    for typed in dict.fromkeys((_normalised(password), password)):
        try:
            with _SLOTS:
                PasswordHasher().verify(hashed or _DUMMY_HASH, typed[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            continue
        return hashed is not None
    return False


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _is_common(password: str, name: str) -> bool:
    besides = password.replace(name, "") if name else password
    return (
        password in _common()
        or len(set(password)) < MIN_DIFFERENT
        or len(besides) < min(_BESIDES_NAME, len(password))
    )


@cache
def _common() -> frozenset[str]:
    """Return the common passwords of at least the shortest length, in lower case."""
    path = files("serving.auth").joinpath("data", "common_passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


_DUMMY_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$YWFhYWFhYWFhYWFhYWFhYQ"
    "$uMZ/V1O/vo5mFtuK9mLSqFhE8rGXfLFU1Z54oQy1Zig"
)
