"""Feeds that stop or thin, codes that come and go, and their reasons, worked out on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import exp

import pytest

from risk.calendar.dates import add_months
from risk.contract import TABLES
from risk.intake.importer import import_file, import_into
from risk.sources.state import StoppedSource
from training.dataset.completeness import Completeness
from training.monitoring.category_drift import CodeChange, _changed, code_changes
from training.monitoring.check import _dated_by_rule
from training.monitoring.feed_health import (
    _ACTIVE,
    FeedTrouble,
    _arrivals,
    _by_region,
    _p_value_of_so_few,
    _trouble,
    _troubles,
    feed_troubles,
)
from training.monitoring.lost_inputs import LostInputs

from .test_pinned_monitoring import moved, report

AS_OF = dt.date(2025, 1, 1)


def test_a_feed_stops_where_chance_explains_no_empty_month():
    """Ten rows a month: none come with a probability of e to the power of -10."""
    rows, projects = [0.0] + [10.0] * 12, [5.0] * 13
    chance = pytest.approx(exp(-10))
    assert _trouble(rows, projects, 1e-4) == ("stopped", 0, 10, chance)
    assert _trouble(rows, projects, exp(-10) * 0.999) is None
    # Two projects are left of four, so half as many are usual.
    assert _trouble(rows, [2.0] + [4.0] * 12, 0.01) == ("stopped", 0, 5, pytest.approx(exp(-5)))
    assert _trouble(rows, [0.0] + [4.0] * 12, 0.01) is None
    assert _trouble([], projects, 0.01) is _trouble(rows, [], 0.01) is None
    assert _trouble(rows, [5.0, 0.0, *projects[2:]], 1e-4) is not None
    assert _trouble(rows, projects, _p_value_of_so_few(0, [10.0] * 12)) is None


def test_months_before_a_feed_began_are_not_usual():
    projects = [5.0] * 13
    four = [0.0] + [10.0] * 4 + [0.0] * 8
    assert _trouble(four, projects, 1e-4) == ("stopped", 0, 10, pytest.approx(exp(-10)))
    assert _trouble([0.0] + [10.0] * 3 + [0.0] * 9, projects, 1e-4) is None
    # A month in between without rows counts: of 10, 0, 10, 10 and 10 the variance is 16.
    gap = [0.0, 10.0, 0.0, 10.0, 10.0, 10.0] + [0.0] * 7
    assert _trouble(gap, projects, 0.1) == ("stopped", 0, 10, pytest.approx(exp(-10 / (16 / 8))))
    # Nothing is usual of a month in which no project was active.
    assert _trouble(four, [5.0, 5.0, 0.0, *projects[3:]], 1e-4) is None


def test_a_feed_has_thinned_below_half_of_its_usual_rows():
    before, projects = [100.0] * 12, [5.0] * 13
    found = _trouble([49.0, *before], projects, 0.001)
    assert found is not None
    assert found[:3] == ("thinned", 49, 100)
    assert _trouble([50.0, *before], projects, 0.001) is None


def test_months_that_vary_explain_more():
    """Of 50 and 150 in turns the variance is 25 times the mean: 100 rows tell as much as four."""
    before = [50.0, 150.0] * 6
    assert _p_value_of_so_few(0, before) == pytest.approx(exp(-4))
    assert _p_value_of_so_few(25, before) == pytest.approx(exp(-4) * (1 + 4))
    assert _p_value_of_so_few(0, [1.0] * 12) == pytest.approx(exp(-1))
    assert _p_value_of_so_few(0, [0.0] * 12) == 1.0


STARTS = [dt.date(2024, 12, 1), dt.date(2024, 11, 1)]


def test_rows_are_counted_by_county_or_by_township_of_the_only_one():
    december, november = STARTS
    rows = [(december, "420300101", 3), (november, "420300102", 4), (december, None, 2)]
    one = {"": [5, 4], "420300101": [3, 0], "420300102": [0, 4]}
    assert _by_region(rows, STARTS) == one
    assert _by_region(rows, STARTS, regions=False) == {"": [5, 4]}
    two = [*rows, (november, "420301100", 1)]
    assert _by_region(two, STARTS) == {"": [5, 5], "420300": [3, 4], "420301": [0, 1]}


FINE, THIN, GONE = [100.0] * 13, [40.0] + [100.0] * 12, [0.0] + [100.0] * 12
BIT = [0.0] + [1.0] * 12
"""Too few rows to tell."""


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ({"": THIN, "A": GONE, "B": FINE}, [("A", "stopped")]),
        ({"": THIN, "A": THIN, "B": THIN}, [("", "thinned")]),
        ({"": THIN, "A": FINE, "B": FINE}, [("", "thinned")]),
        ({"": THIN}, [("", "thinned")]),
        ({"": GONE, "A": GONE, "B": BIT}, [("", "stopped")]),
        ({"": FINE, "A": FINE, "B": THIN}, [("B", "thinned")]),
        ({"": FINE, "B": GONE, "A": GONE, "C": FINE}, [("A", "stopped"), ("B", "stopped")]),
        ({"": FINE, "A": FINE}, []),
        ({}, []),
    ],
)
def test_the_whole_feed_is_named_where_it_stopped_or_all_its_regions(counts, found):
    active = dict.fromkeys(("", "A", "B", "C"), [5.0] * 13)
    assert [one[:2] for one in _troubles(counts, active, 0.001)] == found


def test_projects_are_active_from_their_start_to_their_completion(world):
    """In December and November 2024, as known before the new year."""
    for name, started, completed in (
        ("A", "2024-12-31", None),
        ("B", "2025-01-01", None),
        ("C", "2024-11-30", "2024-12-01"),
        ("D", "2024-01-01", "2024-11-30"),
        ("E", "2024-01-01", "2024-10-31"),
    ):
        world.project(name, started_on=started, completed_on=completed, known_at="2024-02-01")
    world.project("F", known_at="2025-01-01")
    world.project("G", region_code="420301100")
    # Said to have ended in October, then to go on in another town; said to have begun in May,
    # then on one day to begin in January and at last in December.
    world.project("H", completed_on="2024-10-31", region_code="420302100", known_at="2024-03-01")
    world.project("H", region_code="420302101", known_at="2024-12-31")
    world.project("I", started_on="2024-05-01", region_code="420302101", known_at="2024-06-01")
    world.project("I", started_on="2025-01-01", region_code="420302101", known_at="2024-12-09")
    world.project("I", started_on="2024-12-30", region_code="420302101", known_at="2024-12-09")
    windows = [STARTS, [AS_OF, STARTS[0]]]
    found = world.store.rows(f"SELECT * FROM ({_ACTIVE}) ORDER BY ALL", [*windows, AS_OF])
    december, november = STARTS
    assert found == [
        (november, "420300101", 2),  # C and D
        (november, "420301100", 1),
        (november, "420302101", 1),
        (december, "420300101", 2),  # A and C
        (december, "420301100", 1),
        (december, "420302101", 2),
    ]


def test_rows_arrive_on_the_day_they_become_known(world):
    """Of payrolls by the region of their project, as known at the date; P9 is on no record."""
    world.project("P1")
    world.project("P2", region_code="420301100", known_at="2025-01-01")
    for number, (project, known) in enumerate(
        [("P1", "2024-10-31"), ("P1", "2024-11-01"), ("P1", "2024-11-30"), ("P1", "2024-12-01"),
         ("P1", "2024-12-31"), ("P1", "2025-01-01"), ("P2", "2024-12-05"), ("P9", "2024-12-05")]
    ):  # fmt: skip
        world.payroll(f"R{number}", known, project_id=project)
    # An imported book of history says nothing of December.
    world.payroll("R", "2024-12-05", dated_by="import")
    windows = [STARTS, [AS_OF, STARTS[0]]]
    found = _arrivals(world.store, TABLES["payrolls"], windows, AS_OF)
    december, november = STARTS
    assert set(found) == {
        (november, "420300101", 2),
        (december, "420300101", 2),
        (december, None, 2),
    }
    projects = _arrivals(world.store, TABLES["projects"], windows, AS_OF)
    assert projects == []


def test_feeds_are_compared_with_the_twelve_months_before(world):
    """Thirty payments on the first day of each month until November, sixty in December 2023.

    So 32.5 on average with a variance of 68.75; 600 of the month before do not count.
    """
    world.project(known_at="2023-01-02", started_on="2023-01-01")
    for back in range(2, 15):
        first = add_months(AS_OF, -back)
        world.store.connection.execute(
            "INSERT INTO payments (payment_id, payroll_id, paid_on, amount, channel, known_at,"
            " arrival) SELECT $1 || '-' || n, 'R', $1::DATE - 3, 1, 'bank', $1::DATE, 1"
            " FROM range($2) r(n)",
            [first.isoformat(), {13: 60, 14: 600}.get(back, 30)],
        )
    world.payment("R", "2025-01-01", 1)
    (found,) = feed_troubles(world.store, AS_OF)
    newest = dt.date(2024, 11, 1)
    chance = pytest.approx(exp(-30 / (68.75 / 32.5)))
    assert found == FeedTrouble("payments", "", "stopped", 0, 30, newest, chance)


def monthly(world, project, rows, months=range(2, 14)):
    """So many payrolls of a project, each month on its first day."""
    for back in months:
        first = add_months(AS_OF, -back).isoformat()
        for number in range(rows):
            world.payroll(f"{project}-{back}-{number}", first, project_id=project)


def test_the_level_is_divided_among_the_comparisons(world):
    """Seven rows fail to come with a probability of 0.00091: rare, but not among two tables."""
    world.project(known_at="2023-01-02", started_on="2023-01-01")
    monthly(world, "P1", 7)
    assert [one.table for one in feed_troubles(world.store, AS_OF)] == ["payrolls"]
    for back in range(2, 14):
        for number in range(7):
            world.payment(f"{number}", add_months(AS_OF, -back).isoformat(), 1)
    assert feed_troubles(world.store, AS_OF) == []


def test_a_town_that_stops_is_named_where_there_are_two(world):
    for name, region in (("P1", "420300101"), ("P2", "420300102")):
        world.project(name, region_code=region, known_at="2023-01-02", started_on="2023-01-01")
    monthly(world, "P1", 20, range(1, 14))
    monthly(world, "P2", 20)
    (found,) = feed_troubles(world.store, AS_OF)
    assert (found.region, found.trouble, found.rows, found.usual) == ("420300102", "stopped", 0, 20)
    assert feed_troubles(world.store.for_kind("employer"), AS_OF) == []


CHANNEL = TABLES["payments"].field("channel")


def paid(world, *groups):
    """So many payments of a channel that became known on a day."""
    for number, (channel, known, rows) in enumerate(groups):
        world.store.connection.execute(
            "INSERT INTO payments (payment_id, payroll_id, paid_on, amount, channel, known_at,"
            " arrival) SELECT $1 || '-' || n, 'R', $3::DATE, 1, $2, $3::DATE, 1"
            " FROM range($4) r(n)",
            [str(number), channel, known, rows],
        )
    return [
        (one.code, one.change, one.before, one.now, one.rows)
        for one in _changed(world.store, TABLES["payments"], CHANNEL, AS_OF)
    ]


def test_a_code_vanishes_that_a_quarter_of_the_year_before_had(world):
    """The year is from October 2023 to September 2024, now are the three months after it."""
    found = paid(
        world,
        *(("bank", "2024-09-30", 60), ("cash", "2023-10-01", 20), ("cash", "2023-09-30", 7)),
        *(("bank", "2024-10-01", 50), ("bank", "2024-12-31", 10), ("cash", "2025-01-01", 9)),
        *((None, "2024-05-01", 40), (None, "2024-11-01", 40)),
    )
    assert found == [("cash", "vanished", 0.25, 0.0, 0)]


def test_a_code_appears_that_a_third_of_the_new_rows_have(world):
    found = paid(
        world,
        *(("bank", "2024-05-01", 100), ("bank", "2024-10-01", 20), ("foreman", "2024-10-01", 10)),
    )
    assert found == [("foreman", "appeared", 0.0, pytest.approx(1 / 3), 10)]


@pytest.mark.parametrize(
    ("before", "now", "changes"),
    [
        ((15, 15), (30, 0), ["vanished"]),
        ((14, 15), (30, 0), []),  # 29 before
        ((15, 15), (29, 0), []),
        ((30, 0), (15, 15), ["appeared"]),
        ((60, 15), (40, 0), []),  # 0.8 ** 40 is 0.00013
        ((60, 15), (52, 0), ["vanished"]),  # 0.8 ** 52 is 0.0000091
        ((60, 15), (51, 0), []),
        ((51, 0), (60, 15), []),
        ((52, 0), (60, 15), ["appeared"]),
        ((60, 15), (52, 1), []),
        ((52, 1), (60, 15), []),
    ],
)
def test_thirty_rows_each_that_chance_does_not_explain(world, before, now, changes):
    groups = [
        (channel, known, rows)
        for known, pair in (("2024-05-01", before), ("2024-11-01", now))
        for channel, rows in zip(("bank", "cash"), pair, strict=True)
    ]
    assert [one[1] for one in paid(world, *groups)] == changes


@pytest.mark.parametrize(
    ("groups", "changes"),
    [
        # Thirty rows of the same months of the year before, none of them cash: as every winter.
        ([("bank", "2023-12-31", 30)], []),
        ([("bank", "2024-01-01", 30)], ["vanished"]),
        ([("bank", "2023-12-31", 29)], ["vanished"]),
        ([("bank", "2023-12-31", 29), ("cash", "2023-12-31", 1)], ["vanished"]),
    ],
)
def test_a_code_of_other_seasons_has_not_vanished(world, groups, changes):
    found = paid(world, ("cash", "2024-05-01", 40), ("bank", "2024-11-01", 60), *groups)
    assert [one[1] for one in found] == changes


def test_versions_dated_by_rule_are_those_of_the_training_window(world):
    """Six years before 2025 begin in 2019."""
    for number, (known, dated_by) in enumerate(
        [("2018-12-31", "unfolded"), ("2019-01-01", "unfolded"), ("2024-12-31", "unfolded"),
         ("2025-01-01", "unfolded"), ("2024-06-01", "given"), ("2024-06-01", None)]
    ):  # fmt: skip
        world.payroll(f"R{number}", known, dated_by=dated_by)
    assert _dated_by_rule(world.store, AS_OF) == {"payrolls": 2}


def trouble(kind):
    return (FeedTrouble("payments", "", kind, 0, 10.0, None, 0.0),)


def code(change, table="payments"):
    return (CodeChange(table, "channel", "cash", change, 0.5, 0.0, 0),)


SOURCE = StoppedSource("platform", ("payments",), None, {})
SLOW = Completeness(AS_OF, (), 0, 0, True, 300, 300, True)
OLD = {"months_unlearnt": 12}


@pytest.mark.parametrize(
    ("changes", "reasons", "verdict"),
    [
        ({}, (), "fine"),
        ({"feeds": trouble("stopped")}, ("feed_stopped",), "look"),
        ({"feeds": trouble("thinned")}, ("feed_thinned",), "look"),
        ({"feeds": trouble("thinned"), **OLD}, ("feed_thinned", "old_model"), "look"),
        ({"sources": (SOURCE,)}, ("feed_stopped",), "look"),
        ({"lost": LostInputs((), (), 0.5)}, ("inputs_lost",), "look"),
        ({"codes": code("unknown")}, ("code_unknown",), "look"),
        ({"codes": code("vanished")}, ("code_changed",), "look"),
        ({"codes": code("vanished"), **OLD}, ("code_changed", "old_model"), "retrain"),
        ({"codes": code("unknown") + code("appeared")}, ("code_unknown", "code_changed"), "look"),
        ({"completeness": SLOW}, ("decisions_slow",), "look"),
        ({"completeness": replace(SLOW, slow=False)}, (), "fine"),
        ({"redefined": None}, ("features_redefined",), "retrain"),
        ({"redefined": ("payments",)}, ("features_redefined",), "retrain"),
        # A feature of the changed table moved, though the model hardly leans on it.
        (
            {"codes": code("vanished"), "moved": moved("cash_share_3m", 0.3, 0.0)},
            ("code_changed", "features_moved"),
            "retrain",
        ),
        (
            {"codes": code("vanished", "deposits"), "moved": moved("cash_share_3m", 0.3, 0.0)},
            ("code_changed",),
            "look",
        ),
        (
            {"codes": code("vanished"), "moved": moved("cash_share_3m", 0.2, 0.0)},
            ("code_changed",),
            "look",
        ),
        (
            {"moved": moved("late_share", 0.3, 0.06) + moved("cash_share_3m", 0.3, 0.04)},
            ("features_moved",),
            "retrain",
        ),
    ],
)
def test_feeds_come_before_all_else_and_minor_reasons_only_ask_to_look(changes, reasons, verdict):
    found = report(**changes)
    assert (found.reasons, found.verdict) == (reasons, verdict)


def written(folder, name, header, rows):
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def test_codes_the_contract_does_not_know_count_until_the_day(store, tmp_path):
    """Two rows of one code, one of each of five others: the five with the most rows, then by name.

    Rows known on the day itself do not count, rows without a day do, nor do other faults.
    """
    header = "发放编号,工资表编号,发放日期,实发金额,实发人数,发放方式,入库日期"
    codes = [("转", "2024-12-31"), ("戊", ""), ("乙", "2024-12-30"), ("转", "2025-01-01")]
    codes += [("丁", "2024-12-30"), ("转", "2024-11-05"), ("甲", "2025-01-01")]
    codes += [("丙", "2024-12-30"), ("己", "2024-12-30")]
    rows = [f"F{n},G1,2024-05-20,1200,3,{code},{day}" for n, (code, day) in enumerate(codes)]
    rows.append("F99,G1,2024-05-20,-5,3,现金,2024-12-30")
    import_file(store, written(tmp_path, "payments", header, rows), today=dt.date(2025, 3, 1))
    rows = [
        f"P{n},甲工程,420322,2024-01-01,{sector},{amount},{day}"
        for n, (sector, amount, day) in enumerate(
            [("房屋建筑", "500", "2024-12-31"), ("房屋建筑", "若干", "2024-12-30"),
             ("房屋建筑", "500", "2025-01-01"), ("园林", "500", "2025-01-01")]
        )
    ]  # fmt: skip
    header = "项目编码,项目名称,行政区划代码,开工日期,行业,合同金额,入库日期"
    # Optional cells that cannot be read are unknown; their rows stay.
    import_into(store, [written(tmp_path, "projects", header, rows)], today=dt.date(2025, 3, 1))
    found = [(one.table, one.field, one.code, one.rows) for one in code_changes(store, AS_OF)]
    assert found == [
        ("projects", "sector", "房屋建筑", 2),
        *[("payments", "channel", *one) for one in zip("转丁丙乙己", (2, 1, 1, 1, 1), strict=True)],
    ]
    assert {(one.change, one.before, one.now) for one in code_changes(store, AS_OF)} == {
        ("unknown", 0.0, 0.0)
    }
