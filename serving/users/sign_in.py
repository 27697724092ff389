"""Sign-in, sign-out and change of the own password, each with its audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from fastapi import Request
from sqlalchemy import Connection, Engine

from serving.audit.repository import add_audit_entries
from serving.audit.request_entry import audit_entry
from serving.auth.dependencies import authenticator_of
from serving.auth.passwords import hash_password, is_password
from serving.auth.principal import Principal
from serving.auth.repository import User, UserRepository, store_password
from serving.auth.sessions import COOKIE, Session, SessionRepository
from serving.clock import now
from serving.db.database import Database
from serving.db.engine import writing
from serving.errors import ApiError

SIGN_IN, SIGN_OUT, CHANGE_PASSWORD = "sign_in", "sign_out", "change_password"
"""Actions of audit entries, besides the permissions."""


class SignInFailed(ApiError):
    """Wrong user name or password; the message does not reveal which."""

    code = "sign_in_failed"
    status = HTTPStatus.UNAUTHORIZED


class PasswordWrong(ApiError):
    """The present password is not the one given, or the user has none."""

    code = "password_wrong"
    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class SignedIn:
    """A user and the session that was started."""

    user: User
    session: Session


async def sign_in(request: Request, name: str, password: str) -> SignedIn:
    """Start a session with a password.

    Raises:
        TooManyRequests: there were too many attempts for the name or from the address.
        SignInFailed: wrong name or password.
    """
    authenticator = authenticator_of(request)
    address = _address(request)
    authenticator.sign_in_limits.spend(name, address)
    started = await authenticator.hashing.run(partial(_check, request, name, password))
    authenticator.sign_in_limits.remember(name, address)
    return started


def sign_in_as(request: Request, user: User | None) -> SignedIn:
    """Start a session of ``user``, whom an OpenID provider authenticated.

    Raises:
        SignInFailed: there is no such user.
    """
    if user is None:
        _record(request, None, SIGN_IN, SignInFailed.status)
        raise SignInFailed()
    with writing(_engine(request)).begin() as connection:
        return _start(connection, request, user)


async def change_password(request: Request, principal: Principal, old: str, new: str) -> SignedIn:
    """Change the password of the user who is signed in, end their sessions and start a new one.

    Raises:
        TooManyRequests: there were too many attempts.
        PasswordWrong: ``old`` is not the present password, or there is none.
        PasswordTooShort, PasswordTooCommon: ``new`` is not allowed.
    """
    authenticator = authenticator_of(request)
    authenticator.sign_in_limits.spend(principal.name, _address(request))
    return await authenticator.hashing.run(partial(_change, request, principal, old, new))


def sign_out(request: Request, principal: Principal) -> None:
    """End the session of the request."""
    with writing(_engine(request)).begin() as connection:
        _sessions(request).end(connection, request.cookies.get(COOKIE, ""))
        add_audit_entries(connection, [audit_entry(request.scope, SIGN_OUT, principal, 204)])


def _check(request: Request, name: str, password: str) -> SignedIn:
    user = _users(request).user_to_sign_in(name)
    hashed = user.password_hash if user else None
    if not is_password(hashed, password) or user is None:
        _record(request, user, SIGN_IN, SignInFailed.status)
        raise SignInFailed()
    with writing(_engine(request)).begin() as connection:
        return _start(connection, request, user)


def _change(request: Request, principal: Principal, old: str, new: str) -> SignedIn:
    user = _users(request).user_by(name=principal.name)
    if principal.csrf is None or user is None or not is_password(user.password_hash, old):
        _record(request, user, CHANGE_PASSWORD, PasswordWrong.status)
        raise PasswordWrong()
    hashed = hash_password(new, user.name)
    with writing(_engine(request)).begin() as connection:
        changed = store_password(connection, user, hashed)
        session = _sessions(request).start(connection, changed, now())
        entry = audit_entry(request.scope, CHANGE_PASSWORD, principal, 204)
        add_audit_entries(connection, [entry])
    return SignedIn(changed, session)


def _start(connection: Connection, request: Request, user: User) -> SignedIn:
    session = _sessions(request).start(connection, user, now())
    add_audit_entries(connection, [audit_entry(request.scope, SIGN_IN, user.principal(), 200)])
    return SignedIn(user, session)


def _record(request: Request, user: User | None, action: str, status: int) -> None:
    # The name as typed is not stored: people type passwords into the wrong field.
    principal = user.principal() if user else None
    with writing(_engine(request)).begin() as connection:
        add_audit_entries(connection, [audit_entry(request.scope, action, principal, status)])


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _engine(request: Request) -> Engine:
    database: Database = request.app.state.database
    return database.engine


def _users(request: Request) -> UserRepository:
    users: UserRepository = request.app.state.users
    return users


def _sessions(request: Request) -> SessionRepository:
    return authenticator_of(request).sessions
