"""Features of labour-cost transfers and special accounts, worked out by hand at their edges.

At 1 January 2025 the windows are whole months: 31 days go back to 1 December, 92 to 1 October, 184
to 1 July, and 12 months to 1 January 2024, so that a day and a month mean the same first day.
All projects have one contractor and one owner: a key of either would mix them up.
"""

from __future__ import annotations

import datetime as dt
from math import nan

import pytest

from ...conftest import World
from ...empty_store import empty_store
from .value_table import value_table

EARLY = dt.date(2024, 3, 5)
AS_OF = dt.date(2025, 1, 1)
NEXT = dt.date(2025, 1, 2)
YUAN = 100

TRANSFERS: dict[str, list[tuple]] = {  # due on, yuan due, yuan paid, paid on, known at
    "year": [
        ("2023-12-31", 1000, None, None),  # out at both dates
        ("2024-01-01", 100, None, None),  # 12 months ago, out on the next day
        ("2024-06-10", 200, 200, "2024-06-14"),
        ("2024-12-31", 300, 300, "2024-12-31"),
        ("2025-01-01", 400, None, None, "2024-12-31"),  # known, but due before the next day only
    ],
    "quarter": [
        ("2024-06-30", 400, 400, "2024-07-20"),  # 185 days ago
        ("2024-07-01", 300, 300, "2024-07-11"),  # 184
        ("2024-09-30", 200, None, None),  # 93
        ("2024-10-01", 100, None, None),  # 92
        ("2024-12-20", 500, 500, "2024-12-20"),
    ],
    "partly": [
        ("2024-11-10", 100, 150, "2024-11-10"),  # too much for one month pays no other
        ("2024-12-10", 100, 98, "2024-12-12"),
    ],
    "oldest": [
        ("2024-10-10", 100, 100, "2024-10-05"),  # early is not less than in time
        ("2024-11-01", 100, None, None),
        ("2024-12-01", 300, None, None),
    ],
    "versions": [
        ("2024-11-10", 100, None, None),
        ("2024-11-10", 100, 100, "2024-11-20"),
        ("2024-12-10", 100, None, None),
        ("2024-12-10", 100, 100, "2024-12-31", "2025-01-01"),
    ],
    "wages": [
        ("2024-06-30", 200, 200, "2024-06-30"),
        ("2024-07-01", 100, 100, "2024-07-01"),
        ("2024-11-01", 800, None, None),
        ("2024-12-31", 400, 400, "2024-12-31"),
    ],
    "old": [("2023-12-31", 1000, 1000, "2024-02-01")],
    "two of a month": [("2024-11-10", 100, None, None), ("2024-11-20", 100, None, None)],
    # Announced for a later day: nothing has arrived.
    "paid later": [("2024-11-10", 100, 100, "2025-01-10", "2024-12-20")],
    "paid today": [("2024-11-10", 100, 100, "2025-01-01", "2024-12-20")],
    "paid ahead": [
        ("2024-11-10", 100, 100, "2024-11-10"),
        ("2025-01-05", 100, 100, "2024-12-20", "2024-12-20"),  # due later, but it has arrived
    ],
    "one percent": [("2024-11-10", 1000, 10, "2024-11-11")],
    "amount unknown": [
        ("2024-11-10", 100, None, "2024-11-20"),
        ("2024-10-10", 300, 300, "2024-10-10"),
    ],
    "only unknown": [("2024-11-10", 100, None, "2024-11-20")],
    "day unknown": [("2024-11-10", 100, 100, None), ("2024-12-10", 100, 100, "2024-12-14")],
    "nothing due": [("2024-11-10", 0, None, None)],
    "old debt": [("2023-12-01", 500, 500, "2024-12-20"), ("2024-11-10", 100, None, None)],
    "due days that shift": [
        (f"2024-{day}", 100, None, None) for day in ("10-01", "10-31", "11-30", "12-31")
    ],
    "short and unknown": [
        ("2024-10-10", 300, 150, "2024-10-10"),
        ("2024-11-10", 100, None, "2024-11-20"),
    ],
    "unknown 184": [("2024-07-01", 100, None, "2024-07-05"), ("2024-12-12", 30, 30, "2024-12-12")],
    "unknown 185": [("2024-06-30", 100, None, "2024-07-05"), ("2024-12-12", 30, 30, "2024-12-12")],
    "only 92": [("2024-10-01", 100, None, None)],
    "only 93": [("2024-09-30", 100, None, None)],
    "thirteen months": [
        *((f"2024-{month:02}-05", 100, None, None) for month in range(1, 13)),
        ("2025-01-01", 100, None, None, "2024-12-31"),
    ],
    "a year ago": [("2023-11-01", 100, 100, "2024-01-01")],
    "none": [],
}

