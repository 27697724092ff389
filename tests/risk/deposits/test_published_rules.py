"""Two published rules as tables: they can be written down whole, and give what the rule says.

Fujian 2024 as read on one page; the national frame (MOHRSS [2021] No. 65) as read on one page, its
steps as known to specialists. Neither is shipped: an office copies what it has verified.
"""

from __future__ import annotations

import datetime as dt

import pytest

from risk.deposits import Event, History, advise, read_tables, required_amount, return_clock
from risk.deposits.rate_advice import may_be_exempt_as_short, may_be_exempt_as_small

AS_OF = dt.date(2025, 6, 1)
LONG = dt.date(2019, 1, 1)
SHORT = dt.date(2024, 1, 1)
YUAN = 100

FUJIAN = """
[[rules]]
region = "35"
from = 2024-01-01
instrument = "Fujian 2024"
source = "one page"
certainty = "one_page"
base_share = 0.015
cap = 5000000          # yuan per project
small_below = 4000000  # yuan
short_months = 3
raised_by = 0.5
listed_by = 1.0
lower_by = 0.5
lower_years = 2
exempt_years = 3
look_back_years = 2
notice_days = 30
check_working_days = 5
return_working_days = 3
"""

NATIONAL = """
[[rules]]
region = ""
from = 2021-11-01
instrument = "MOHRSS [2021] No. 65"
source = "one page; steps not read again"
certainty = "unverified"
base_share = 0.01
base_share_to = 0.03
raised_by = 0.5
listed_by = 1.0
look_back_years = 2
lower_by = 0.5
lower_years = 2
exempt_years = 3
several_least = 2
several_share = 0.005
small_below = 3000000
small_years = 1
notice_days = 30
check_working_days = 5
return_working_days = 3
"""


def table_of(tmp_path, text):
    path = tmp_path / "deposits.toml"
    path.write_text(text, encoding="utf-8")
    (found,) = read_tables(path)
    return found


@pytest.fixture
def fujian(tmp_path):
    return table_of(tmp_path, FUJIAN)


@pytest.fixture
def national(tmp_path):
    return table_of(tmp_path, NATIONAL)


def history(*events, since=LONG, running=1):
    return History(tuple(events), since, running)


def event(kind, day, ended_on=None):
    date = dt.date.fromisoformat(day)
    ended = dt.date.fromisoformat(ended_on) if ended_on else None
    return Event(kind, date, date, "cases", "A", ended_on=ended)


@pytest.mark.parametrize(
    ("events", "since", "step", "share"),
    [
        ((), SHORT, "keep", 0.015),
        ((), dt.date(2023, 5, 1), "lower", 0.0075),
        ((), LONG, "exempt", 0.0),
        ((event("arrears", "2024-01-10"),), LONG, "raise", 0.0225),
        ((event("drawn", "2024-01-10"),), LONG, "raise", 0.0225),
        ((event("listed", "2022-05-01", "2025-05-01"),), LONG, "raise", 0.03),
        ((event("listed", "2022-05-01"),), LONG, "raise", 0.03),
        ((event("arrears", "2023-05-31"),), LONG, "lower", 0.0075),
    ],
)
def test_fujian_gives_its_steps(fujian, events, since, step, share):
    found = advise(fujian, history(*events, since=since), AS_OF)
    assert (found.step, found.share, found.share_to) == (step, share, None)


def test_fujian_caps_and_exempts(fujian):
    assert required_amount(fujian, 0.015, 200_000_000 * YUAN) == 3_000_000 * YUAN
    assert required_amount(fujian, 0.015, 400_000_000 * YUAN) == 5_000_000 * YUAN
    assert required_amount(fujian, 0.03, 400_000_000 * YUAN) == 5_000_000 * YUAN
    clean, owing = history(since=SHORT), history(event("arrears", "2025-01-01"))
    for amount, expected in ((3_999_999, True), (4_000_000, False)):
        for one in (clean, owing):  # the rule asks for no clean years
            assert may_be_exempt_as_small(fujian, amount * YUAN, one, AS_OF) is expected
    start = dt.date(2025, 1, 10)
    assert may_be_exempt_as_short(fujian, start, dt.date(2025, 4, 9))
    assert not may_be_exempt_as_short(fujian, start, dt.date(2025, 4, 10))
    assert not may_be_exempt_as_short(fujian, start, None)


def test_the_national_frame_gives_ranges(national):
    def rates(*events, **more):
        found = advise(national, history(*events, **more), AS_OF)
        return found.step, found.share, pytest.approx(found.share_to) if found.share_to else None

    assert rates(since=SHORT) == ("keep", 0.01, 0.03)
    assert rates(event("arrears", "2024-01-10")) == ("raise", 0.015, 0.045)
    assert rates(event("listed", "2024-01-10")) == ("raise", 0.02, 0.06)
    assert rates(since=dt.date(2023, 1, 1)) == ("lower", 0.005, 0.015)
    assert rates(since=dt.date(2023, 1, 1), running=2)[:2] == ("lower", 0.005)
    owing = history(event("arrears", "2024-12-01"))
    small = 2_999_999 * YUAN
    assert may_be_exempt_as_small(national, small, history(), AS_OF)
    assert not may_be_exempt_as_small(national, small, owing, AS_OF)
    assert not may_be_exempt_as_small(national, 3_000_000 * YUAN, history(), AS_OF)


def test_a_deposit_goes_back_after_notice_check_and_return(fujian):
    """30 days of notice to 31 May, 5 working days to 9 June (2 June is a holiday), 3 more."""
    clock = return_clock(fujian, dt.date(2025, 5, 1))
    assert clock.notice_until == dt.date(2025, 5, 31)
    assert (clock.check_by, clock.return_by) == (dt.date(2025, 6, 9), dt.date(2025, 6, 12))
    assert clock.planned
    assert return_clock(None, AS_OF) is None


def test_further_steps_up_and_down(tmp_path):
    steps = """
[[rules.up]]
events = 3
years = 3
share = 0.04

[[rules.down]]
years = 1
by = 0.2
"""
    table = table_of(tmp_path, FUJIAN.replace("listed_by = 1.0\n", "") + steps)
    three = [event("arrears", day) for day in ("2022-07-01", "2023-01-01", "2024-02-01")]
    assert advise(table, history(*three), AS_OF).share == 0.04
    assert advise(table, history(*three[1:]), AS_OF).share == 0.0225
    assert advise(table, history(since=dt.date(2024, 3, 1)), AS_OF).share == 0.012
