"""The second at which sessions and tokens end, and at which a rate limit admits again."""

from __future__ import annotations

import datetime as dt

import pytest
from itsdangerous import TimestampSigner

from serving.auth.rate_limit import RateLimiter, TooManyRequests
from serving.auth.repository import Token
from serving.auth.roles import Role
from serving.auth.sessions import open_session, seal_session

NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "open_"), [(0, True), (12 * 3600, True), (12 * 3600 + 1, False)]
)
def test_session_is_open_for_twelve_hours_to_the_second(monkeypatch, seconds, open_):
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: 1_000_000)
    cookie, session = seal_session("key", 3, 1)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: 1_000_000 + seconds)
    assert open_session("key", cookie) == (session if open_ else None)


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


def test_bucket_says_how_long_to_wait():
    bucket, _ = limiter(5, spent=5)  # one request every 12 seconds
    with pytest.raises(TooManyRequests) as refused:
        bucket.spend("a")
    assert refused.value.retry_after() == 13


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