WAGES = {  # yuan due by due day, all of the project "wages"
    "2024-06-30": 5000,
    "2024-07-01": 1000,
    "2024-12-31": 2000,
    "2025-01-01": 4000,
}

NAMES = (
    *("transfer_short_share_12m", "transfer_short_amount", "transfer_open_months"),
    *("transfer_open_months_3m", "transfer_oldest_days", "transfer_delay_12m"),
    *("transfer_delay_trend", "days_since_transfer", "transfer_to_wages_6m"),
)
UNKNOWN = (nan,) * len(NAMES)

EXPECTED = {
    # 100 of 100 + 200 + 300 yuan; late 366, 4 and 0 days; nothing due in the 92 days before.
    ("year", AS_OF): (1 / 6, 100, 1, 0, 366, 370 / 3, nan, 1, nan),
    # 400 of 200 + 300 + 400 yuan; late 4, 0 and 1 days.
    ("year", NEXT): (4 / 9, 400, 1, 1, 1, 5 / 3, nan, 2, nan),
    # 300 of 1500 yuan; late 20, 10, 93, 92 and 0 days; (92 + 0) / 2 against (93 + 10) / 2 days.
    ("quarter", AS_OF): (0.2, 300, 2, 1, 93, 43, 46 - 51.5, 12, nan),
    # Late 20, 10, 94, 93 and 0 days; 0 against (94 + 93) / 2 days.
    ("quarter", NEXT): (0.2, 300, 2, 0, 94, 217 / 5, 0 - 93.5, 13, nan),
    # 2 of 200 yuan; late 0 and 2 days.
    ("partly", AS_OF): (0.01, 2, 1, 1, 22, 1, nan, 20, nan),
    # 400 of 500 yuan; late 0, 61 and 31 days.
    ("oldest", AS_OF): (0.8, 400, 2, 2, 61, 92 / 3, nan, 88, nan),
    # The second is unpaid until what was known on 1 January counts; late 10 and 22, then 21 days.
    ("versions", AS_OF): (0.5, 100, 1, 1, 22, 16, nan, 42, nan),
    ("versions", NEXT): (0, 0, 0, 0, 0, 15.5, nan, 2, nan),
    # 800 of 1500 yuan; late 0, 0, 61 and 0 days; 61 / 2 against 0; 100 + 400 of 1000 + 2000 yuan.
    ("wages", AS_OF): (8 / 15, 800, 1, 1, 61, 61 / 4, 30.5, 1, 1 / 6),
    # The trend has none due from 2 July to 1 October; 400 of 2000 + 4000 yuan.
    ("wages", NEXT): (8 / 15, 800, 1, 1, 62, 62 / 4, nan, 2, 1 / 15),
    # Due too long ago for all but the day it arrived.
    ("old", AS_OF): (*UNKNOWN[:7], 335, nan),
    # Two transfers of one month are one month; late 52 and 42 days.
    ("two of a month", AS_OF): (1, 200, 1, 1, 52, 47, nan, nan, nan),
    ("paid later", AS_OF): (1, 100, 1, 1, 52, 52, nan, nan, nan),
    ("paid today", AS_OF): (1, 100, 1, 1, 52, 52, nan, nan, nan),
    ("paid today", NEXT): (0, 0, 0, 0, 0, 52, nan, 1, nan),
    ("paid ahead", AS_OF): (0, 0, 0, 0, 0, 0, nan, 12, nan),
    # 0.01 x 1 + 0.99 x 52 = 51.49 days, in whole days.
    ("one percent", AS_OF): (0.99, 990, 1, 1, 52, 51, nan, 51, nan),
    # The transfer of an unknown amount is neither received nor missing.
    ("amount unknown", AS_OF): (0, 0, 0, 0, 0, 0, nan, 42, nan),
    ("only unknown", AS_OF): (*UNKNOWN[:7], 42, nan),
    # Only the other one is known to be late, by 4 days.
    ("day unknown", AS_OF): (0, 0, 0, 0, 0, 4, nan, 18, nan),
    ("nothing due", AS_OF): (nan, 0, 0, 0, 0, 0, nan, nan, nan),
    # What was received for 2023 is the last transfer, though it fell due too long ago for the rest.
    ("old debt", AS_OF): (1, 100, 1, 1, 52, 52, nan, 12, nan),
    # Four transfers in 92 days, the second of October: three months. Late 92, 62, 32 and 1 days.
    ("due days that shift", AS_OF): (1, 400, 3, 3, 92, 187 / 4, nan, nan, nan),
    # 60 yuan of wages fell due; what arrived for 1 July, 184 days ago, is unknown.
    ("unknown 184", AS_OF): (0, 0, 0, 0, 0, 0, nan, 20, nan),
    ("unknown 184", NEXT): (0, 0, 0, 0, 0, 0, nan, 21, 0.5),
    ("unknown 185", AS_OF): (0, 0, 0, 0, 0, 0, nan, 20, 0.5),
    ("only 92", AS_OF): (1, 100, 1, 1, 92, 92, nan, nan, nan),
    ("only 93", AS_OF): (1, 100, 1, nan, 93, 93, nan, nan, nan),
    # Since 2 January 2024 thirteen months begin in the year and four in the 92 days. Late 1, 28,
    # 58, 89 and before 119, 150, 181, then 211, 242, 272, 303, 332 and 363 days: 2,349.
    ("thirteen months", NEXT): (1, 1300, 12, 3, 363, 2349 / 13, 44 - 150, nan, nan),
    ("a year ago", AS_OF): (*UNKNOWN[:7], 366, nan),
    ("a year ago", NEXT): UNKNOWN,
    ("none", AS_OF): UNKNOWN,
}

