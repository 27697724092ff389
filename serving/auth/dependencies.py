"""Finds out who makes a request and whether they may: tokens, sessions, or the machine's own user.

While no user and no token was ever made, and the service listens on this machine alone, whoever
sits at it is let in as a supervisor.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, Request

from risk.errors import WagewatchError
from serving.auth.principal import LOCAL, NotSignedIn, Principal
from serving.auth.rate_limit import Limiter
from serving.auth.repository import People, Token
from serving.auth.roles import Action
from serving.auth.secrets import PREFIX, token_hash
from serving.auth.sessions import COOKIE, CSRF_HEADER, open_session
from serving.db.change_stamp import Freshness

SIGN_INS_PER_MINUTE = 10
"""For each name, right or wrong."""

_MOST_REMEMBERED = 10_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})


class CsrfMissing(WagewatchError):
    """A write in a browser session without the session's own word."""

    code = "csrf_missing"


@dataclass(frozen=True)
class Door:
    """How the service is entered: the key of sessions, requests a minute, local entry or not."""

    key: str
    per_minute: int
    local: bool


class Doorkeeper:
    """Admits requests."""

    def __init__(self, people: People, freshness: Freshness, door: Door) -> None:
        self._people = people
        self._freshness = freshness
        self._door = door
        self._limiter = Limiter(door.per_minute)
        self._sign_ins = Limiter(SIGN_INS_PER_MINUTE)
        self._tokens: OrderedDict[str, tuple[object, Token | None]] = OrderedDict()
        self._local_until: object = None

    @property
    def key(self) -> str:
        """What sessions are signed with."""
        return self._door.key

    def admit(self, principal: Principal, action: Action) -> None:
        """Nothing, if they may do ``action`` now.

        Raises:
            NotAllowed: they may not.
            TooManyRequests: they have asked too often.
        """
        self._limiter.spend(principal.key)
        principal.require(action)

    def valid_until(self, header: object) -> dt.datetime | None:
        """When the token in an ``Authorization`` header ends; None if it does not."""
        assert isinstance(header, bytes)  # noqa: S101
        secret = header.decode("latin-1").partition(" ")[2]
        token = self._remembered(secret)
        return token.expires_at if token else None

    def slow_down(self, key: str) -> None:
        """Count a try at signing in.

        Raises:
            TooManyRequests: there were too many.
        """
        self._sign_ins.spend(key)

    def identify(self, request: Request) -> Principal:
        """Whoever makes ``request``.

        Raises:
            NotSignedIn: nobody is named, or the name is not proven.
            CsrfMissing: a write in a browser session without its word.
        """
        header = request.headers.get("authorization")
        if header is not None:
            return self._by_token(header)
        cookie = request.cookies.get(COOKIE)
        if cookie is not None:
            return self._by_session(request, cookie)
        if self._door.local and self._is_local(request) and self._nobody_yet():
            return LOCAL
        raise NotSignedIn()

    def _by_token(self, header: str) -> Principal:
        kind, _, secret = header.partition(" ")
        if kind.lower() != "bearer" or not secret.startswith(PREFIX):
            raise NotSignedIn()
        token = self._remembered(secret)
        if token is None or not token.valid_at(dt.datetime.now(dt.UTC)):
            raise NotSignedIn()
        return token.principal()

    def _remembered(self, secret: str) -> Token | None:
        stamp, hashed = self._freshness.stamp(), token_hash(secret)
        known = self._tokens.get(hashed)
        if known is not None and known[0] == stamp:
            return known[1]
        token = self._people.token_of(secret)
        self._tokens[hashed] = (stamp, token)
        if len(self._tokens) > _MOST_REMEMBERED:
            self._tokens.popitem(last=False)
        return token

    def _by_session(self, request: Request, cookie: str) -> Principal:
        session = open_session(self._door.key, cookie)
        if session is None:
            raise NotSignedIn()
        user = self._people.user_by(id=session.user_id, stamp=session.stamp)
        if user is None:
            raise NotSignedIn()
        if request.method not in _SAFE:
            said = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(said.encode(), session.csrf.encode()):
                raise CsrfMissing(header=CSRF_HEADER)
        return user.principal(session.csrf)

    def _is_local(self, request: Request) -> bool:
        # A page of another site could make a browser on this machine ask, and a web server in
        # front of this one passes on what came from anywhere.
        if any(name in request.headers for name in ("forwarded", "x-forwarded-for")):
            return False
        origin = request.headers.get("origin")
        named = request.headers.get("host", "")
        hosts = [f"//{named}"] if origin is None else [f"//{named}", origin]
        return all(_host(address) in _LOOPBACK for address in hosts)

    def _nobody_yet(self) -> bool:
        stamp = self._freshness.stamp()
        if self._local_until != stamp:
            if self._people.anybody():
                return False
            self._local_until = stamp
        return True


def doorkeeper_of(request: Request) -> Doorkeeper:
    """The doorkeeper of the application."""
    keeper: Doorkeeper = request.app.state.doorkeeper
    return keeper


class Admission:
    """The dependency of an endpoint that stands for ``action``."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Principal:
        """Admit the request, and remember for the audit who did what."""
        state = request.scope.setdefault("state", {})
        state["action"] = self.action
        keeper = doorkeeper_of(request)
        principal = state["principal"] = keeper.identify(request)
        keeper.admit(principal, self.action)
        return principal


def may(action: Action) -> Any:
    """For a parameter of type :class:`Principal`: whoever asks, who must be allowed ``action``."""
    return Depends(Admission(action))


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
