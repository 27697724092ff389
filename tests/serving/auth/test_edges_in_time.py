"""The second at which sessions and tokens end, and at which a rate limit admits again."""

from __future__ import annotations

import datetime as dt

import pytest
from itsdangerous import TimestampSigner
from sqlalchemy import select, update

from serving.auth.oidc import PendingSignIn, read_cookie
from serving.auth.rate_limit import RateLimiter, TooManyRequests
from serving.auth.repository import NewAccount, Token, UserRepository
from serving.auth.roles import Role
from serving.auth.sessions import SessionLimits, SessionRepository
from serving.auth.sign_in_limits import SignInLimits
from serving.db.engine import utc
from serving.db.tables import SESSIONS

from ..people import add_user

NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def user(database):
    people = UserRepository(database.engine)
    account = NewAccount("王主管", Role.SUPERVISOR, "", "test", NOON)
    add_user(database.engine, account, password_hash="x")
    return people.user_by(name="王主管")


@pytest.fixture
def sessions(database):
    limits = SessionLimits(idle=dt.timedelta(minutes=10), total=dt.timedelta(minutes=25))
    opened = SessionRepository(database.engine, limits)
    yield opened
    opened.close()


def started(database, sessions, user):
    with database.engine.begin() as connection:
        return sessions.start(connection, user, NOON, second_factor=False).secret


@pytest.mark.parametrize(("seconds", "open_"), [(0, True), (599, True), (600, False)])
def test_session_ends_after_the_idle_time_to_the_second(database, sessions, user, seconds, open_):
    secret = started(database, sessions, user)
    found = sessions.find(secret, NOON + dt.timedelta(seconds=seconds))
    assert (found is not None) is open_


@pytest.mark.parametrize(("last", "open_"), [(1499, True), (1500, False)])
def test_session_in_use_ends_after_the_total_time_to_the_second(
    database, sessions, user, last, open_
):
    secret = started(database, sessions, user)
    for seconds in (500, 1000):
        assert sessions.find(secret, NOON + dt.timedelta(seconds=seconds))
        sessions._renewals.submit(int).result()
    found = sessions.find(secret, NOON + dt.timedelta(seconds=last))
    assert (found is not None) is open_


@pytest.mark.parametrize(
    ("back", "open_"),
    [
        (dt.timedelta(minutes=5), True),
        (dt.timedelta(minutes=5, seconds=1), False),
        (dt.timedelta(hours=1), False),
        (dt.timedelta(days=1), False),
    ],
)
def test_a_clock_that_is_set_back_prolongs_no_session(database, sessions, user, back, open_):
    secret = started(database, sessions, user)
    assert (sessions.find(secret, NOON - back) is not None) is open_
    with database.engine.begin() as connection:
        again = sessions.start(connection, user, NOON - back, second_factor=False).secret
    assert sessions.find(again, NOON - back) is not None


def test_the_last_request_is_stored_once_a_minute(database, sessions, user):
    secret = started(database, sessions, user)

    def seen(seconds: int) -> int:
        """Seconds after noon stored for the last request, after one at ``seconds``."""
        assert sessions.find(secret, NOON + dt.timedelta(seconds=seconds))
        sessions._renewals.submit(int).result()
        with database.engine.connect() as connection:
            at = connection.execute(select(SESSIONS.c.seen_at)).scalar_one()
        return int((utc(at) - NOON).total_seconds())

    assert [seen(at) for at in (59, 60, 61, 119, 120, 300)] == [0, 60, 60, 60, 120, 300]


@pytest.mark.parametrize(("seconds", "left"), [(1499, 2), (1500, 1)])
def test_sessions_in_use_are_deleted_after_their_total_time(
    database, sessions, user, seconds, left
):
    started(database, sessions, user)
    later = NOON + dt.timedelta(seconds=seconds)
    with database.engine.begin() as connection:
        connection.execute(update(SESSIONS).values(seen_at=later))
        sessions.start(connection, user, later, second_factor=False)
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar_one() == left


def test_renewals_asked_for_are_remembered_up_to_a_number(database, sessions, user, monkeypatch):
    monkeypatch.setattr("serving.auth.sessions._MOST_RENEWALS", 2)
    for seconds, name in enumerate("abc"):
        sessions._renew(name, NOON + dt.timedelta(seconds=seconds))
    assert list(sessions._renewed) == ["b", "c"]