QUARTER = ("transfer_short_share_3m", "transfer_delay_3m")
QUARTERS = {
    # 100 of 100 + 500 yuan; late 92 and 0 days.
    ("quarter", AS_OF): (1 / 6, 46),
    # The transfer due 93 days ago has left.
    ("quarter", NEXT): (0, 0),
    # 2 of 200 yuan; late 0 and 2 days.
    ("partly", AS_OF): (0.01, 1),
    ("one percent", AS_OF): (0.99, 51),
    # 150 of 300 yuan, half of them 83 days late; of the other 100 nothing is known.
    ("short and unknown", AS_OF): (0.5, 41),
    ("old", AS_OF): (nan, nan),
    ("none", AS_OF): (nan, nan),
}
"""The values of ``QUARTER``."""

ACCOUNT_NAMES = ("account_open", "account_delay_days")
ACCOUNTS: dict[str, list[tuple]] = {  # account, opened on, closed on, known at
    "opened late": [("A", "2024-03-11", None, "2024-03-11")],
    "opened before": [("B", "2024-02-20", None, "2024-03-11")],
    "opened on the day": [("C", "2024-03-01", None, "2024-03-11")],
    "closed": [
        ("D", "2024-03-11", None, "2024-03-11"),
        ("D", "2024-03-11", "2024-12-31", "2024-12-31"),
    ],
    "closes today": [("E", "2024-03-11", "2025-01-01", "2024-12-20")],
    "closed as of tomorrow": [
        ("F", "2024-03-11", None, "2024-03-11"),
        ("F", "2024-03-11", "2024-12-31", "2025-01-01"),
    ],
    "second": [
        ("G", "2024-03-11", "2024-06-30", "2024-06-30"),
        ("H", "2024-07-05", None, "2024-07-05"),
    ],
    "known tomorrow": [("I", "2024-12-30", None, "2025-01-01")],
    "closed when done": [("L", "2024-03-11", "2024-12-20", "2024-12-20")],
    "open when done": [
        ("M", "2024-03-11", "2024-12-20", "2024-12-20"),
        ("N", "2024-03-20", None, "2024-12-20"),
    ],
    "none when done": [],
    "opens today": [("J", "2025-01-01", None, "2024-12-20")],
    "opens later": [("K", "2025-03-01", None, "2024-12-20")],
    "without": [],
}

