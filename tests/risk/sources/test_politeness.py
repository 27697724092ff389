"""Pace, retries and bounds, on a clock that sleeping advances."""

from __future__ import annotations

import pytest

from risk.sources.errors import SourceUnavailable
from risk.sources.meter import BoundReached, Bounds, Meter
from risk.sources.politeness import ATTEMPTS, Pacer, TryAgain


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def pacer(bounds: Bounds | None = None, per_second: float = 2.0) -> tuple[Pacer, Meter, Clock]:
    clock = Clock()
    meter = Meter(bounds or Bounds(), clock)
    return Pacer("s", per_second, meter, sleep=clock.sleep, clock=clock), meter, clock


def failing(times: int, failure: TryAgain):
    """Request that fails ``times`` times and then answers."""
    left = [times]

    def ask() -> str:
        if left[0]:
            left[0] -= 1
            raise failure
        return "answer"

    return ask


def test_requests_keep_the_rate():
    paced, meter, clock = pacer(per_second=2.0)
    for _ in range(5):
        paced.call(lambda: None)
    assert clock.at - 100.0 == pytest.approx(2.0)
    assert meter.requests == 5


def test_a_failed_request_waits_as_long_as_the_server_asks():
    paced, meter, clock = pacer()
    assert paced.call(failing(1, TryAgain("http_429", after=30.0))) == "answer"
    assert clock.at - 100.0 == pytest.approx(30.0)
    assert (meter.requests, meter.retries, meter.refusals["http_429"]) == (2, 1, 1)


def test_without_an_answer_the_pauses_double_and_end():
    paced, meter, clock = pacer(per_second=1000.0)
    with pytest.raises(SourceUnavailable) as caught:
        paced.call(failing(99, TryAgain("timeout")))
    assert caught.value.fields["reason"] == "timeout"
    assert meter.requests == ATTEMPTS
    # 1 + 2 + 4 + 8 + 16 seconds, of which jitter takes up to a half.
    assert 15.5 <= clock.at - 100.0 <= 31.1


def test_a_longer_wait_than_allowed_is_left_to_the_next_pull():
    paced, meter, _ = pacer()
    with pytest.raises(SourceUnavailable):
        paced.call(failing(1, TryAgain("http_503", after=3600.0)))
    assert meter.requests == 1


def test_a_wait_never_passes_the_bound_on_time():
    paced, _, clock = pacer(Bounds(seconds=10.0))
    with pytest.raises(BoundReached) as caught:
        paced.call(failing(1, TryAgain("http_503", after=11.0)))
    assert (caught.value.bound, clock.at) == ("seconds", 100.0)


@pytest.mark.parametrize(
    ("bounds", "bound"), [(Bounds(requests=2), "requests"), (Bounds(bytes=9), "bytes")]
)
def test_bounds_on_requests_and_bytes(bounds, bound):
    paced, meter, _ = pacer(bounds)
    for _ in range(2):
        paced.call(lambda: meter.count_bytes(4))
    with pytest.raises(BoundReached) as caught:
        paced.call(lambda: meter.count_bytes(4))
    assert caught.value.bound == bound
