"""Authentication and authorisation of requests: tokens, sessions, or the machine's own user.

While no user and no token was ever created and the service listens on this machine only, requests
from this machine are admitted as a supervisor.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request

from serving.auth.hashing_queue import HashingQueue
from serving.auth.principal import LOCAL, NotSignedIn, Principal
from serving.auth.rate_limit import RateLimiter
from serving.auth.repository import Token, User, UserRepository
from serving.auth.roles import Permission, Role
from serving.auth.secrets import PREFIX, token_hash
from serving.auth.sessions import COOKIE, CSRF_HEADER, OpenSession, Session, SessionRepository
from serving.auth.sign_in_limits import SignInLimits
from serving.clock import now
from serving.db.change_stamp import ChangeStamp
from serving.errors import ApiError

_MAX_CACHED_TOKENS = 10_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})


class CsrfMissing(ApiError):
    """A write in a browser session lacks the session's CSRF token."""

    code = "csrf_missing"
    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class AuthConfig:
    """Configuration of the :class:`Authenticator`.

    Attributes:
        key: key that signs the cookie of a sign-in through an OpenID provider.
        per_minute: requests per minute and principal, 0 for no limit.
        local: admit requests from this machine while there is no user and no token.
        require_audit: raises an error while requests cannot be recorded.
        second_factor_of: roles whose users must have a second factor.
        separated: administration, audit and work are separated.
    """

    key: str
    per_minute: int
    local: bool
    require_audit: Callable[[], None] = lambda: None
    second_factor_of: frozenset[Role] = frozenset()
    separated: bool = False


class Authenticator:
    """Identifies the principal of a request and checks permissions and rate limits."""

    def __init__(
        self,
        users: UserRepository,
        sessions: SessionRepository,
        freshness: ChangeStamp,
        config: AuthConfig,
    ) -> None:
        self._users = users
        self.sessions = sessions
        self.sign_in_limits = SignInLimits()
        self.hashing = HashingQueue()
        self._freshness = freshness
        self._config = config
        self._requests = RateLimiter(config.per_minute)
        self._tokens: OrderedDict[str, tuple[object, Token | None]] = OrderedDict()
        self._no_users_at: object = None

    @property
    def key(self) -> str:
        """The key that signs the cookie of a sign-in through an OpenID provider."""
        return self._config.key

    def requires_second_factor(self, role: Role) -> bool:
        """Return whether users of ``role`` must have a second factor."""
        return role in self._config.second_factor_of

    def principal_of(self, user: User, session: Session | OpenSession) -> Principal:
        """Return the principal of ``user`` in a session."""
        must_enrol = not session.second_factor and self.requires_second_factor(user.role)
        principal = user.principal(session.csrf)
        return replace(principal, must_enrol=must_enrol, separated=self._config.separated)

    def admit(self, principal: Principal, permission: Permission) -> None:
        """Count a request of ``principal`` and check that it has ``permission``.

        Raises:
            SecondFactorRequired: the person must set up a second factor first.
            NotAllowed: the principal lacks the permission.
            TooManyRequests: the principal exceeded its rate limit.
            ApiError: the request could not be recorded in the audit log.
        """
        self._requests.spend(principal.key)
        principal.require(permission)
        self._config.require_audit()

    def valid_until(self, header: object) -> dt.datetime | None:
        """Return when the token of an ``Authorization`` header expires; None if it does not."""
        assert isinstance(header, bytes)  # noqa: S101
        secret = header.decode("latin-1").partition(" ")[2]
        token = self._cached_token(secret)
        return token.expires_at if token else None

    def identify(self, request: Request) -> Principal:
        """Return the principal of ``request``.

        Raises:
            NotSignedIn: the request has no credentials, or invalid ones.
            CsrfMissing: a write in a browser session lacks the CSRF token.
        """
        header = request.headers.get("authorization")
        if header is not None:
            return self._by_token(header)
        cookie = request.cookies.get(COOKIE)
        if cookie is not None:
            return self._by_session(request, cookie)
        if self._config.local and self._is_local(request) and self._no_users():
            return replace(LOCAL, separated=self._config.separated)
        raise NotSignedIn()

    def _by_token(self, header: str) -> Principal:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.startswith(PREFIX):
            raise NotSignedIn()
        token = self._cached_token(secret)
        if token is None or not token.valid_at(now()):
            raise NotSignedIn()
        return replace(token.principal(), separated=self._config.separated)

    def _cached_token(self, secret: str) -> Token | None:
        stamp, hashed = self._freshness.current(), token_hash(secret)
        cached = self._tokens.get(hashed)
        if cached is not None and cached[0] == stamp:
            return cached[1]
        token = self._users.token_by_secret(secret)
        self._tokens[hashed] = (stamp, token)
        if len(self._tokens) > _MAX_CACHED_TOKENS:
            self._tokens.popitem(last=False)
        return token

    def _by_session(self, request: Request, cookie: str) -> Principal:
        session = self.sessions.find(cookie, now())
        if session is None:
            raise NotSignedIn()
        if request.method not in _SAFE:
            sent = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(sent.encode(), session.csrf.encode()):
                raise CsrfMissing(header=CSRF_HEADER)
        return self.principal_of(session.user, session)

    def _is_local(self, request: Request) -> bool:
        # A page of another site can make a browser on this machine send requests, and a reverse
        # proxy in front of this server forwards requests from anywhere.
        if any(name in request.headers for name in ("forwarded", "x-forwarded-for")):
            return False
        origin = request.headers.get("origin")
        host = request.headers.get("host", "")
        addresses = [f"//{host}"] if origin is None else [f"//{host}", origin]
        return all(_hostname(address) in _LOOPBACK for address in addresses)

    def _no_users(self) -> bool:
        stamp = self._freshness.current()
        if self._no_users_at != stamp:
            if self._users.has_any():
                return False
            self._no_users_at = stamp
        return True


def authenticator_of(request: Request) -> Authenticator:
    """Return the authenticator of the application."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


async def users_of(request: Request) -> UserRepository:
    """Return the repository of users and tokens of the application."""
    users: UserRepository = request.app.state.users
    return users


Users = Annotated[UserRepository, Depends(users_of)]
"""Type of an endpoint parameter that receives the repository of users and tokens."""


class RequirePermission:
    """Dependency of an endpoint that requires ``permission``."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        """Admit the request and record permission and principal for the audit entry."""
        state = request.scope.setdefault("state", {})
        state["action"] = self.permission
        authenticator = authenticator_of(request)
        principal = state["principal"] = authenticator.identify(request)
        authenticator.admit(principal, self.permission)
        return principal


def require(permission: Permission) -> Any:
    """Return the dependency of a :class:`Principal` parameter that must have ``permission``."""
    return Depends(RequirePermission(permission))


def _hostname(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