ACCOUNT_VALUES = {  # open and days of delay at AS_OF, at NEXT; work began on 1 March 2024
    "opened late": (1, 10, 1, 10),
    "opened before": (1, 0, 1, 0),
    "opened on the day": (1, 0, 1, 0),
    "closed": (0, 10, 0, 10),
    "closes today": (1, 10, 0, 10),
    "closed as of tomorrow": (1, 10, 0, 10),
    "second": (1, 10, 1, 10),
    "known tomorrow": (0, 306, 1, 304),
    # An account may be closed when the work is done, here as of the second day; it should exist.
    "closed when done": (0, 10, nan, 10),
    "open when done": (1, 10, 1, 10),
    "none when done": (0, 306, 0, 307),
    # An account that is still to be opened is none.
    "opens today": (0, 306, 1, 306),
    "opens later": (0, 306, 0, 307),
    "without": (0, 306, 0, 307),
}


def build(world: World) -> None:
    one = {"contractor_id": "C", "owner_id": "O"}
    for name, rows in TRANSFERS.items():
        world.project(name, **one, started_on="2023-06-01")
        for due_on, due, paid, paid_on, *known in rows:
            row = {"transfer_id": f"{name} {due_on}", "project_id": name, "due_on": due_on}
            row |= {"period": f"{due_on[:7]}-01", "amount_due": due * YUAN, "paid_on": paid_on}
            row |= {"amount_paid": paid and paid * YUAN}
            world.add("transfers", **row, known_at=known[0] if known else paid_on or due_on)
    for due_on, yuan in WAGES.items():
        known_at = min(due_on, "2024-12-31")
        row = {"project_id": "wages", "known_at": known_at, "amount_due": yuan * YUAN}
        world.payroll(f"wages {due_on}", due_on, **row)
    for name in ("unknown 184", "unknown 185"):
        row = {"project_id": name, "known_at": "2024-12-15", "amount_due": 60 * YUAN}
        world.payroll(name, "2024-12-15", **row)
    for name, rows in ACCOUNTS.items():
        done = {"completed_on": "2025-01-01", "known_at": "2024-12-31"}
        more = done if name.endswith("when done") else {}
        world.project(name, **one, started_on="2024-03-01", **more)
        for account, opened_on, closed_on, known_at in rows:
            row = {"account_id": account, "project_id": name, "opened_on": opened_on}
            world.add("accounts", **row, closed_on=closed_on, known_at=known_at)


@pytest.fixture(scope="module")
def values():
    with empty_store() as store:
        build(World(store))
        names = (*NAMES, *QUARTER, *ACCOUNT_NAMES)
        yield value_table(store, names, [EARLY, AS_OF, NEXT])


@pytest.mark.parametrize(("project", "as_of"), EXPECTED)
def test_transfers(values, project, as_of):
    found = {name: values[project, as_of][name] for name in NAMES}
    expected = dict(zip(NAMES, EXPECTED[project, as_of], strict=True))
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("project", "as_of"), QUARTERS)
def test_transfers_of_three_months(values, project, as_of):
    found = [values[project, as_of][name] for name in QUARTER]
    assert found == pytest.approx(list(QUARTERS[project, as_of]), nan_ok=True)


@pytest.mark.parametrize("project", ACCOUNT_VALUES)
def test_accounts(values, project):
    found = [values[project, as_of][name] for as_of in (AS_OF, NEXT) for name in ACCOUNT_NAMES]
    assert found == pytest.approx(list(ACCOUNT_VALUES[project]), nan_ok=True)


@pytest.mark.parametrize("name", ACCOUNT_NAMES)
def test_accounts_are_unknown_before_the_first_is_known(values, name):
    assert values["without", EARLY][name] == pytest.approx(nan, nan_ok=True)
