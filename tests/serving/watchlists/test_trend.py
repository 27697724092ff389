"""A region from list to list."""

from __future__ import annotations

import datetime as dt

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.watchlists.trend import festival_marks, in_wan, region_trend

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


def test_without_lists_there_is_no_trend(database):
    assert region_trend(database, OFFICE) == []
