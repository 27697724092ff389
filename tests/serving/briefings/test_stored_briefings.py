"""Which briefing is stored, listed and read, one difference at a time."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import event

from serving.auth.principal import OFFICE, Principal
from serving.auth.project_regions import save_regions
from serving.auth.roles import Role
from serving.briefings import pages
from serving.briefings.period import month_of
from serving.briefings.repository import (
    Briefing,
    BriefingFiguresUnknown,
    BriefingUnknown,
    insert_briefing,
    list_briefings,
    list_periods,
    read_briefing,
    read_figures,
)
from serving.briefings.service import _store
from serving.db.engine import writing
from serving.db.pagination import PageRequest

JANUARY = dt.date(2025, 1, 1)
NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
MADE = Briefing(0, JANUARY, "990102", "html", "", NOON, "李")
EAST = Principal("e", "e", Role.BRIEFER, "990102")


@dataclass(frozen=True)
class Figures:
    """Some figure, in place of all of them."""

    paid: int
    day: dt.date = JANUARY


def test_the_same_briefing_is_stored_once(database):
    engine = database.engine
    made = (
        (MADE, b"a"),
        (replace(MADE, period="year"), b"of the year"),
        (replace(MADE, month=dt.date(2025, 2, 1)), b"a"),
        (replace(MADE, region="990103"), b"a"),
        (replace(MADE, format="docx"), b"a"),
        (MADE, b"b"),
    )
    for briefing, body in (*made, *made):
        insert_briefing(engine, briefing, body)
    first = list_briefings(engine, OFFICE, PageRequest(4))
    assert [one.id for one in first.items] == [6, 5, 4, 3]
    rest = list_briefings(engine, OFFICE, PageRequest(4, first.next))
    assert [(one.id, one.label) for one in rest.items] == [(2, "2025"), (1, "2025-01")]
    assert rest.next is None
    assert [one.id for one in list_briefings(engine, EAST, PageRequest(9)).items] == [
        *(6, 5, 3, 2, 1),
    ]
    assert [read_briefing(engine, number, EAST)[1] for number in (1, 6)] == [b"a", b"b"]
    for number in (4, 7):
        with pytest.raises(BriefingUnknown):
            read_briefing(engine, number, EAST)


def test_periods_have_all_their_files_and_the_latest_comes_first(database):
    engine = database.engine
    february = replace(MADE, month=dt.date(2025, 2, 1))
    made = (
        *((MADE, b"1"), (february, b"2"), (replace(MADE, period="year"), b"3")),
        *((replace(MADE, region="990103"), b"4"), (replace(MADE, format="docx"), b"5")),
        *((MADE, b"6"), (replace(february, format="pdf"), b"7")),
    )
    for briefing, body in made:
        insert_briefing(engine, briefing, body)

    def numbers(who, most, skip=0):
        files, more = list_periods(engine, who, most, skip)
        return [one.id for one in files], more

    assert numbers(OFFICE, 1) == ([7, 2], True)
    assert numbers(OFFICE, 2) == ([7, 2, 3], True)
    assert numbers(OFFICE, 2, 2) == ([4, 6, 5, 1], False)
    assert numbers(OFFICE, 2, 4) == ([], False)
    assert numbers(EAST, 3) == ([7, 2, 3, 6, 5, 1], False)


def test_the_latest_periods_are_found_without_reading_every_file(database):
    """SQLite walks through the content of a file to the columns behind it."""
    engine = database.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan is SQLite's")
    for month in (1, 2, 3):
        insert_briefing(engine, replace(MADE, month=dt.date(2025, month, 1)), b"a")
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *of: asked.append(of[2:4]))
    list_periods(engine, OFFICE, 1)
    plans = []
    with engine.connect() as connection:
        for sql, values in [one for one in asked if "FROM briefings" in one[0]]:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            plans.append([step[3] for step in plan if "briefings" in step[3]])
    assert len(plans) == 2
    for steps in plans:
        assert steps
        assert all("COVERING INDEX" in step or "SEARCH" in step for step in steps), steps


def test_pages_of_briefings_follow_each_other(database, client, token, monkeypatch):
    for month in (1, 2, 3):
        insert_briefing(database.engine, replace(MADE, month=dt.date(2025, month, 1)), b"a")
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    reader = {**token("briefer", "9901"), "Accept": "text/html"}

    def shown(address):
        text = client.get(address, headers=reader).text
        return re.findall(r"2025年(\d)月月报", text), re.findall(r'"(/briefings\?[^"]*)"', text)

    assert shown("/briefings") == (["3", "2"], ["/briefings?page=2"])
    assert shown("/briefings?page=2") == (["1"], ["/briefings?page=1"])
    assert shown("/briefings?page=3") == shown("/briefings?page=2")


def test_figures_are_of_their_briefing_and_the_first_stay(database):
    engine = database.engine
    insert_briefing(engine, MADE, b"a", Figures(1))
    insert_briefing(engine, MADE, b"a", Figures(2))
    insert_briefing(engine, MADE, b"b")
    insert_briefing(engine, MADE, b"c", Figures(3))
    assert read_figures(engine, 1, EAST) == {"paid": 1, "day": "2025-01-01"}
    assert read_figures(engine, 3, EAST)["paid"] == 3
    with pytest.raises(BriefingFiguresUnknown):
        read_figures(engine, 2, EAST)
    for number, who in ((4, EAST), (1, replace(EAST, region="990103"))):
        with pytest.raises(BriefingUnknown):
            read_figures(engine, number, who)


def test_a_briefing_is_of_its_region_or_of_that_of_all_projects(database):
    with writing(database.engine).begin() as connection:
        save_regions(connection, {"P1": "990102001", "P2": "990102002"})
    for region in ("", "9901"):
        _store(database, month_of(JANUARY), region, "html", region.encode(), "李", None)
    found = list_briefings(database.engine, OFFICE, PageRequest(9)).items
    assert [(one.region, one.label) for one in found] == [
        ("9901", "2025-01"), ("990102", "2025-01"),
    ]  # fmt: skip
