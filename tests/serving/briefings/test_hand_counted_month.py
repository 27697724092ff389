"""All figures of the briefing of one month, and of its year, counted on paper.

March 2025 of the city 4203. Each table has rows of the day before the month, of the day after it
and of another city, which must not count.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from decimal import Decimal

import pytest

from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import ListedInYear, ScoredList, collect_facts
from serving.briefings.period import month_of, year_of
from serving.briefings.statistics import visit_results
from serving.db.database import Database
from serving.documents.model import Paragraph, Table
from serving.settings import Settings

from ...conftest import World
from ...empty_store import empty_store

MARCH = month_of(dt.date(2025, 3, 1))
YUAN = 100

CASES = (
    # id, project, opened, status, confirmed, transferred, closed, workers, yuan owed, recovered
    ("K1", "P1", "2025-03-01", "closed", None, None, "2025-03-31", 7, 100_000, 60_000),
    ("K2", "P2", "2025-02-28", "closed", None, None, "2025-03-01", 5, 30_000, 20_000),
    ("K3", "P3", "2025-03-31", "filed", None, None, None, None, None, None),
    ("K4", "P3", "2025-01-05", "confirmed", "2025-03-10", None, None, 9, 40_000, None),
    ("K5", "P1", "2025-01-10", "closed", None, None, "2025-02-10", 3, 10_000, 10_000),
    ("K6", "P4", "2025-02-01", "transferred", None, "2025-03-15", None, 2, 8_000, None),
    ("K7", "P4", "2024-03-10", "closed", None, None, "2024-03-20", 4, 5_000, 5_000),
    ("K9", "P5", "2024-02-10", "closed", None, None, "2024-04-01", 6, 6_000, 6_000),
    ("K8", "P4", "2025-04-01", "filed", None, None, None, 1, 1_000, None),
    ("KX", "X", "2025-03-05", "closed", "2025-03-06", None, "2025-03-07", 50, 90_000, 90_000),
)
VISITS = (
    # project, day, arrears found, workers owed, yuan owed, to pay by, paid on
    ("P1", "2025-03-05", True, 4, 50_000, None, None),
    ("P1", "2025-03-20", True, 6, 30_000, None, None),
    ("P2", "2025-03-31", False, None, None, None, None),
    ("P3", "2025-02-28", True, 8, 80_000, "2025-03-31", None),
    ("P3", "2025-04-01", True, 8, 80_000, None, None),
    ("P4", "2025-01-10", True, 3, 7_000, "2025-01-31", "2025-01-20"),
    ("P4", "2025-02-10", True, 3, 7_000, "2025-04-01", None),
    ("X", "2025-03-10", True, 9, 90_000, "2025-03-20", None),
)
TIERS = {"P1": "red", "P2": "red", "P3": "orange", "P4": "blue", "P5": "yellow", "P6": "blue"}
CONTRACTORS = {"P1": "C1", "P2": "C1", "P3": "C2", "P4": "C2"}
OWNERS = {"P1": "O1", "P2": "O2", "P3": "O2", "P4": "O1"}
CHANCES = {"P1": 0.6, "P2": 0.5, "P3": 0.3, "P4": 0.1, "P5": 0.2, "P6": 0.1}


def _complaints(world: World) -> None:
    """15 in the month, of 80,000 yuan and one of 114,567; 10 of 100,000 a year before; 4 before."""
    days = ["2025-03-01", "2025-03-31", *(f"2025-03-{day}" for day in range(10, 23))]
    days += [f"2024-03-{day}" for day in range(10, 20)]
    days += ["2025-02-28", "2025-02-01", "2025-02-10", "2025-02-11", "2025-04-01"]
    for number, day in enumerate(days):
        march = day.startswith("2025-03")
        world.add(
            "complaints",
            complaint_id=f"T{number}",
            project_id="P1",
            received_on=day,
            workers=None if number == 0 else 2,
            amount_claimed=(114_567 if number == 0 else 80_000 if march else 100_000) * YUAN,
            known_at=day,
        )
    late = {"complaint_id": "T-late", "received_on": "2025-03-31", "known_at": "2025-04-01"}
    world.add("complaints", project_id="P1", **late)
    far = {"complaint_id": "T-far", "received_on": "2025-03-05", "known_at": "2025-03-05"}
    world.add("complaints", project_id="X", **far)


def _cases(world: World) -> None:
    for key, project, opened, status, confirmed, sent, closed, workers, owed, recovered in CASES:
        days = {"opened_on": opened, "confirmed_on": confirmed, "transferred_on": sent}
        world.add(
            "cases",
            case_id=key,
            project_id=project,
            status=status,
            workers=workers,
            amount_owed=owed and owed * YUAN,
            amount_recovered=recovered and recovered * YUAN,
            closed_on=closed,
            known_at=max(day for day in (*days.values(), closed) if day),
            **days,
        )


def _visits(world: World) -> None:
    for number, (project, day, found, workers, owed, pay_by, paid_on) in enumerate(VISITS):
        world.add(
            "inspections",
            inspection_id=f"I{number}",
            project_id=project,
            inspected_on=day,
            arrears_found=found,
            workers_owed=workers,
            amount_owed=owed and owed * YUAN,
            rectify_by=pay_by,
            rectified_on=paid_on,
            known_at=paid_on or day,
        )


def _wages(world: World) -> None:
    """P1 owes 200,000 of December and 400,000 of January, P2 owes 40,000 of January."""
    for key, project, period, due, workers, yuan in (
        ("R1", "P1", "2024-12-01", "2025-01-15", 10, 200_000),
        ("R2", "P1", "2025-01-01", "2025-02-15", 10, 500_000),
        ("R3", "P2", "2025-01-01", "2025-02-15", 5, 100_000),
        ("R4", "X", "2025-01-01", "2025-02-15", 5, 900_000),
    ):
        row = {"project_id": project, "period": period, "workers": workers}
        world.payroll(key, due, **row, amount_due=yuan * YUAN)
    # Payments of the county are known until the last day, so what is missing is unpaid.
    world.payment("R3", "2025-01-10", 10_000 * YUAN)
    world.payment("R3", "2025-02-28", 50_000 * YUAN)
    world.payment("R2", "2025-03-15", 100_000 * YUAN)
    world.payment("R2", "2025-03-31", 0)


@pytest.fixture(scope="module")
def records():
    with empty_store() as store:
        world = World(store)
        for number, name in enumerate(TIERS):
            funding = "government" if name in ("P1", "P3") else "private"
            place = "420302101" if name in ("P3", "P4") else "420301101"
            world.project(name, region_code=place, funding=funding, project_name=f"工程{number}")
        world.project("X", region_code="420401101")
        _complaints(world)
        _cases(world)
        _visits(world)
        _wages(world)
        yield store


def _row(name: str) -> dict[str, object]:
    return {
        "project_id": name,
        "project_name": f"工程{name}",
        "region_code": "420302101" if name in ("P3", "P4") else "420301101",
        "tier": TIERS[name],
        "probability": CHANCES[name],
        "rank": None,
        "workers": 10,
        "sector": "building",
        "funding": "government" if name in ("P1", "P3") else "private",
        "contractor_id": CONTRACTORS.get(name),
        "contractor_name": CONTRACTORS.get(name),
        "owner_id": OWNERS.get(name),
        "owner_name": OWNERS.get(name),
        "flags": [],
    }


def _entry(rank: int, name: str, change: str) -> dict[str, object]:
    """An entry whose strongest reason lowers the score; one that raises it states a fact."""
    reasons = [
        {"contribution": -2.0, "basis": "fact", "text": {"zh": "已足额支付", "en": "paid"}},
        {"contribution": 1.0, "basis": "fact", "text": {"zh": "人工费不足", "en": "short"}},
    ]
    changed = {"kind": change, "from_rank": None}
    entry = {"rank": rank, "selection": "risk", "change": changed, "reasons": reasons}
    return {**_row(name), **entry, "red_flags": []}


def _list(as_of: dt.date, entries: list[dict[str, object]]) -> ScoredList:
    document = {
        "entries": entries,
        "gone": [{"project_id": "P2"}],
        "previous": "0" * 64,
        "missing_feeds": (),
        "rules": {"policy": {"order": "probability"}},
        "model": {"note": None},
    }
    return ScoredList(document, [_row(name) for name in TIERS], as_of)


@pytest.fixture(scope="module")
def database(sqlite_template, tmp_path_factory):
    """A service database without lists."""
    path = tmp_path_factory.mktemp("month") / "service.sqlite"
    shutil.copyfile(sqlite_template, path)
    with Database(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture(scope="module")
def facts(records, database):
    found = collect_facts(records, database, Settings(), MARCH, "4203")
    now = _list(
        MARCH.stop, [_entry(1, "P1", "new"), _entry(2, "P3", "up"), _entry(3, "P4", "down")]
    )
    last = _list(MARCH.start, [_entry(n, name, "new") for n, name in enumerate(("P1", "P2", "P4"))])
    followed = visit_results(records, ["P1", "P2", "P4"], MARCH)
    return replace(found, current=now, previous=last, visit_results=followed, rates=None)


@pytest.fixture(scope="module")
def year(records, database):
    found = collect_facts(records, database, Settings(), year_of(2025), "4203")
    listed = ListedInYear(lists=2, projects=4, visited=3, found=2)
    return replace(found, current=None, previous=None, lists_of_year=listed, rates=None)


WAN = Decimal("0.01")


def wan(yuan: int) -> Decimal:
    return (Decimal(yuan) / 10_000).quantize(WAN)


MONTH_FIGURES = {
    # P1 owes December's 200,000 and 400,000 of January's 500,000, P2 40,000; before, P1 100,000
    # more. P1 is late since 15 January: 16 + 28 + 31 + 1 days.
    "owing": 2,
    "owed_now": wan(640_000),
    "owed_workers": 15,
    "owing_before": 2,
    "owed_before": wan(740_000),
    "worst_owed": wan(600_000),
    "worst_days": 76,
    "cohort": 6,
    "red": 2,
    "orange": 1,
    "yellow": 1,
    "blue": 2,
    "listed": 3,
    "listed_new": 1,
    "listed_stayed": 2,
    "listed_gone": 1,
    "key_all": 2,
    "key_shown": 2,
    "key_unlisted": 1,  # of P1, P2 and P3 two are on the list
    # Two visits to P1, of the last list, are one project: 6 workers, not 10.
    "last_listed": 3,
    "last_visited": 2,
    "last_left": 1,
    "last_found": 1,
    "last_clean": 1,
    "last_workers": 6,
    "last_owed": wan(50_000),
    # Closed a year to thirty days ago: K2 (P2 was visited), K5 (P1 was), K9 (P5 was not).
    "days": 30,
    "revisits_due": 3,
    "revisits_done": 2,
    "revisits_left": 1,
    "complaints": 15,
    "complaint_workers": 28,
    "claimed": Decimal("123.46"),
    # Opened K1 and K3; closed K1 and K2; open K3 and K4; sent K6; confirmed K4.
    "opened": 2,
    "case_workers": 7,
    "owed": wan(100_000),
    "closed": 2,
    "open_at_end": 2,
    "closed_workers": 12,
    "recovered": wan(80_000),
    "transferred": 1,
    # Since January: K1 to K6 opened; K1, K2 and K5 closed.
    "year_opened": 6,
    "year_closed": 3,
    "year_workers": 15,
    "year_recovered": wan(90_000),
    "opened_construction": 2,
    "opened_individual": 0,
    "opened_enterprise": 0,
    "opened_other_employer": 0,
    "opened_unnamed": 0,
    "visits_made": 3,
    "visited": 2,
    "visits_found": 1,
    "visits_workers": 6,
    "visits_owed": wan(50_000),
    # P1 and P3 are red or orange and the government's; P3 was to pay by 31 March.
    "government_alerts": 2,
    "overdue": 1,
}

YEAR_FIGURES = {
    # K1 to K6 and K8 opened, K1, K2 and K5 closed; in 2024 K7 and K9.
    "opened": 7,
    "closed": 3,
    "closed_workers": 15,
    "recovered": wan(90_000),
    "closed_before": 2,
    "recovered_before": wan(11_000),
    "visits_made": 7,
    "visited": 4,
    "visits_found": 3,
    "owing": 2,
    "owed_now": wan(640_000),
    "owed_workers": 15,
    "worst_owed": wan(600_000),
    "worst_days": 351,
    "visited_government": 2,
    "visited_other": 2,
    "visited_without_funding": 0,
    "complaints": 21,
    "complaint_workers": 38,
    "claimed": Decimal("173.46"),
    "case_workers": 27,
    "owed": wan(189_000),
    "open_at_end": 3,
    "transferred": 1,
    "opened_construction": 7,
    "opened_individual": 0,
    "opened_enterprise": 0,
    "opened_other_employer": 0,
    "opened_unnamed": 0,
    "lists": 2,
    "listed_projects": 4,
    "listed_visited": 3,
    "listed_left": 1,
    "listed_found": 2,
    # Closed in the year and more than thirty days ago: K1 (P1 was not visited again), K2, K5.
    "days": 30,
    "revisits_due": 3,
    "revisits_done": 2,
    "revisits_left": 1,
    "overdue": 2,
}


def said(made) -> str:
    return "".join(block.text for block in made.blocks if isinstance(block, Paragraph))


def grids(made) -> dict[str, Table]:
    return {block.caption: block for block in made.blocks if isinstance(block, Table)}


def test_each_figure_of_the_month_is_the_one_counted_on_paper(facts):
    assert compose_monthly(facts, "zh").figures == MONTH_FIGURES


def test_each_figure_of_the_year_is_the_one_counted_on_paper(year):
    assert compose_yearly(year, "zh").figures == YEAR_FIGURES


def test_month_is_compared_with_the_year_before(facts):
    """15 complaints after 10, 1,234,567 yuan after 1,000,000; one case is too few to compare."""
    text = said(compose_monthly(facts, "zh"))
    assert (
        "受理投诉举报15件（同比上升50.0%），涉及28人（另1件未填人数），"
        "诉求金额123.46万元（同比上升23.5%）。"
    ) in text
    assert "立案2件（上年同期1件" in text


def test_tables_of_the_month_are_those_counted_on_paper(facts):
    found = grids(compose_monthly(facts, "zh"))
    assert [row[1:] for row in found["主要数量对比"].rows] == [
        (15, 4, 10),
        (2, 0, 1),
        (1, 0, 0),
        (2, 1, 1),
        (12, 3, 4),
        (wan(80_000), wan(10_000), wan(5_000)),
        (3, 2, None),  # nothing was known of any visit a year before
        (1, 2, None),
    ]
    assert [row[1:] for row in found["各地项目数"].rows] == [
        (2, 0, 1, 1, 4, 2, 2),
        (0, 1, 0, 1, 2, 1, 1),
    ]


def test_repeating_units_have_two_red_or_orange_projects_and_what_these_owe(facts):
    """C2 and O1 have an alert and a blue project each."""
    found = grids(compose_monthly(facts, "zh"))
    (contractor,) = found["有两个以上红色、橙色项目的施工总承包单位"].rows
    (owner,) = found["有两个以上红色、橙色项目的建设单位"].rows
    assert contractor == ("C1", 2, 0, 2, 20, wan(640_000))
    assert owner == ("O2", 1, 1, 2, 20, wan(40_000))


def test_grounds_are_what_raises_the_risk(facts):
    rows = grids(compose_monthly(facts, "zh"))["红色、橙色项目"].rows
    assert [row[6] for row in rows] == ["人工费不足", "人工费不足"]


def test_month_of_another_city_has_its_own_figures(records, database):
    """It never reported payments, so what its payroll still owes is unknown."""
    found = collect_facts(records, database, Settings(), MARCH, "4204")
    made = compose_monthly(replace(found, rates=None), "zh")
    wanted = {"complaints": 1, "opened": 1, "closed": 1, "visits_made": 1}
    assert {name: made.figures[name] for name in wanted} == wanted
    assert "4204本期未报送工资表和工资发放数据" in said(made)
