"""Features of wage payment worked out by hand, with records on and beside each edge of a window.

``due(age, ...)`` is a payroll that fell due ``age`` days before as_of; amounts are yuan. Three
months are 92 days, one month is 31 days, a year is the 365 days from 15 July 2025 on. as_of is not
the first of a month, so that whole months are no window.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from features.families.payments import FAMILY
from features.matrix import Matrix, feature_matrix

from ...conftest import World
from ...empty_store import empty_store

AS_OF = dt.date(2026, 7, 15)
LATER = AS_OF + dt.timedelta(days=10)
NAN = math.nan
PINNED = (
    *("unpaid_share_12m", "unpaid_overdue_share", "unpaid_trend"),
    *("open_roll_share_3m", "open_teams_share", "worst_team_unpaid_share"),
    *("delay_days_3m", "delay_days_12m", "delay_trend"),
    *("cash_share_3m", "foreman_share_3m", "foreman_share_12m", "bank_share_trend"),
    *("days_since_payment", "months_not_full_6m", "wage_per_worker", "wage_bill_ratio"),
    "workers_unpaid",
)


def ago(days: int) -> str:
    """The day ``days`` days before as_of."""
    return (AS_OF - dt.timedelta(days=days)).isoformat()


class Pay(NamedTuple):
    """A payment ``age`` days before as_of."""

    age: int
    yuan: int
    channel: str | None = "bank"


class Due(NamedTuple):
    """A payroll and what was paid on it."""

    age: int
    yuan: int
    payments: tuple[Pay, ...]
    team: str
    workers: int | None


def due(age: int, yuan: int, *payments: Pay, team: str = "team", workers: int | None = None) -> Due:
    return Due(age, yuan, payments, team, workers)


def unpaid(age: int, yuan: int) -> Due:
    """1,000 yuan due, of which ``yuan`` are unpaid and the rest was paid on the due day."""
    return due(age, 1000, Pay(age, 1000 - yuan))


SCENES: dict[str, tuple[Due, ...]] = {
    # The one of day 0 falls due on as_of, that of day 366 is older than a year.
    "edges": tuple(
        unpaid(age, yuan)
        for age, yuan in (
            *((0, 999), (1, 100), (31, 200), (32, 400), (92, 300), (93, 600)),
            *((123, 500), (124, 700), (184, 150), (185, 250), (365, 350), (366, 998)),
        )
    ),
    "overdue": tuple(unpaid(*row) for row in ((30, 900), (32, 400), (365, 350), (366, 998))),
    "young": (unpaid(10, 500),),
    "only 92": (unpaid(92, 500),),
    "only 93": (unpaid(93, 500),),
    "only 184": (unpaid(184, 500),),
    "only 185": (unpaid(185, 500),),
    "only 365": (unpaid(365, 500),),
    "only 366": (unpaid(366, 500),),
    "only today": (unpaid(0, 500),),
    "open": (
        *(unpaid(0, 900), unpaid(1, 900), unpaid(40, 0), unpaid(41, 0), unpaid(92, 100)),
        *(unpaid(93, 0), unpaid(94, 0), unpaid(95, 0)),
    ),
    "teams": (
        due(10, 1000, Pay(10, 500), team="a"),
        due(40, 1000, Pay(40, 1000), team="a"),
        due(10, 1000, Pay(10, 1000), team="b"),
        due(40, 1000, Pay(40, 1000), team="b"),
        due(92, 1000, Pay(92, 600), team="c"),
        due(93, 1000, team="d"),
        due(1, 1000, Pay(1, 1000), team="e"),
        due(0, 1000, team="f"),
    ),
    "trend": (unpaid(32, 100), unpaid(92, 500), unpaid(93, 200), unpaid(184, 50), unpaid(185, 999)),
    # Paid five days early, which is no delay, and ten days late.
    "early": (due(40, 1000, Pay(45, 500), Pay(30, 500)),),
    "overpaid": (due(40, 1000, Pay(40, 1500)), due(70, 1000)),
    "channels": (
        due(0, 1000, Pay(1, 1000, "cash")),
        due(1, 1000, Pay(1, 100, "cash"), Pay(1, 900)),
        due(92, 1000, Pay(92, 300, "cash"), Pay(92, 200, "foreman"), Pay(92, 500)),
        due(93, 1000, Pay(93, 400, "cash"), Pay(93, 600, "foreman")),
        due(365, 1000, Pay(365, 100, "foreman"), Pay(365, 900)),
        due(366, 1000, Pay(366, 1000, "foreman")),
    ),
    "channel unknown": (due(40, 1000, Pay(40, 300), Pay(40, 600, None), Pay(39, 100, "cash")),),
    "no channel": (due(40, 1000, Pay(40, 1000, None)),),
    "sixth day": (due(40, 1000, Pay(35, 400), Pay(34, 600)),),
    "five days old": (unpaid(5, 300),),
    "six days old": (unpaid(6, 300),),
    "nothing paid": (due(40, 1000),),
    "last paid": (due(60, 1000, Pay(60, 500), Pay(10, 500)), due(41, 1000, Pay(40, 1000))),
    "paid the day before": (due(60, 1000, Pay(1, 1000)),),
    "known on as_of": (due(60, 1000, Pay(0, 1000)),),
    # Of the wages of five months three were not paid in full; one month is of two teams.
    "months": (
        due(20, 1000, team="a"),
        due(20, 1000, Pay(20, 500), team="b"),
        unpaid(50, 0),
        unpaid(80, 500),
        unpaid(110, 0),
        unpaid(140, 100),
        unpaid(200, 1000),
    ),
    "heads": (
        due(0, 90_000, workers=1),
        due(1, 60_000, workers=10),
        due(40, 70_000),
        due(92, 20_000, workers=10),
        due(93, 90_000, workers=1),
    ),
    "no heads": (due(40, 70_000),),
    # The due days of two teams are in one month, and so are five of one team.
    "one month": (
        due(40, 1000, team="a"),
        due(42, 1000, team="b"),
        *(due(age, 1000, team="c") for age in (35, 36, 37)),
    ),
    "15 days": (unpaid(15, 500),),
    "16 days": (unpaid(16, 500),),
    # 1 % unpaid counts as paid in full, as does rounding; one yuan more does not.
    "a hundredth unpaid": (due(40, 10_000, Pay(40, 9_900)),),
    "more than a hundredth": (due(40, 10_000, Pay(40, 9_899)),),
    # Paid in full on the due day; what was paid again was nobody's delay.
    "overpaid later": (due(60, 1000, Pay(60, 1000), Pay(30, 1000)),),
    # 800 yuan 10 days late, 200 of the last 700 20 days late: 8,000 + 4,000 yuan-days.
    "overpaid late": (due(60, 1000, Pay(50, 800), Pay(40, 700)),),
    # Nothing was paid of this year's wages, but ten days ago those of day 400.
    "old wages": (due(400, 1000, Pay(10, 1000)), due(40, 1000)),
    "only old wages": (due(400, 1000, Pay(365, 100), Pay(390, 900)),),
    "old wages a year ago": (due(400, 1000, Pay(366, 1000)),),
    "no workers": (due(40, 90_000, workers=0), due(50, 20_000, workers=5)),
    "late trend": (
        *(due(10, 1000, Pay(10, 1000)), unpaid(31, 900), due(60, 1000, Pay(40, 1000))),
        due(120, 1000, Pay(110, 1000)),
    ),
    # Team a owes June's and May's wages of 6 and 4 workers, b May's of 5 in two payrolls.
    "workers": (
        *(due(20, 1000, team="a", workers=6), due(50, 1000, team="a", workers=4)),
        *(due(50, 1000, team="b", workers=3), due(51, 1000, team="b", workers=2)),
        due(20, 1000, Pay(20, 1000), team="c", workers=50),
        due(93, 1000, team="d", workers=90),
    ),
    "workers unknown": (due(20, 1000, team="a", workers=6), due(20, 1000, team="b")),
    "workers paid": (due(20, 1000, Pay(20, 1000)),),
    "workers 92": (due(92, 1000, workers=7),),
    # Of one month: 1.2 % of one team's wages are unpaid, then of both teams'.
    "one team short": (due(40, 10_000, Pay(40, 9_880), team="a"), due(41, 10_000, Pay(41, 10_000))),
    "both short": (due(40, 10_000, Pay(40, 9_880), team="a"), due(41, 10_000, Pay(41, 9_880))),
    "worst": (
        due(10, 1000, Pay(10, 500)),
        due(40, 1000, Pay(40, 700)),
        due(40, 5000, Pay(40, 4000), team="b"),
    ),
    "foremen": tuple(
        due(age, 1000, Pay(age, yuan, "foreman"), Pay(age, 1000 - yuan))
        for age, yuan in ((40, 200), (50, 300))
    ),
    "instalments": (
        due(40, 1000, Pay(40, 1000)),
        due(92, 1000, *(Pay(91 - day, 100) for day in range(3))),
        due(93, 1000, *(Pay(91 - day, 100) for day in range(9))),
    ),
    "old and new": (due(400, 1000, Pay(50, 1), Pay(60, 1)), due(40, 1000, Pay(30, 1))),
    "new and old": (due(400, 1000, Pay(50, 1), Pay(20, 1)), due(40, 1000, Pay(30, 1))),
    # 360 days ago these wages fell due in the year, ten days later before it.
    "old ten days later": (due(360, 1000, Pay(300, 1000)),),
}
AMOUNT = 1_000_000
"""Yuan of the contract of each project."""

EXPECTED: dict[str, dict[str, float]] = {
    "edges": {
        # 100 + 200 + 400 + 300 + 600 + 500 + 700 + 150 + 250 + 350 = 3,550 of ten times 1,000.
        "unpaid_share_12m": 0.355,
        # 300 of 2,000 in the month, before it (days 32 to 123) 1,800 of 4,000.
        "unpaid_trend": 0.15 - 0.45,
        # 100 x 1 + 200 x 31 + 400 x 32 + 300 x 92 = 46,700 yuan-days of 4,000 yuan.
        "delay_days_3m": 11.675,
        # And 55,800 + 61,500 + 86,800 + 27,600 + 46,250 + 127,750 = 452,400 of 10,000.
        "delay_days_12m": 45.24,
        # 12,800 + 27,600 yuan-days of days 32 and 92, of 2,000 yuan; 55,800 + 61,500 + 86,800 +
        # 27,600 of days 93 to 184, of 4,000 yuan.
        "delay_trend": 20.2 - 57.925,
        "days_since_payment": 1,
        "wage_bill_ratio": 0.004,
        # 100 + 200 of 2,000, and with 400 + 300 of 4,000.
        "unpaid_share_1m": 0.15,
        "unpaid_share_3m": 0.25,
        "unpaid_amount": 3_550,
        # 3,250 of the eight payrolls due more than 31 days ago, and of three of 92 days 900.
        "unpaid_overdue_share": 3_250 / 8_000,
        "late_share_3m": 900 / 3_000,
        "oldest_unpaid_days": 365,
    },
    # 400 + 350 of 2,000; the wages of 30 days ago are not a month overdue.
    "overdue": {"unpaid_overdue_share": 0.375, "unpaid_share_12m": 0.55},
    # No wages due earlier: nothing to compare with.
    "young": {
        **{"unpaid_overdue_share": NAN, "unpaid_trend": NAN, "delay_trend": NAN},
        **{"unpaid_share_12m": 0.5, "delay_days_3m": 5},
    },
    "only 92": {
        **{"open_roll_share_3m": 1, "open_teams_share": 1, "worst_team_unpaid_share": 0.5},
        **{"delay_days_3m": 46, "delay_days_12m": 46, "cash_share_3m": 0, "foreman_share_3m": 0},
        **{"bank_share_trend": 0, "wage_bill_ratio": 0.001, "unpaid_trend": NAN},
    },
    "only 93": {
        **{"open_roll_share_3m": NAN, "open_teams_share": NAN, "worst_team_unpaid_share": NAN},
        **{"delay_days_3m": NAN, "delay_days_12m": 46.5, "cash_share_3m": NAN},
        **{"foreman_share_3m": NAN, "foreman_share_12m": 0, "bank_share_trend": NAN},
        **{"wage_bill_ratio": NAN, "delay_trend": NAN, "months_not_full_6m": 1},
    },
    "only 184": {"months_not_full_6m": 1},
    "only 185": {"months_not_full_6m": NAN, "unpaid_share_12m": 0.5},
    "only 365": {
        **{"unpaid_share_12m": 0.5, "unpaid_overdue_share": 0.5, "delay_days_12m": 182.5},
        **{"days_since_payment": 365, "foreman_share_12m": 0, "months_not_full_6m": NAN},
    },
    "only 366": dict.fromkeys(PINNED, NAN),
    "only today": dict.fromkeys(PINNED, NAN),
    # Those of days 1 and 92 are open, those of days 40 and 41 settled.
    "open": {"open_roll_share_3m": 0.5},
    # a and c of a, b, c and e; a owes 500 of 2,000, c 400 of 1,000.
    "teams": {"open_teams_share": 0.5, "worst_team_unpaid_share": 0.4},
    # (3,200 + 46,000) of 2,000 yuan less (18,600 + 9,200) of 2,000 yuan.
    "trend": {"delay_trend": 24.6 - 13.9},
    "early": {"delay_days_3m": 5, "delay_days_12m": 5, "unpaid_share_12m": 0},
    # What one payroll was overpaid does not settle the other.
    "overpaid": {
        **{"unpaid_share_12m": 0.5, "worst_team_unpaid_share": 0.5, "open_roll_share_3m": 0.5},
        "unpaid_overdue_share": 0.5,
    },
    "channels": {
        "cash_share_3m": 0.2,  # 100 + 300 of 2,000
        "foreman_share_3m": 0.1,  # 200 of 2,000
        "foreman_share_12m": 0.225,  # 200 + 600 + 100 of 4,000
        # By bank 900 + 500 of 2,000 and 900 + 500 + 0 + 900 of 4,000.
        "bank_share_trend": 0.7 - 0.575,
    },
    # 600 yuan by an unknown channel belong to none: 100 of 400 in cash.
    "channel unknown": {"cash_share_3m": 0.25, "foreman_share_3m": 0, "foreman_share_12m": 0},
    "no channel": {
        **{"cash_share_3m": NAN, "foreman_share_3m": NAN, "foreman_share_12m": NAN},
        **{"bank_share_trend": NAN, "days_since_payment": 40},
    },
    "nothing paid": {
        **{"unpaid_share_12m": 1, "unpaid_overdue_share": 1, "worst_team_unpaid_share": 1},
        **{"cash_share_3m": NAN, "foreman_share_3m": NAN, "days_since_payment": NAN},
        **{"foreman_share_12m": NAN, "bank_share_trend": NAN, "delay_days_3m": 40},
    },
    # Not the 40 days since the payment of the payroll that fell due last. Delay: 500 x 50 days
    # and 1,000 x 1 day of 2,000 yuan.
    "last paid": {"days_since_payment": 10, "delay_days_3m": 13},
    "paid the day before": {"days_since_payment": 1, "unpaid_share_12m": 0, "delay_days_3m": 59},
    "known on as_of": {"days_since_payment": NAN, "unpaid_share_12m": 1, "delay_days_3m": 60},
    "months": {"months_not_full_6m": 3},
    # 60,000 + 20,000 for 20 workers; the 70,000 yuan are of an unknown number of workers.
    "heads": {"wage_per_worker": 4000, "wage_bill_ratio": 0.15},
    "no heads": {"wage_per_worker": NAN, "wage_bill_ratio": 0.07},
    # Of 1,000 yuan 600 are paid, see _rows_that_must_not_count.
    "not counted": {
        **{"unpaid_share_12m": 0.4, "unpaid_overdue_share": 0.4, "open_roll_share_3m": 1},
        **{"open_teams_share": 1, "worst_team_unpaid_share": 0.4, "delay_days_3m": 16},
        **{"cash_share_3m": 0, "foreman_share_3m": 0, "foreman_share_12m": 0},
        **{"bank_share_trend": 0, "days_since_payment": 40, "months_not_full_6m": 1},
        **{"wage_per_worker": 200, "wage_bill_ratio": 0.001},
    },
    # Another project of that contractor: nothing of its 2,000 yuan is paid.
    "same contractor": {
        **{"unpaid_share_12m": 1, "days_since_payment": NAN, "wage_bill_ratio": 0.002},
    },
    # A return dated as_of has not happened before it.
    "returned on as_of": {"unpaid_share_12m": 0, "days_since_payment": 40},
    "no amount": {"wage_bill_ratio": NAN, "unpaid_share_12m": 0},
    "one month": {"months_not_full_6m": 1},
    "15 days": {"months_not_full_6m": 0},
    "16 days": {"months_not_full_6m": 1},
    "a hundredth unpaid": {"months_not_full_6m": 0},
    "more than a hundredth": {"months_not_full_6m": 1},
    "overpaid later": {"delay_days_3m": 0, "delay_days_12m": 0, "days_since_payment": 30},
    "overpaid late": {"delay_days_3m": 12},
    "old wages": {"days_since_payment": 10, "unpaid_share_12m": 1},
    "only old wages": {"days_since_payment": 365, "unpaid_share_12m": NAN},
    "old wages a year ago": {"days_since_payment": NAN},
    # What 0 workers are owed is of an unknown number of workers.
    "no workers": {"wage_per_worker": 4000, "workers_unpaid": NAN},
    # 20 days of day 60 against 10 of day 120; days 10 and 31 are too young for a delay to show.
    "late trend": {"delay_trend": 20 - 10},
    "workers": {"workers_unpaid": 6 + 5},
    "workers unknown": {"workers_unpaid": NAN},
    "workers paid": {"workers_unpaid": 0},
    "workers 92": {"workers_unpaid": 7},
    "one team short": {"months_not_full_6m": 0},
    "both short": {"months_not_full_6m": 1},
    # 500 + 300 of 2,000, and 1,000 of 5,000.
    "worst": {"worst_team_unpaid_share": 0.4, "open_teams_share": 1},
    "foremen": {"foreman_share_3m": 0.25, "foreman_share_12m": 0.25, "bank_share_trend": 0},
    "instalments": {"instalments_3m": (1 + 3) / 2, "returned_share_3m": 0},
    "old and new": {"days_since_payment": 30},
    "new and old": {"days_since_payment": 20},
    # Nothing was paid and nothing came back of wages of the three months.
    "old ten days later": {"days_since_payment": 300, "returned_share_3m": NAN},
    "seven months": {"months_not_full_6m": 6},
    # By measure 300 + 200 and by the piece 100 + 150 yuan of 750; 400 state no basis.
    "bases": {"measured_wage_share_3m": 2 / 3, "piece_wage_share_3m": 1 / 3},
    # 4 of 10 due 16 days ago, 20 of 20 due 92 days ago.
    "people": {"people_unpaid_share": 24 / 30},
    # 100, 200 (corrected from 900) and 30 yuan came back; paid are 600, 100 and 50.
    "returned": {"returned_share_3m": 330 / (750 + 330)},
    **{
        name: {"days_since_payment": days}
        for name, days in (
            *(("moved", NAN), ("moved to", 10), ("moves", 10), ("moves to", NAN)),
            *(("roll known today", NAN), ("payment known today", NAN), ("paid today", NAN)),
            *(("corrected", 20), ("corrects", 10), ("came back", NAN), ("comes back", 10)),
        )
    },
}


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with empty_store() as store:
        world = World(store)
        for name, rolls in SCENES.items():
            _project(world, name)
            for number, roll in enumerate(rolls):
                _add(world, name, f"{name} {number}", roll)
        _rows_that_must_not_count(world)
        _project(world, "no amount", contract_amount=None)
        _add(world, "no amount", "no amount", unpaid(40, 0))
        _project(world, "returned on as_of")
        _add(world, "returned on as_of", "back", due(40, 1000))
        _pay(world, "back", "back", Pay(40, 1000), returned_on=ago(0), known_at=ago(1))
        _more(world)
        _old_wages(world)
        yield feature_matrix(store, [AS_OF, LATER], families=[FAMILY])


def _more(world: World) -> None:
    """Payrolls with a month, a basis or heads of their own, and payments that came back."""

    def roll(name: str, age: int, yuan: int = 1000, number: object = "", **more: object) -> str:
        key, row = f"{name} {age} {number}", {"project_id": name, "contract_id": None}
        row |= {"amount_due": yuan * 100, "known_at": ago(age), "workers": None}
        world.payroll(key, ago(age), **{**row, **more})
        return key

    for name in ("seven months", "bases", "people", "returned"):
        _project(world, name)
    for month, age in enumerate((20, 50, 80, 110, 140, 170, 184)):
        roll("seven months", age, period=f"2026-{7 - month:02}-01")
    for age, yuan, basis in (
        *((10, 100, "piece"), (20, 150, "piece"), (30, 400, None)),
        *((40, 200, "measured"), (92, 300, "measured"), (93, 9000, "measured")),
    ):
        roll("bases", age, yuan, wage_basis=basis)
    for age, workers in ((15, 100), (92, 20), (93, 50), (50, None)):
        roll("people", age, workers=workers)
    for age, workers, paid in ((16, 10, 6), (40, 33, None)):
        key = roll("people", age, workers=workers)
        _pay(world, key, key, Pay(age, 500), workers_paid=paid)
    first, second, old = (roll("returned", age) for age in (92, 40, 93))
    _pay(world, "of 92", first, Pay(92, 600))
    _pay(world, "of 40", second, Pay(40, 100))
    _pay(world, "of 93", old, Pay(93, 5000))
    for name, key, yuan, back, known in (
        *(("a", first, 100, 1, 1), ("b", second, 900, 5, 5), ("b", second, 200, 5, 1)),
        *(("c", second, 50, 0, 2), ("d", second, 70, 3, 0)),
        *(("e", second, 30, 3, 3), ("e", second, 800, 3, 0), ("f", old, 500, 3, 3)),
    ):
        pay = Pay(9, yuan)
        _pay(world, f"back {name}", key, pay, returned_on=ago(back), known_at=ago(known))


def _old_wages(world: World) -> None:
    """Wages due 400 days ago, paid 10 days ago: versions of the payroll and of its payment."""

    def old(name: str, *known: int, to: str | None = None) -> None:
        _project(world, name)
        for number, days in enumerate(known):
            owner = to if to and number else name
            row = {"project_id": owner, "amount_due": 100_000, "known_at": ago(days)}
            world.payroll(f"old {name}", ago(400), **row, period="2025-06-01")

    def paid(name: str, age: int, known: int, **more: object) -> None:
        _pay(world, f"old {name}", f"old {name}", Pay(age, 1000), known_at=ago(known), **more)

    old("moved", 400, 1, to="moved to")
    old("moves", 400, 0, to="moves to")
    for name in ("moved to", "moves to"):
        _project(world, name)
    old("roll known today", 0)
    for name in ("payment known today", "paid today", "corrected", "corrects"):
        old(name, 400)
    for name in ("came back", "comes back"):
        old(name, 400)
    for name in ("moved", "moves", "roll known today", "corrected", "corrects"):
        paid(name, 10, 10)
    paid("payment known today", 10, 0)
    paid("paid today", 0, 2)
    paid("corrected", 20, 1)
    paid("corrects", 5, 0)
    paid("came back", 10, 2, returned_on=ago(1))
    paid("comes back", 10, 2, returned_on=ago(0))


def _project(world: World, name: str, **values: object) -> None:
    world.project(name, **{"contract_amount": AMOUNT * 100, "contractor_id": name, **values})


def _add(world: World, project: str, name: str, roll: Due) -> None:
    day, row = ago(roll.age), {"project_id": project, "contract_id": f"{project} {roll.team}"}
    known = ago(max(roll.age, 1))  # what falls due on as_of was known before
    row |= {"amount_due": roll.yuan * 100, "workers": roll.workers, "known_at": known}
    world.payroll(name, day, **row)
    for number, pay in enumerate(roll.payments):
        _pay(world, f"{name}/{number}", name, pay)


def _pay(world: World, payment: str, roll: str, pay: Pay, **more: object) -> None:
    row = {"payment_id": payment, "channel": pay.channel, **more}
    world.payment(roll, ago(pay.age), pay.yuan * 100, **row)


def _rows_that_must_not_count(world: World) -> None:
    for name in ("not counted", "same contractor"):
        _project(world, name, contractor_id="both")
    _add(world, "same contractor", "theirs", due(40, 2000, workers=1, team="theirs"))
    roll = {"project_id": "not counted", "contract_id": "ours", "workers": 5}
    # A payroll of 5,000 yuan corrected to 1,000, and a correction to 9,000 known on as_of.
    for yuan, known in ((5000, 40), (1000, 1), (9000, 0)):
        world.payroll("ours", ago(40), **roll, amount_due=yuan * 100, known_at=ago(known))
    world.payroll("late", ago(20), **roll, amount_due=700_000, known_at=ago(0))
    # 900 yuan corrected to 600 paid, and a correction to 1,000 in cash known on as_of.
    for pay, known in ((Pay(40, 900), 40), (Pay(40, 600), 1), (Pay(30, 1000, "cash"), 0)):
        _pay(world, "corrected", "ours", pay, known_at=ago(known))
    _pay(world, "known late", "ours", Pay(5, 400, "foreman"), known_at=ago(0))
    _pay(world, "returned", "ours", Pay(3, 400, "cash"), returned_on=ago(1))
    _pay(world, "dated as_of", "ours", Pay(0, 400, "cash"), known_at=ago(2))
    _pay(world, "of no payroll", "nobody's", Pay(2, 400, "cash"))


@pytest.mark.parametrize("project", EXPECTED)
def test_values_by_hand(matrix: Matrix, project: str) -> None:
    expected = EXPECTED[project]
    today = matrix.rows_at(AS_OF)
    row = today.values[today.project_ids.index(project)]
    found = {name: float(row[today.columns.index(name)]) for name in expected}
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_last_payment_is_looked_up_by_date(matrix: Matrix) -> None:
    later = matrix.rows_at(LATER).select_columns(["days_since_payment"])
    found = dict(zip(later.project_ids, later.values[:, 0].tolist(), strict=True))
    names = ("old wages", "only old wages", "old ten days later", "only 365", "moves", "moves to")
    expected = [20, NAN, 310, NAN, NAN, 20]
    assert [found[name] for name in names] == pytest.approx(expected, nan_ok=True)


def test_each_feature_has_a_value_and_is_unknown_somewhere() -> None:
    values = {name: [row[name] for row in EXPECTED.values() if name in row] for name in PINNED}
    assert [name for name, found in values.items() if all(map(math.isnan, found))] == []
    assert [name for name, found in values.items() if not any(map(math.isnan, found))] == []


@pytest.mark.parametrize("known", [None, 0, 1])
def test_unknown_until_the_day_after_the_first_payment_of_the_county(
    world: World, known: int | None
) -> None:
    _project(world, "P1")
    _add(world, "P1", "A", due(40, 1000, workers=1))
    if known is not None:
        _pay(world, "other", "nobody's", Pay(3, 1), known_at=ago(known))
    found = feature_matrix(world.store, [AS_OF], families=[FAMILY]).select_columns(PINNED)
    [row] = found.values.tolist()
    reported = known == 1
    assert math.isnan(row[PINNED.index("unpaid_share_12m")]) is not reported
    assert all(map(math.isnan, row)) is not reported


def test_the_only_payroll_was_paid_in_a_later_year(world: World) -> None:
    _project(world, "P1")
    _add(world, "P1", "A", due(400, 1000, Pay(10, 1000)))
    found = feature_matrix(world.store, [AS_OF], families=[FAMILY])
    assert found.select_columns(["days_since_payment"]).values.tolist() == [[10]]


LATE = {
    # What was not paid within five days of the nine payrolls due 31 to 365 days ago; that of
    # yesterday may still be paid in time.
    "edges": 3_450 / 9_000,
    "early": 0.5,
    "overpaid": 1_000 / 2_000,
    "sixth day": 0.6,
    "five days old": NAN,
    "six days old": 0.3,
    "only 365": 0.5,
    "only 366": NAN,
    "only today": NAN,
}
"""The share of a year's wages paid late, by scene."""


@pytest.mark.parametrize("project", LATE)
def test_late_share_of_a_year(matrix: Matrix, project: str) -> None:
    today = matrix.rows_at(AS_OF)
    found = today.values[today.project_ids.index(project), today.columns.index("late_share_12m")]
    assert found == pytest.approx(LATE[project], nan_ok=True)
