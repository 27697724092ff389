"""The page of the eight rates: months shown, sums over places, what is marked short."""

from __future__ import annotations

import datetime as dt

from serving.indicators.pages import _cells, _months, _plots, _rows
from serving.indicators.repository import CountyRates

MAY, JUNE = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
NAMES = ("real_name", "labour_cost_passed_on", "deposit")


def _county(code, month, **rates):
    stored = {name: {"kept": kept, "due": due} for name, (kept, due) in rates.items()}
    return CountyRates(dt.date(2025, 7, 1), code, month, stored)


ROWS = [
    _county("990121", MAY, real_name=(90, 100), deposit=(10, 20)),
    _county("990122", MAY, real_name=(50, 60), deposit=(9, 10)),
    _county("990121", JUNE, deposit=(10, 20), labour_cost_passed_on=(1, 20)),
    _county("990122", JUNE, labour_cost_passed_on=(4, 10), labour_cost_amount=(990, 1000)),
]


def test_each_rate_is_shown_of_its_newest_month():
    months = _months(ROWS, NAMES, None)
    assert months == {"real_name": MAY, "labour_cost_passed_on": JUNE, "deposit": JUNE}
    names, costs, deposits = _cells(ROWS, months)
    assert (names["rate"].kept, names["rate"].due) == (140, 160)
    assert (costs["rate"].kept, costs["rate"].due, costs["other"]) == (5, 30, 0.99)
    assert (deposits["rate"].kept, deposits["rate"].due) == (10, 20)
    # A sixth was in time by count, but 99 % of the money came: only deposits are short.
    assert [cell["short"] for cell in (names, costs, deposits)] == [False, False, True]


def test_a_chosen_month_is_shown_for_all_rates():
    months = _months(ROWS, NAMES, MAY)
    assert set(months.values()) == {MAY}
    assert [cell["rate"] is None for cell in _cells(ROWS, months)] == [False, True, False]
    assert [row["place"] for row in _rows(ROWS, months)] == ["990121", "990122"]


def test_plots_set_each_month_beside_that_of_the_year_before():
    last_year = _county("990121", dt.date(2024, 6, 1), deposit=(1, 4))
    plots = _plots([*ROWS, last_year], [MAY, JUNE], ("deposit",), "春节")
    # May and June of both counties: 19 of 30, and 10 of 20; of June 2024 1 of 4.
    assert plots["deposit"].rows == (("2025-05", (19 / 30, None)), ("2025-06", (0.5, 0.25)))
    assert plots["deposit"].marks == ()
    january = [_county("990121", dt.date(2025, 1, 1), deposit=(1, 2))]
    marked = _plots(january, [dt.date(2025, 1, 1)], ("deposit",), "春节")
    assert [mark.text for mark in marked["deposit"].marks] == ["春节"]
