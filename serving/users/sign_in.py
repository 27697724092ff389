"""Sign-in, sign-out and change of the own password, each with its audit entry.

A user with a second factor signs in with a password and a code. A page asks for them in turn: the
password gives a proof, valid for a few minutes, that the code is sent with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request
from sqlalchemy import Connection, Engine

from serving.audit.repository import add_audit_entries
from serving.audit.request_entry import audit_entry
from serving.auth.dependencies import authenticator_of
from serving.auth.passwords import hash_password, is_password
from serving.auth.principal import Principal
from serving.auth.rate_limit import TooManyRequests
from serving.auth.repository import User, UserRepository, store_password
from serving.auth.second_factors import PAUSE, Outcome, SecondFactors, has_second_factor
from serving.auth.sessions import COOKIE, Session, SessionRepository
from serving.clock import now
from serving.db.database import Database
from serving.db.engine import writing
from serving.errors import ApiError

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

SIGN_IN, SIGN_OUT, CHANGE_PASSWORD = "sign_in", "sign_out", "change_password"
SECOND_FACTOR, RECOVERY_CODE = "second_factor", "recovery_code"
"""Actions of audit entries, besides the permissions."""

PROOF_SECONDS = 300
_SALT = "second-factor"


class SignInFailed(ApiError):
    """Wrong user name or password; the message does not reveal which."""

    code = "sign_in_failed"
    status = HTTPStatus.UNAUTHORIZED


class SecondFactorNeeded(ApiError):
    """The password is right; a code of the second factor is missing."""

    code = "second_factor_needed"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, proof: str) -> None:
        """Take the proof that the password was right, to be sent with the code."""
        super().__init__()
        self.proof = proof


class CodeWrong(ApiError):
    """The code of the second factor is wrong, or was used before."""

    code = "code_wrong"
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


async def sign_in(request: Request, name: str, password: str, code: str = "") -> SignedIn:
    """Start a session with a password, and a code if the user has a second factor.

    Raises:
        TooManyRequests: there were too many attempts for the name or from the address.
        SignInFailed: wrong name or password.
        SecondFactorNeeded, CodeWrong: the user has a second factor, and its code is none or wrong.
    """
    authenticator = authenticator_of(request)
    address = address_of(request)
    authenticator.sign_in_limits.spend(name, address)
    started = await authenticator.hashing.run(partial(_check, request, name, password, code))
    authenticator.sign_in_limits.remember(name, address)
    return started


async def sign_in_with_code(request: Request, proof: str, code: str) -> SignedIn:
    """Start a session with a code, after the password.

    Raises:
        SignInFailed: the proof is not one, is too old, or the account was changed since.
        TooManyRequests: there were too many attempts for the name or from the address.
        CodeWrong: the code is wrong.
    """
    authenticator, address = authenticator_of(request), address_of(request)
    user = _proven_user(request, proof)
    authenticator.sign_in_limits.spend(user.name, address)
    started = await authenticator.hashing.run(partial(_check_code, request, user, code))
    authenticator.sign_in_limits.remember(user.name, address)
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
        return _start(connection, request, user, second_factor=True)


async def change_password(request: Request, principal: Principal, old: str, new: str) -> SignedIn:
    """Change the password of the user who is signed in, end their sessions and start a new one.

    Raises:
        TooManyRequests: there were too many attempts.
        PasswordWrong: ``old`` is not the present password, or there is none.
        PasswordTooShort, PasswordTooCommon: ``new`` is not allowed.
    """
    authenticator = authenticator_of(request)
    authenticator.sign_in_limits.spend(principal.name, address_of(request))
    return await authenticator.hashing.run(partial(_change, request, principal, old, new))


def sign_out(request: Request, principal: Principal) -> None:
    """End the session of the request."""
    with writing(_engine(request)).begin() as connection:
        _sessions(request).end(connection, request.cookies.get(COOKIE, ""))
        add_audit_entries(connection, [audit_entry(request.scope, SIGN_OUT, principal, 204)])


def _check(request: Request, name: str, password: str, code: str) -> SignedIn:
    user = _users(request).user_to_sign_in(name)
    hashed = user.password_hash if user else None
    if not is_password(hashed, password) or user is None:
        _record(request, user, SIGN_IN, SignInFailed.status)
        raise SignInFailed()
    with _engine(request).connect() as connection:
        needs_code = has_second_factor(connection, user.id)
    if needs_code and not code:
        _record(request, user, SECOND_FACTOR, SecondFactorNeeded.status)
        raise SecondFactorNeeded(_proofs(request).dumps([user.id, user.stamp]))
    if needs_code:
        return _check_code(request, user, code)
    with writing(_engine(request)).begin() as connection:
        return _start(connection, request, user)


def _check_code(request: Request, user: User, code: str) -> SignedIn:
    with writing(_engine(request)).begin() as connection:
        outcome = spend_code(connection, request, user, code)
        if outcome in (Outcome.ACCEPTED, Outcome.RECOVERED):
            return _start(connection, request, user, second_factor=True)
    raise refusal(outcome)


def spend_code(connection: Connection, request: Request, user: User, code: str) -> Outcome:
    """Spend a code of the user's second factor; refused and recovery codes are audited."""
    outcome = _factors(request).check(connection, user.id, code, now())
    recorded = {
        Outcome.WRONG: (SECOND_FACTOR, CodeWrong.status),
        Outcome.PAUSED: (SECOND_FACTOR, TooManyRequests.status),
        Outcome.RECOVERED: (RECOVERY_CODE, HTTPStatus.OK),
    }
    if outcome in recorded:
        action, status = recorded[outcome]
        add_audit_entries(
            connection, [audit_entry(request.scope, action, user.principal(), status)]
        )
    return outcome


