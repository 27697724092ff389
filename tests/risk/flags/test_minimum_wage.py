"""Mean pay against the minimum of the month, in proportion to the days worked."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from risk.flags import read_law
from risk.flags.law import Law


@pytest.fixture(scope="module")
def found(new_scenes):
    scenes = new_scenes()

    def pay(name, amount, days=(), period="2025-03-01", region="520102"):
        def scene(site):
            site.add("projects", region_code=region)
            site.add("payrolls", amount_due=amount, period=period)
            for number, team in enumerate(days):
                site.add("attendance", worker_days=team, workers_present=10, contract_id=number)

        scene.__name__ = name
        scenes(scene)

    pay("a_fen_below", 18_899_99)
    pay("at_the_minimum", 18_900_00)
    # 10 workers and 87 days: 87 / 21.75 = 4 full months, so 4 x 1,890 = 7,560 yuan.
    pay("a_fen_below_for_87_days", 7_559_99, days=[87])
    pay("at_the_minimum_for_87_days", 7_560_00, days=[87])
    pay("a_fen_below_for_40_and_47_days", 7_559_99, days=[40, 47])
    pay("for_40_days_and_a_team_without_days", 7_559_99, days=[40, None])
    # More days than full months earn no more than the minimum of ten workers.
    pay("at_the_minimum_for_300_days", 18_900_00, days=[300])
    pay("a_fen_below_elsewhere", 18_899_99, region="420101")
    pay("nothing_due", 0)
    return scenes.flags(codes=("pay_below_minimum",))


def test_pay_is_compared_with_the_minimum_in_proportion_to_the_days(found):
    flagged = {name for name, flags in found.items() if "pay_below_minimum" in flags}
    assert flagged == {
        *("a_fen_below", "a_fen_below_for_87_days", "a_fen_below_for_40_and_47_days"),
        *("for_40_days_and_a_team_without_days", "nothing_due"),
    }
    flag = found["a_fen_below"]["pay_below_minimum"]
    assert (flag.threshold, flag.values["people"]) == (1_890_00, 10)


def test_a_payroll_is_listed_once_however_low_the_pay(found):
    flag = found["nothing_due"]["pay_below_minimum"]
    assert [one.record_id for one in flag.evidence] == ["nothing_due:R1"]
    assert (flag.values["mean_pay_fen"], flag.values["minimum_fen"]) == (0, 1_890_00)


def test_the_minimum_is_that_of_the_month_worked(new_scenes):
    """2,000 yuan in March 2025 only, 1,890 before and after."""
    law = read_law()
    day = dt.date(2025, 1, 1)
    base = law.value("pay_below_minimum", "monthly_fen", day, "52")
    march = {"number": 2_000_00, "from_day": dt.date(2025, 3, 1), "to_day": dt.date(2025, 4, 1)}
    april = dataclasses.replace(base, from_day=dt.date(2025, 4, 1))
    law = Law(law.duties, (*law.values, dataclasses.replace(base, **march), april))
    scenes = new_scenes()
    for month in ("02", "03", "04"):

        def scene(site, month=month):
            site.add("projects", region_code="520102")
            site.add("payrolls", amount_due=18_950_00, period=f"2025-{month}-01")

        scene.__name__ = month
        scenes(scene)
    found = scenes.flags(law=law)
    assert [name for name, flags in found.items() if "pay_below_minimum" in flags] == ["03"]
    assert found["03"]["pay_below_minimum"].values["minimum_fen"] == 2_000_00
