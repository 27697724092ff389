"""What a briefing is made of: which lists, visits, months and places belong to it."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.indicators import Rate
from serving.auth.principal import Principal
from serving.auth.project_regions import save_regions
from serving.auth.roles import Role
from serving.briefings import facts as briefing_facts
from serving.briefings.facts import (
    ListedInYear,
    ScoredList,
    _in_region,
    _listed_in,
    _rates,
    _scored_list,
    _visit_results,
    collect_facts,
)
from serving.briefings.groups import by_period
from serving.briefings.owed import wages_owed
from serving.briefings.period import month_of, year_of
from serving.briefings.repository import (
    Briefing,
    BriefingUnknown,
    insert_briefing,
    list_briefings,
    read_briefing,
)
from serving.db.pagination import PageRequest
from serving.settings import Settings
from serving.watchlists.repository import WatchlistRepository

from ..matters.builders import project, publish_register

MARCH, YEAR = month_of(dt.date(2025, 3, 1)), year_of(2025)


def day(text):
    return dt.date.fromisoformat(text)


def visit(world, name, on, found=False, workers=None):
    world.add("inspections", inspection_id=f"{name} {on}", project_id=name, inspected_on=on,
              arrears_found=found, workers_owed=workers, known_at=on)  # fmt: skip


def test_lists_and_visits_of_a_year(world, database, publish):
    """P/000 and P/001 are listed on 1 January, P/002 on 1 June; P/003 in other years only."""
    for as_of, listed in (("2024-12-31", 4), ("2025-01-01", 2), ("2025-06-01", 3),
                          ("2026-01-01", 4)):  # fmt: skip
        publish(day(as_of), listed=listed)
    for number in range(4):
        world.project(f"P/00{number}")
    visit(world, "P/000", "2025-01-01", found=True)
    visit(world, "P/001", "2025-03-01")
    visit(world, "P/002", "2025-05-31", found=True)  # before it was listed
    visit(world, "P/003", "2025-03-01", found=True)
    assert _listed_in(world.store, database, YEAR, "") == ListedInYear(2, 3, 2, 1)
    visit(world, "P/002", "2025-06-01")
    assert _listed_in(world.store, database, YEAR, "") == ListedInYear(2, 3, 3, 1)


@pytest.mark.parametrize(
    ("as_of", "visited"), [("2025-03-01", 2), ("2025-03-02", 1), ("2025-04-02", 0)]
)
def test_results_are_of_visits_from_the_day_of_the_list_to_the_end(world, as_of, visited):
    for name, on in (("A", "2025-03-01"), ("B", "2025-03-31"), ("C", "2025-04-01"),
                        ("D", "2025-03-15")):  # fmt: skip
        world.project(name)
        visit(world, name, on)
    entries = [{"project_id": name} for name in "ABC"]
    last = ScoredList({"entries": entries}, [], day(as_of))
    assert _visit_results(world.store, last, MARCH).visited == visited
    assert _visit_results(world.store, None, MARCH) is None


def test_a_list_without_a_register_is_known_by_its_entries(database, publish):
    row = project(9)
    publish(day("2025-05-01"), listed=2)
    publish_register(database, day("2025-06-01"), projects=[row])
    lists = WatchlistRepository(database)
    newest, oldest = (_scored_list(lists, one) for one in lists.summaries(briefing_facts.OFFICE))
    assert (newest.as_of, oldest.as_of) == (day("2025-06-01"), day("2025-05-01"))
    assert (newest.complete, oldest.complete) == (True, False)
    assert newest.projects == [row]
    assert [row["project_id"] for row in oldest.projects] == ["P/000", "P/001"]
    assert oldest.projects[0]["workers"] == 40
    assert oldest.projects[0]["owner_id"] is None
    assert _scored_list(lists, None) is None


def test_rates_are_of_counties_in_the_region_or_around_it(monkeypatch):
    asked = []

    def by_place(store, as_of, months, *, transfer_days):
        asked.append((as_of, months, transfer_days))
        march = day("2025-03-01")
        found = {
            (place, march): {"deposit": Rate(number, 100)}
            for number, place in enumerate(("420301", "420301101", "420302", "990102"))
        }
        return {**found, ("420302", day("2025-02-01")): {"deposit": Rate(50, 100)}}

    monkeypatch.setattr(briefing_facts, "rates_by_place", by_place)

    def places(region):
        found = _rates(None, MARCH.stop, region, 15, 12)
        return found and sorted({place for place, _ in found.by_place})

    assert places("") == ["420301", "420302", "990102"]
    assert places("4203") == ["420301", "420302"]
    assert places("420301") == places("420301101") == ["420301"]
    assert places("4204") is None
    assert set(asked) == {(MARCH.stop, 24, 15)}
    city = _rates(None, MARCH.stop, "4203", 15, 1)
    assert list(city.by_month) == [day("2025-02-01"), day("2025-03-01")]
    assert city.by_month[day("2025-03-01")] == {"deposit": Rate(2, 200)}
    assert (city.compared_months, asked[-1]) == (1, (MARCH.stop, 13, 15))


def test_rows_of_a_region_have_its_code():
    rows = [{"region_code": code} for code in ("420301", "990102", None)]
    assert _in_region(rows, "42") == rows[:1]
    assert _in_region(rows, "") == rows


@pytest.mark.parametrize(("known_at", "silent"), [("2025-02-28", True), ("2025-03-01", False)])
def test_nothing_new_in_a_month_leaves_its_wages_and_rates_unknown(
    world, database, monkeypatch, known_at, silent
):
    asked = []

    def owed(store, as_of, *rest, **options):
        asked.append((as_of, options))
        return wages_owed(store, as_of, *rest, **options)

    monkeypatch.setattr(briefing_facts, "wages_owed", owed)
    world.project()
    world.payroll("R1", "2024-12-10")
    world.payment("R1", "2024-12-10", 100, known_at="2025-01-10")
    world.payment("R1", "2025-01-20", 100, known_at=known_at)
    found = collect_facts(world.store, database, Settings(), MARCH, "")
    assert found.known_until == day(known_at)
    assert [one is None for one in (found.owed, found.owed_before, found.rates)] == [silent] * 3
    # Why wages are owed is asked for the end only.
    both = [(MARCH.start, {"with_causes": False}), (MARCH.stop, {"with_causes": True})]
    assert asked == ([] if silent else both)


def test_periods_compared_with_end_where_the_period_begins(world, database):
    """A complaint on the first and the last day of each period that there is."""
    world.project()
    days = ("2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01", "2025-01-02", "2025-01-31",
            "2025-02-01", "2025-02-28", "2025-03-01", "2025-03-31", "2025-04-01")  # fmt: skip
    for number, received in enumerate(days):
        world.add("complaints", complaint_id=received, project_id="P1", received_on=received,
                  workers=2**number, known_at="2023-12-01")  # fmt: skip
    names = ("statistics", "statistics_before", "statistics_year_ago", "year_to_date")

    def counted(period):
        found = collect_facts(world.store, database, Settings(), period, "")
        values = [getattr(found, name).complaints.workers.value for name in names]
        return [[days[n] for n in range(len(days)) if value >> n & 1] for value in values]

    assert counted(MARCH) == [list(days[8:10]), list(days[6:8]), [], list(days[3:10])]
    assert counted(YEAR) == [list(days[3:]), list(days[1:3]), list(days[1:3]), list(days[3:])]


def test_files_are_grouped_by_month_then_kind_then_region():
    """The files of a year stand before those of its January."""
    january, december = day("2025-01-01"), day("2024-12-01")
    rows = [
        (1, january, "42", "docx", "month"), (2, january, "42", "docx", "month"),
        (3, january, "42", "pdf", "month"), (4, january, "41", "docx", "year"),
        (5, january, "43", "docx", "month"), (6, december, "44", "docx", "month"),
    ]  # fmt: skip
    made_at = dt.datetime(2025, 2, 1, tzinfo=dt.UTC)
    files = [
        Briefing(number, month, region, form, "", made_at, "李", period)
        for number, month, region, form, period in rows
    ]
    found = [
        (one.label, one.region, [file.id for file in one.files], one.newest.id, one.earlier)
        for one in by_period(files)
    ]
    assert found == [
        ("2025", "41", [4], 4, 0),
        ("2025-01", "43", [5], 5, 0),
        ("2025-01", "42", [2, 3], 3, 1),
        ("2024-12", "44", [6], 6, 0),
    ]


def test_briefings_of_all_regions_are_read_where_one_region_holds_every_project(database):
    made_at = dt.datetime(2025, 2, 1, tzinfo=dt.UTC)
    for region in ("", "990102", "420301"):
        one = Briefing(0, MARCH.start, region, "html", "", made_at, "李")
        insert_briefing(database.engine, one, region.encode() or b"all")

    def read(own):
        who = Principal("u", "李", Role.SUPERVISOR, own)
        listed = list_briefings(database.engine, who, PageRequest(10)).items
        for one in listed:
            found, body = read_briefing(database.engine, one.id, who)
            assert (found, body) == (one, one.region.encode() or b"all")
        return [one.region for one in listed]

    assert read("") == ["420301", "990102", ""]
    assert read("99") == ["990102"], "no project is known"
    with database.engine.begin() as connection:
        save_regions(connection, {"P": "990102101"})
    assert read("99") == read("990102") == ["990102", ""]
    assert read("42") == ["420301"]
    with pytest.raises(BriefingUnknown):
        read_briefing(database.engine, 1, Principal("u", "李", Role.SUPERVISOR, "42"))