def refusal(outcome: Outcome) -> ApiError:
    """Return the error of a code that was refused."""
    if outcome is Outcome.PAUSED:
        return TooManyRequests(seconds=int(PAUSE.total_seconds()))
    return CodeWrong()


def _proofs(request: Request) -> URLSafeTimedSerializer:
    from itsdangerous import URLSafeTimedSerializer

    return URLSafeTimedSerializer(authenticator_of(request).key, salt=_SALT)


def _proven_user(request: Request, proof: str) -> User:
    from itsdangerous import BadSignature

    try:
        user_id, stamp = _proofs(request).loads(proof, max_age=PROOF_SECONDS)
    except BadSignature as error:
        raise SignInFailed() from error
    user = _users(request).user_by(id=user_id, stamp=stamp)
    if user is None:
        raise SignInFailed()
    return user


def _change(request: Request, principal: Principal, old: str, new: str) -> SignedIn:
    user = _users(request).user_by(name=principal.name)
    if principal.csrf is None or user is None or not is_password(user.password_hash, old):
        _record(request, user, CHANGE_PASSWORD, PasswordWrong.status)
        raise PasswordWrong()
    hashed = hash_password(new, user.name)
    with writing(_engine(request)).begin() as connection:
        changed = store_password(connection, user, hashed)
        # Whoever had to show a second factor has shown it in this session.
        passed = has_second_factor(connection, user.id)
        session = _sessions(request).start(connection, changed, now(), second_factor=passed)
        entry = audit_entry(request.scope, CHANGE_PASSWORD, principal, 204)
        add_audit_entries(connection, [entry])
    return SignedIn(changed, session)


def _start(
    connection: Connection, request: Request, user: User, *, second_factor: bool = False
) -> SignedIn:
    session = _sessions(request).start(connection, user, now(), second_factor=second_factor)
    add_audit_entries(connection, [audit_entry(request.scope, SIGN_IN, user.principal(), 200)])
    return SignedIn(user, session)


def _record(request: Request, user: User | None, action: str, status: int) -> None:
    # The name as typed is not stored: people type passwords into the wrong field.
    principal = user.principal() if user else None
    with writing(_engine(request)).begin() as connection:
        add_audit_entries(connection, [audit_entry(request.scope, action, principal, status)])


def address_of(request: Request) -> str:
    """Return the address that the request comes from; empty if it is not known."""
    return request.client.host if request.client else ""


def _engine(request: Request) -> Engine:
    database: Database = request.app.state.database
    return database.engine


def _factors(request: Request) -> SecondFactors:
    factors: SecondFactors = request.app.state.second_factors
    return factors


def _users(request: Request) -> UserRepository:
    users: UserRepository = request.app.state.users
    return users


def _sessions(request: Request) -> SessionRepository:
    return authenticator_of(request).sessions
