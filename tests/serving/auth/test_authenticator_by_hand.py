"""Who a request is from: tokens, sessions and this machine, without a server."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.requests import Request

from serving.auth import dependencies
from serving.auth.dependencies import AuthConfig, Authenticator, CsrfMissing, NotSignedIn
from serving.auth.principal import NotAllowed, SecondFactorRequired
from serving.auth.rate_limit import TooManyRequests
from serving.auth.repository import NewAccount, UserRepository
from serving.auth.roles import Permission, Role
from serving.auth.sessions import COOKIE, CSRF_HEADER, Session, SessionLimits, SessionRepository
from serving.clock import now

from ..people import accounts, add_token, add_user


class Stamp:
    """A change stamp to move by hand."""

    value: object = 1

    def current(self) -> object:
        return self.value


@pytest.fixture
def stamp():
    return Stamp()


@pytest.fixture
def made(database, stamp):
    """Makes authenticators of the database."""
    opened = []

    def authenticator(**config):
        sessions = SessionRepository(database.engine, SessionLimits())
        opened.append(sessions)
        known = {"key": "k", "per_minute": 0, "local": True, **config}
        return Authenticator(UserRepository(database.engine), sessions, stamp, AuthConfig(**known))

    yield authenticator
    for sessions in opened:
        sessions.close()


def request(method="GET", **headers):
    rows = [(name.replace("_", "-").encode(), value.encode("latin-1"))
            for name, value in headers.items()]  # fmt: skip
    return Request({"type": "http", "method": method, "path": "/", "headers": rows,
                    "query_string": b""})  # fmt: skip


def account(name, role=Role.INSPECTOR):
    return NewAccount(name, role, "9901", "test", now())


def bearer(secret, scheme="Bearer"):
    return request(authorization=f"{scheme} {secret}")


def test_a_token_is_valid_until_it_expires_or_is_revoked(database, made, stamp, monkeypatch):
    expires = now() + dt.timedelta(days=1)
    secret = add_token(database.engine, account("a"), expires_at=expires)
    guard = made()
    for scheme in ("Bearer", "bearer"):
        assert guard.identify(bearer(secret, scheme)).name == "a"
    for wrong in (
        bearer(secret, "Basic"),
        bearer("x" + secret),
        bearer(secret + "x"),
        request(authorization="Bearer"),
    ):
        with pytest.raises(NotSignedIn):
            guard.identify(wrong)
    assert guard.valid_until(f"Bearer {secret}".encode()) == expires
    assert guard.valid_until(b"Bearer ww_none") is None
    monkeypatch.setattr(dependencies, "now", lambda: expires)
    with pytest.raises(NotSignedIn):
        guard.identify(bearer(secret))


def test_a_token_is_read_again_when_something_has_changed(database, made, stamp):
    secret = add_token(database.engine, account("a"))
    guard = made(separated=True)
    assert guard.identify(bearer(secret)).separated
    assert not made().identify(bearer(secret)).separated
    with accounts(database.engine) as found:
        found.revoke_token("a", now())
    assert guard.identify(bearer(secret)).name == "a", "nothing seems to have changed"
    stamp.value = 2
    with pytest.raises(NotSignedIn):
        guard.identify(bearer(secret))


def test_the_token_that_was_read_first_is_forgotten(database, made, monkeypatch):
    monkeypatch.setattr(dependencies, "_MAX_CACHED_TOKENS", 2)
    secrets = [add_token(database.engine, account(name)) for name in "abc"]
    guard = made()
    for secret in secrets:
        guard.identify(bearer(secret))
    assert [one.name for _, one in guard._tokens.values()] == ["b", "c"]


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        ({"host": "localhost:8000"}, True),
        ({"host": "127.0.0.1"}, True),
        ({"host": "[::1]:80"}, True),
        ({"host": "example.org"}, False),
        ({"host": "[::1"}, False),
        ({}, False),
        ({"host": "localhost", "origin": "http://localhost:8000"}, True),
        ({"host": "localhost", "origin": "https://example.org"}, False),
        ({"host": "localhost", "origin": "null"}, False),
        ({"host": "example.org", "origin": "http://localhost"}, False),
        ({"host": "localhost", "forwarded": "for=10.0.0.1"}, False),
        ({"host": "localhost", "x_forwarded_for": "10.0.0.1"}, False),
    ],
)
def test_this_machine_is_admitted_by_its_name_alone(made, headers, local):
    for config, admitted in (({}, local), ({"local": False}, False)):
        guard = made(**config)
        if admitted:
            assert guard.identify(request(**headers)).key == "local"
        else:
            with pytest.raises(NotSignedIn):
                guard.identify(request(**headers))


def test_this_machine_is_admitted_until_there_is_a_user(database, made, stamp):
    guard, asked = made(separated=True), request(host="localhost")
    assert guard.identify(asked).separated
    add_user(database.engine, account("李"), password_hash="x")
    assert guard.identify(asked).key == "local", "nothing seems to have changed"
    stamp.value = 2
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            guard.identify(asked)


def test_writes_in_a_session_carry_its_csrf_token(database, made):
    add_user(database.engine, account("李"), password_hash="x")
    guard = made()
    user = UserRepository(database.engine).user_by(name="李")
    with database.engine.begin() as connection:
        session = guard.sessions.start(connection, user, now(), second_factor=False)
    cookie = {"cookie": f"{COOKIE}={session.secret}"}
    csrf = {CSRF_HEADER.lower().replace("-", "_"): session.csrf}
    for method in ("GET", "HEAD", "OPTIONS"):
        assert guard.identify(request(method, **cookie)).name == "李"
    for method in ("POST", "PUT", "DELETE"):
        assert guard.identify(request(method, **cookie, **csrf)).csrf == session.csrf
        for wrong in ({}, dict.fromkeys(csrf, "x")):
            with pytest.raises(CsrfMissing):
                guard.identify(request(method, **cookie, **wrong))
    with pytest.raises(NotSignedIn):
        guard.identify(request(cookie=f"{COOKIE}=x"))


@pytest.mark.parametrize(
    ("required_of", "strong", "must_enrol"),
    [((), False, False), ((Role.INSPECTOR,), False, True), ((Role.INSPECTOR,), True, False),
     ((Role.ADMIN,), False, False)],
)  # fmt: skip
def test_a_second_factor_is_set_up_first_where_it_is_required(
    database, made, required_of, strong, must_enrol
):
    add_user(database.engine, account("李"), password_hash="x")
    user = UserRepository(database.engine).user_by(name="李")
    guard = made(second_factor_of=frozenset(required_of))
    who = guard.principal_of(user, Session("s", "c", strong))
    assert (who.must_enrol, who.separated, who.csrf) == (must_enrol, False, "c")
    if must_enrol:
        with pytest.raises(SecondFactorRequired):
            guard.admit(who, Permission.READ_OUTCOMES)
    else:
        guard.admit(who, Permission.READ_OUTCOMES)
        with pytest.raises(NotAllowed):
            guard.admit(who, Permission.MANAGE_PEOPLE)


def test_each_principal_has_its_own_limit(database, made):
    guard = made(per_minute=2)
    first, second = (
        guard.identify(bearer(add_token(database.engine, account(name)))) for name in "ab"
    )
    for _ in range(2):
        guard.admit(first, Permission.READ_OUTCOMES)
    with pytest.raises(TooManyRequests):
        guard.admit(first, Permission.READ_OUTCOMES)
    guard.admit(second, Permission.READ_OUTCOMES)
