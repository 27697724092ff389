"""Feeds that stopped, by days of knowledge that say when rows came in."""

import datetime as dt

import pytest

from risk.calendar.dates import add_months
from training.monitoring.feed_health import feed_troubles

AS_OF = dt.date(2026, 1, 1)


@pytest.fixture
def payments(store, world):
    """Thirty payments a month for a year, none in the last month, dated in one way."""

    def run(dated_by, *, days_after=3):
        world.project()
        for back in range(2, 14):
            first = add_months(AS_OF, -back)
            for number in range(30):
                world.add(
                    "payments",
                    payment_id=f"{back}-{number}",
                    payroll_id="G1",
                    paid_on=(first - dt.timedelta(days_after)).isoformat(),
                    amount=100,
                    known_at=first.isoformat(),
                    dated_by=dated_by,
                )
        return [(one.table, one.trouble) for one in feed_troubles(store, AS_OF)]

    return run


@pytest.mark.parametrize("dated_by", ["given", "stated"])
def test_a_feed_that_comes_month_by_month_stops(payments, dated_by):
    assert payments(dated_by) == [("payments", "stopped")]


@pytest.mark.parametrize("dated_by", ["unfolded", "import", "sealed", "merged"])
def test_a_book_of_history_is_no_feed_that_stopped(payments, dated_by):
    assert payments(dated_by) == []


def test_books_stated_long_after_the_events_are_history(payments):
    assert payments("stated", days_after=46) == []
