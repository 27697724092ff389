"""Set-up and removal of the own second factor, each with its audit entry."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from fastapi import Request
from sqlalchemy import Connection, Engine

from serving.audit.repository import add_audit_entries
from serving.audit.request_entry import audit_entry
from serving.auth.dependencies import authenticator_of
from serving.auth.principal import Principal
from serving.auth.repository import User, UserRepository
from serving.auth.second_factors import (
    Outcome,
    SecondFactors,
    confirm,
    end_sessions,
    has_second_factor,
    new_recovery_codes,
    remove,
)
from serving.auth.totp import new_secret
from serving.clock import now
from serving.db.database import Database
from serving.db.engine import writing
from serving.errors import ApiError
from serving.users.sign_in import SignedIn, address_of, refusal, spend_code

ENROL, REMOVE = "enrol_second_factor", "remove_second_factor"
"""Actions of audit entries, besides the permissions."""


class SecondFactorUnavailable(ApiError):
    """Only a user who signed in with a password has a second factor of their own."""

    code = "second_factor_unavailable"
    status = HTTPStatus.CONFLICT


class SecondFactorSet(ApiError):
    """The user has a second factor; it must be removed before another is set up."""

    code = "second_factor_set"
    status = HTTPStatus.CONFLICT


class SecondFactorNotSet(ApiError):
    """No second factor is set up, or none waits to be confirmed."""

    code = "second_factor_not_set"
    status = HTTPStatus.CONFLICT


class SecondFactorKept(ApiError):
    """The office requires a second factor of this role."""

    code = "second_factor_kept"
    status = HTTPStatus.FORBIDDEN


def is_set_up(request: Request, principal: Principal) -> bool:
    """Return whether the user who is signed in has a second factor."""
    user = _user(request, principal)
    with _engine(request).connect() as connection:
        return has_second_factor(connection, user.id)


def begin(request: Request, principal: Principal) -> str:
    """Return a new secret, which counts once a code of it is confirmed.

    Raises:
        SecondFactorUnavailable, SecondFactorSet: the user can have none, or has one.
    """
    user, secret = _user(request, principal), new_secret()
    with writing(_engine(request)).begin() as connection:
        if has_second_factor(connection, user.id):
            raise SecondFactorSet()
        _factors(request).store(connection, user.id, secret, None)
    return secret


def pending_secret(request: Request, principal: Principal) -> str | None:
    """Return the secret that waits to be confirmed; None if there is none."""
    user = _user(request, principal)
    with _engine(request).connect() as connection:
        return _factors(request).unconfirmed(connection, user.id)


def finish(request: Request, principal: Principal, code: str) -> tuple[SignedIn, tuple[str, ...]]:
    """Confirm the secret with a code; return a new session, as all end, and recovery codes.

    Raises:
        TooManyRequests: there were too many attempts.
        SecondFactorUnavailable, SecondFactorNotSet: there is nothing to confirm.
        CodeWrong: the code is wrong.
    """
    user = _user(request, principal)
    authenticator_of(request).sign_in_limits.spend(user.name, address_of(request))
    with writing(_engine(request)).begin() as connection:
        if _factors(request).unconfirmed(connection, user.id) is None:
            raise SecondFactorNotSet()
        outcome = spend_code(connection, request, user, code)
        if outcome is Outcome.ACCEPTED:
            confirm(connection, user.id, now())
            codes = new_recovery_codes(connection, user.id)
            return _restart(request, connection, user, ENROL), codes
    raise refusal(outcome)


def end(request: Request, principal: Principal, code: str) -> SignedIn:
    """Remove the second factor, with a code of it; return a new session, as all end.

    Raises:
        TooManyRequests: there were too many attempts.
        SecondFactorUnavailable, SecondFactorNotSet: there is none.
        SecondFactorKept: the office requires it.
        CodeWrong: the code is wrong.
    """
    user = _user(request, principal)
    if authenticator_of(request).requires_second_factor(user.role):
        raise SecondFactorKept()
    authenticator_of(request).sign_in_limits.spend(user.name, address_of(request))
    with writing(_engine(request)).begin() as connection:
        if not has_second_factor(connection, user.id):
            raise SecondFactorNotSet()
        outcome = spend_code(connection, request, user, code)
        if outcome in (Outcome.ACCEPTED, Outcome.RECOVERED):
            remove(connection, user.id)
            end_sessions(connection, user.id)
            return _restart(request, connection, user, REMOVE)
    raise refusal(outcome)


def _restart(request: Request, connection: Connection, user: User, action: str) -> SignedIn:
    changed = replace(user, stamp=user.stamp + 1)
    session = authenticator_of(request).sessions.start(
        connection, changed, now(), second_factor=action == ENROL
    )
    add_audit_entries(connection, [audit_entry(request.scope, action, user.principal(), 200)])
    return SignedIn(changed, session)


def _user(request: Request, principal: Principal) -> User:
    users: UserRepository = request.app.state.users
    user = users.user_by(name=principal.name) if principal.csrf else None
    if user is None or user.password_hash is None:
        raise SecondFactorUnavailable()
    return user


def _engine(request: Request) -> Engine:
    database: Database = request.app.state.database
    return database.engine


def _factors(request: Request) -> SecondFactors:
    factors: SecondFactors = request.app.state.second_factors
    return factors