def test_sessions_that_are_over_are_deleted_at_the_next_sign_in(database, sessions, user):
    started(database, sessions, user)
    with database.engine.begin() as connection:
        sessions.start(connection, user, NOON + dt.timedelta(minutes=10), second_factor=False)
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar_one() == 1


@pytest.mark.parametrize(
    ("later", "revoked", "valid"),
    [
        (dt.timedelta(seconds=-1), None, True),
        (dt.timedelta(0), None, False),
        (dt.timedelta(seconds=1), None, False),
        (dt.timedelta(seconds=-1), NOON, False),
    ],
)
def test_token_ends_in_the_second_of_its_expiry(later, revoked, valid):
    token = Token(1, "t", Role.SYSTEM, "", None, NOON, "a", NOON, revoked)
    assert token.valid_at(NOON + later) is valid


def test_token_without_expiry_is_valid_for_ever():
    token = Token(1, "t", Role.SYSTEM, "", None, NOON, "a", None, None)
    assert token.valid_at(NOON + dt.timedelta(days=36_500))


def limiter(per_minute, spent):
    """A limiter with ``spent`` requests taken at second 0, and a clock to move."""
    clock = [0.0]
    made = RateLimiter(per_minute, now=lambda: clock[0])
    for _ in range(spent):
        made.spend("a")
    return made, clock


def test_empty_bucket_admits_one_request_a_second():
    bucket, clock = limiter(60, spent=60)
    clock[0] = 0.999
    with pytest.raises(TooManyRequests) as refused:
        bucket.spend("a")
    assert refused.value.retry_after() == 1
    clock[0] = 1.0
    bucket.spend("a")
    with pytest.raises(TooManyRequests):
        bucket.spend("a")


@pytest.mark.parametrize(("per_minute", "seconds"), [(5, 13), (1, 61)])
def test_bucket_says_how_long_to_wait(per_minute, seconds):
    """One request every 12 seconds, or every minute, and one second more."""
    bucket, _ = limiter(per_minute, spent=per_minute)
    with pytest.raises(TooManyRequests) as refused:
        bucket.spend("a")
    assert refused.value.retry_after() == seconds


def test_bucket_refills_by_the_clock_and_never_beyond_a_minute():
    bucket, clock = limiter(60, spent=60)
    clock[0] = 30.0
    for _ in range(30):
        bucket.spend("a")
    with pytest.raises(TooManyRequests):
        bucket.spend("a")
    clock[0] = 10_000.0
    for _ in range(60):
        bucket.spend("a")
    with pytest.raises(TooManyRequests):
        bucket.spend("a")
    bucket.spend("b")


def test_full_table_of_buckets_forgets_the_one_unused_for_longest(monkeypatch):
    monkeypatch.setattr("serving.auth.rate_limit._MAX_BUCKETS", 2)
    bucket, _ = limiter(1, spent=1)
    bucket.spend("b")
    with pytest.raises(TooManyRequests):
        bucket.spend("a")
    bucket.spend("c")  # forgets "b"
    with pytest.raises(TooManyRequests):
        bucket.spend("a")
    bucket.spend("b")


def test_sign_ins_from_elsewhere_do_not_keep_out_the_owner_of_a_name():
    limits = SignInLimits()
    limits.remember("王主管", "10.0.0.1")
    for address in range(3):
        for _ in range(10):
            limits.spend("王主管", f"10.0.1.{address}")
    with pytest.raises(TooManyRequests):
        limits.spend("王主管", "10.0.2.1")
    for _ in range(10):
        limits.spend("王主管", "10.0.0.1")
    with pytest.raises(TooManyRequests):
        limits.spend("王主管", "10.0.0.1")


def test_sign_ins_from_one_address_are_limited_over_all_names():
    limits = SignInLimits()
    for number in range(60):
        limits.spend(f"user {number}", "10.0.0.1")
    with pytest.raises(TooManyRequests):
        limits.spend("another", "10.0.0.1")
    limits.spend("another", "10.0.0.2")


def test_a_sign_in_with_a_provider_may_take_ten_minutes(monkeypatch):
    clock = [1_750_000_000]
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: clock[0])
    pending = PendingSignIn("state", "nonce", "verifier")
    cookie = pending.to_cookie("k" * 43)
    assert read_cookie("j" * 43, cookie) is None
    assert read_cookie("k" * 43, cookie) == pending
    clock[0] += 600
    assert read_cookie("k" * 43, cookie) == pending
    clock[0] += 1
    assert read_cookie("k" * 43, cookie) is None
