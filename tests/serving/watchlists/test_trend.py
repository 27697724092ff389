"""A region from list to list."""

from __future__ import annotations

import datetime as dt

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.watchlists.trend import (
    MonthPoint,
    festival_marks,
    festival_months,
    in_wan,
    region_by_month,
    region_trend,
)

from ..matters.builders import matter, project, publish_register

JANUARY, FEBRUARY, MARCH = (dt.date(2025, month, 1) for month in (1, 2, 3))


def test_points_count_the_part_of_the_region(database):
    owed = {"amount": 3_000_000, "workers": 5}
    publish_register(database, JANUARY, projects=[project(1, tier="red")])
    publish_register(
        database,
        FEBRUARY,
        projects=[
            project(1, tier="red", owed=owed),
            project(2, tier="orange", owed=None),
            project(3, tier="red", owed=owed, region_code="420103"),
        ],
        matters=[matter("case:A"), matter("case:B", region_code="420103")],
    )
    january, february = region_trend(database, OFFICE)
    # A list sealed before amounts were stored: unknown, not zero.
    assert (january.as_of, january.owed, january.tiers["red"]) == (JANUARY, None, 1)
    assert (february.owed, february.tiers["red"], february.matters["case"]) == (6_000_000, 2, 2)
    county = Principal("u", "u", Role.SUPERVISOR, "9901")
    here = region_trend(database, county)[-1]
    assert (here.owed, here.tiers, here.matters["case"]) == (
        3_000_000,
        {"red": 1, "orange": 1, "yellow": 0},
        1,
    )
    # Spring Festival 2025 was on 29 January.
    assert festival_marks([january, february], "春节") == {"2025-02-01": "春节"}
    assert festival_marks([february], "春节") == {}
    assert (in_wan(3_000_000), in_wan(None)) == (3.0, None)


def _month(month, region_code="990102001", owed=100, events=1):
    return {"region_code": region_code, "month": month, "owed": owed, "events": events}


def test_months_of_the_newest_list_add_up_the_part_of_the_region(database):
    publish_register(database, JANUARY, months=[_month("2024-12", owed=1)])
    rows = [
        _month("2024-11", owed=None, events=2),
        _month("2025-01"),
        _month("2025-01", "420103001", owed=20),
        _month("2025-01", "990102002", owed=None, events=0),
    ]
    publish_register(database, FEBRUARY, months=rows)
    assert region_by_month(database, OFFICE) == [
        MonthPoint("2024-11", None, 2),
        MonthPoint("2024-12", None, 0),  # without rows: nothing known, nothing found
        MonthPoint("2025-01", 120, 2),
    ]
    county = Principal("u", "u", Role.SUPERVISOR, "9901")
    assert region_by_month(database, county)[-1] == MonthPoint("2025-01", 100, 1)
    # Spring Festival: 10 February 2024, 29 January 2025.
    months = ["2024-01", "2024-02", "2025-01", "2025-02"]
    assert festival_months(months, "春节") == {"2024-02": "春节", "2025-01": "春节"}


def test_lists_sealed_before_months_were_stored_have_none(database):
    publish_register(database, JANUARY)
    assert region_by_month(database, OFFICE) == []


def test_without_lists_there_is_no_trend(database):
    assert region_trend(database, OFFICE) == []
    assert region_by_month(database, OFFICE) == []
