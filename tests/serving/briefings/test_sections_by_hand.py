"""Sections of the briefing on either side of each number they depend on, worked out on paper."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from risk.indicators import Rate
from serving.briefings.breakdown import NO_BREAKDOWN, Group
from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import ListedInYear, Rates, ScoredList, collect_facts
from serving.briefings.groups import by_period
from serving.briefings.kinds import CAUSES
from serving.briefings.owed import Owed, OwingProject
from serving.briefings.period import Period, lists_for, month_of, year_of
from serving.briefings.repository import Briefing
from serving.briefings.sections.alerts import add_alerts, add_key_projects
from serving.briefings.sections.employers import add_employers
from serving.briefings.sections.matters import add_matters
from serving.briefings.sections.rates import add_rates
from serving.briefings.sections.visits_cases import add_cases, add_visits
from serving.briefings.statistics import (
    CaseStatistics,
    ComplaintStatistics,
    Total,
    VisitResults,
    VisitStatistics,
)
from serving.documents.builder import DocumentBuilder
from serving.documents.model import BarChart, Heading, Paragraph, Table
from serving.matters.queries import SecondLooks, UnitCounts
from serving.settings import BriefingSettings, IndicatorSettings, Settings
from serving.watchlists.repository import ListSummary

from .test_many_worlds import make_facts

MARCH = month_of(dt.date(2025, 3, 1))
APRIL_1 = MARCH.stop


def test_other_disputes_are_those_of_no_wages():
    assert CAUSES == ("project_payment", "labour_fee", "other")


def listed_on(*days: dt.date, region: str = "4203") -> list[ListSummary]:
    made = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    rest = (10, 10, 100, "m", "1", "scorecard", "c", "r", "d", made, "li", "project")
    return [ListSummary(day, region, *rest) for day in days]


def chosen(*lists: ListSummary) -> tuple[dt.date | None, ...]:
    found = lists_for(lists, MARCH, "4203")
    return tuple(one and one.as_of for one in (found.now, found.last, found.year_ago))


def test_the_current_list_is_the_newest_from_the_first_day_to_the_day_after_the_last():
    days = [dt.date(2025, 2, 28), MARCH.start, dt.date(2025, 3, 20), APRIL_1, dt.date(2025, 4, 2)]
    assert chosen(*listed_on(*reversed(days)))[0] == APRIL_1
    assert chosen(*listed_on(*days[:3]))[0] == dt.date(2025, 3, 20)
    assert chosen(*listed_on(*days[:2]))[0] == MARCH.start
    assert chosen(*listed_on(days[0], days[4])) == (None, None, None)
    assert chosen(*listed_on(days[3], region="4204")) == (None, None, None)


@pytest.mark.parametrize(("back", "place"), [(1, 1), (45, 1), (46, None), (349, None),
                                             (350, 2), (380, 2), (381, None)])  # fmt: skip
def test_lists_to_compare_with_are_45_days_or_a_year_old(back, place):
    earlier = APRIL_1 - dt.timedelta(days=back)
    others = listed_on(earlier, region="")
    now, *found = chosen(*listed_on(APRIL_1, earlier), *others)
    assert now == APRIL_1
    assert found == [earlier if place == number else None for number in (1, 2)]


def test_of_several_earlier_lists_the_newest_is_compared():
    near, far = (APRIL_1 - dt.timedelta(days=days) for days in (10, 40))
    a_year, longer = (APRIL_1 - dt.timedelta(days=days) for days in (355, 375))
    assert chosen(*listed_on(near, longer, APRIL_1, a_year, far)) == (APRIL_1, near, a_year)


def test_days_of_a_period():
    assert MARCH.last == dt.date(2025, 3, 31)
    before = MARCH.year_before()
    assert (before.start, before.stop) == (dt.date(2024, 3, 1), dt.date(2024, 4, 1))
    year = year_of(2025)
    assert (year.start, year.last) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    longer = Period(MARCH.start, dt.date(2025, 4, 2))
    assert (MARCH.whole_year, longer.whole_year, year.whole_year) == (False, True, True)


def row(number: int, tier: str = "red", place: str = "990121001", **fields):
    return {
        "project_id": f"P{number}",
        "project_name": f"工程{number}",
        "region_code": place,
        "tier": tier,
        "probability": 0.1,
        "rank": number,
        "workers": 7,
        "sector": "building",
        "funding": "private",
        "contractor_id": None,
        "contractor_name": None,
        "owner_id": None,
        "owner_name": None,
        "flags": [],
        "selection": "risk",
        "change": {"kind": "new"},
        "reasons": [],
        "red_flags": [],
        **fields,
    }


def document(rows, **fields):
    made = {
        "entries": rows,
        "gone": [],
        "previous": None,
        "missing_feeds": (),
        "rules": {"policy": {"order": "probability"}},
        "model": {"note": None},
    }
    return {**made, **fields}


def facts_with(rows, period=MARCH, listed=None, complete=True, previous=None, **fields):
    listed = ScoredList(document(rows, **(listed or {})), rows, period.stop, complete=complete)
    made = make_facts(1, period, 2)
    none = {"owed": None, "owed_before": None, "rates": None, "employers": None, "closed": []}
    rest = {"matters": [], "matters_by_unit": (), "second_looks": None, "silent_tables": ()}
    rest |= {"breakdown": NO_BREAKDOWN, "breakdown_year_ago": NO_BREAKDOWN, "year_ago": None}
    rest |= {"visit_results": None, "known_until": APRIL_1, "current": listed}
    return replace(made, **{**none, **rest, "previous": previous, **fields})


def written(add, facts, *more):
    """The paragraphs, tables and charts of a section."""
    builder = DocumentBuilder("zh", {"990121": "甲县", "990122": "乙县"})
    add(builder, facts, *more)
    kinds = (Paragraph, Table, BarChart)
    return tuple([one for one in builder.blocks if isinstance(one, kind)] for kind in kinds)


def said(paragraphs) -> str:
    return "".join(one.text for one in paragraphs)


@pytest.mark.parametrize(("alerted", "shown"), [(9, 9), (10, 10), (11, 10)])
def test_ten_key_projects_are_shown(alerted, shown):
    rows = [row(number) for number in range(alerted)] + [row(99, "yellow")]
    texts, tables, _ = written(add_key_projects, facts_with(rows))
    words = "见下表" if alerted == shown else f"风险较高的{shown}个见下表"
    assert f"红色、橙色项目{alerted}个，{words}" in said(texts)
    assert len(tables[0].rows) == shown


def test_wages_on_the_books_are_shown_to_the_fen():
    _, (table,), _ = written(add_key_projects, facts_with([row(1, amount_owed=123_456.78)]))
    assert str(table.rows[0][5]) == "12.35"
    _, (table,), _ = written(add_key_projects, facts_with([row(1), row(2, amount_owed=None)]))
    assert [one[5] for one in table.rows] == [None, None]


@pytest.mark.parametrize(("projects", "units"), [(1, 0), (2, 1), (3, 1)])
def test_two_alerts_make_an_organisation_repeating(projects, units):
    rows = [row(n, contractor_id="C", contractor_name="甲公司") for n in range(projects)]
    rows += [row(10 + n, "yellow", contractor_id="D") for n in range(2)]
    _, tables, _ = written(add_key_projects, facts_with(rows))
    found = [one for one in tables if "施工总承包单位" in one.caption]
    assert len(found) == units
    # Nothing is known of what is owed, so there is no such column.
    assert all(one.rows == (("甲公司", projects, 0, projects, 7 * projects),) for one in found)


def test_repeating_organisations_are_in_order_of_projects_then_code():
    ids = ["B", "B", "C", "C", "C", "A", "A"]
    rows = [row(n, contractor_id=key, contractor_name=key) for n, key in enumerate(ids)]
    _, tables, _ = written(add_key_projects, facts_with(rows))
    assert [one[0] for one in tables[1].rows] == ["C", "A", "B"]


def test_projects_are_told_apart_by_township_only_within_one_county():
    one = [row(1, place="990121001"), row(2, place="990121002"), row(3, place="990121")]
    villages = [row(1, place="990121001001"), row(2, place="990121001101")]
    assert len(written(add_alerts, facts_with(villages))[1][2].rows) == 1
    _, tables, charts = written(add_alerts, facts_with(one))
    assert len(tables[2].rows) == 3
    assert "甲县" in str(tables[2].rows[-1][0]) or "甲县" in str(tables[2].rows[0][0])
    _, tables, charts = written(add_alerts, facts_with([*one, row(4, place="990122001")]))
    assert [(one[0], one[5]) for one in tables[2].rows] == [("甲县", 3), ("乙县", 1)]
    assert len(charts) == 1
    _, _, none = written(add_alerts, facts_with(one[:1]))
    assert none == []


def test_the_chart_has_twelve_places_with_red_orange_and_yellow():
    tiers = ["red"] * 3 + ["orange"] * 2 + ["yellow"] + ["blue"] * 20
    rows = [row(n, tier, "990199001") for n, tier in enumerate(tiers)]
    rows += [row(100 + n, "blue", f"9901{n:02}001") for n in range(12)]
    _, tables, (chart,) = written(add_alerts, facts_with(rows))
    assert len(tables[2].rows) == 13
    assert len(chart.labels) == len(chart.amounts) == 12
    assert chart.amounts[:2] == ((3.0, 2.0, 1.0), (0.0, 0.0, 0.0))
    assert chart.labels == tuple(one[0] for one in tables[2].rows[:12])
    assert chart.series == ("红色", "橙色", "黄色")


def test_tiers_are_compared_with_the_last_list_and_a_year_before():
    """Red from 1 to 3: 2 more; orange from 2 to 1: 1 less; in all from 3 to 4, a year ago 1."""
    now = [row(n) for n in range(3)] + [row(3, "orange")]
    last = [row(1), row(2, "orange"), row(3, "orange")]
    scored = [ScoredList(document(rows), rows, MARCH.start) for rows in (last, [row(1, "blue")])]
    _, tables, _ = written(add_alerts, facts_with(now, previous=scored[0], year_ago=scored[1]))
    assert [one[1:] for one in tables[0].rows] == [
        (3, 1, 2, 0), (1, 2, -1, 0), (0, 0, 0, 0), (0, 0, 0, 1),
    ]  # fmt: skip
    assert tables[0].total[1:] == (4, 3, 1, 1)
    # Of the sector, red, orange, yellow, blue, all, and red and orange now, last and a year ago.
    assert tables[1].rows[0][1:] == (3, 1, 0, 0, 4, 4, 3, 0)


def test_totals_are_those_of_every_column_that_is_known():
    rows = [row(1), row(2, "blue", sector="water")]
    last = [row(1, "orange", sector="road"), row(2)]
    earlier = ScoredList(document(last), last, MARCH.start)
    _, (tiers, sectors, _), _ = written(add_alerts, facts_with(rows, previous=earlier))
    assert (tiers.summed_columns, tiers.named_totals) == ((1, 2, 3), ((1, "cohort"),))
    assert tiers.total[1:] == (2, 2, 0)
    # Red, orange, yellow, blue, all; red and orange now and on the last list.
    assert sectors.summed_columns == (1, 2, 3, 4, 5, 6, 7)
    assert sectors.named_totals == ((5, "cohort"),)
    assert [one[5:] for one in sectors.rows] == [(1, 1, 1), (1, 0, 0), (0, 0, 1)]
    assert sectors.total[1:] == (1, 0, 0, 1, 2, 1, 2)


def test_repeating_organisations_add_up_to_their_totals():
    """A has a red and an orange project, which owes 1.5 of its 2 wan; B three red ones, 3 wan.

    How many workers one of B's has is not known.
    """
    ids = ("A", "A", "B", "B", "B")
    rows = [row(n, "orange" if n == 1 else "red", contractor_id=key, contractor_name=name)
            for n, (key, name) in enumerate(zip(ids, ("甲", "某", None, None, None), strict=True))
            ]  # fmt: skip
    rows[3]["workers"] = None
    owing = [OwingProject(f"P{n}", None, None, 1, fen, None, 1)
             for n, fen in ((0, 5_000_00), (1, 15_000_00), (4, 30_000_00), (9, 7_00))]  # fmt: skip
    for owed, money in ((Owed(owing, ()), True), (None, False)):
        _, (_, table), _ = written(add_key_projects, facts_with(rows, owed=owed))
        found = [tuple(map(str, one)) for one in (*table.rows, table.total)]
        wan = [("3.00",), ("2.00",), ("5.00",)] if money else [(), (), ()]
        assert found == [
            ("B", "3", "0", "3", "14", *wan[0]),
            ("甲", "1", "1", "2", "14", *wan[1]),
            ("合计", "4", "1", "5", "28", *wan[2]),
        ]
        assert table.summed_columns == ((1, 2, 3, 4, 5) if money else (1, 2, 3, 4))


def test_a_key_project_names_its_contractor():
    rows = [row(1, contractor_name="甲公司"), row(2)]
    _, tables, _ = written(add_key_projects, facts_with(rows))
    assert [one[1] for one in tables[0].rows] == ["工程1（甲公司）", "工程2（总承包单位不详）"]


@pytest.mark.parametrize(("units", "left"), [(15, None), (16, 1), (17, 2)])
def test_fifteen_repeating_organisations_are_shown(units, left):
    rows = [row(n, contractor_id=f"C{n // 2:02}") for n in range(2 * units)]
    builder = DocumentBuilder("zh", {})
    add_key_projects(builder, facts_with(rows))
    found = [one for one in builder.blocks if isinstance(one, Table)][1]
    assert len(found.rows) == 15
    assert found.total[1] == 30
    assert builder.figures.get("repeat_contractor_left") == left


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ((0.1, 0.1, 0.1), "因风险列入的3个项目得分相同"),
        ((0.1, 0.1, 0.2), "因风险列入的3个项目中，2个与其他项目得分相同"),
        ((0.1, 0.2, 0.3), None),
    ],
)
def test_a_list_that_cannot_be_ranked_says_so(chances, words):
    rows = [row(n, probability=chance) for n, chance in enumerate(chances)]
    text = said(written(add_key_projects, facts_with(rows))[0])
    assert ("现有记录不足以" in text) is (words is not None)
    assert (words or "") in text


def test_changes_count_new_stayed_and_gone():
    kinds = ("new", "new", "up", "down", "same", "same")
    rows = [row(n, change={"kind": kind}) for n, kind in enumerate(kinds)]
    listed = {"previous": "0" * 64, "gone": [{}] * 3}
    texts, _, _ = written(add_alerts, facts_with(rows, listed=listed))
    assert "列入项目6个，其中新列入2个、继续在列4个；上期在列、本期移出3个" in said(texts)
    texts, _, _ = written(add_alerts, facts_with(rows))
    assert "本期为首期" in said(texts)


@pytest.mark.parametrize(
    ("visited", "found", "words", "few"),
    [
        (9, 3, "9个中3个", True),
        (10, 3, "30.0%（95%区间10.8%至60.3%）", False),
        (10, 0, "0.0%（95%区间0.0%至27.8%）", False),
        (0, 0, None, False),
    ],
)
def test_hit_rate_has_an_interval_from_ten_visits(visited, found, words, few):
    """Wilson: (2 p n + z² ± z (z² + 4 p q n)^½) / 2 (n + z²), with z = 1.96 and n = 10."""
    rows = [row(number) for number in range(12)]
    last = ScoredList(document(rows), rows, MARCH.start)
    done = VisitResults(visited, found, Total(5, found), Total(700, found))
    facts = facts_with(rows, previous=last, visit_results=done)
    text = said(written(add_visits, facts)[0])
    builder = DocumentBuilder("zh", {})
    add_visits(builder, facts)
    assert builder.figures.get("last_clean") == (visited - found if found else None)
    assert "没有上期名单" in said(written(add_visits, replace(facts, previous=None))[0])
    assert f"已检查{visited}个，尚未检查{12 - visited}个" in text
    assert ("暂不对名单准确率作评价" in text) is few
    assert (words is None) or (words in text)
    assert ("尚无检查记录" in text) is (visited == 0)
    assert ("均未发现欠薪" in text) is (visited > 0 and found == 0)


@pytest.mark.parametrize(("closed", "due"), [("2025-03-01", True), ("2025-03-02", False)])
def test_a_case_is_looked_at_again_after_thirty_days(closed, due):
    """Thirty days after 1 March is 31 March, within the period; after 2 March is 1 April."""
    case = {"closed_on": closed, "checked_on": None}
    facts = facts_with([row(1)], closed=[case, {**case, "checked_on": "2025-03-30"}])
    made = compose_monthly(facts, "zh")
    figures = {name: made.figures.get(f"revisits_{name}") for name in ("due", "done", "left")}
    assert figures == ({"due": 2, "done": 1, "left": 1} if due else dict.fromkeys(figures))
    advice = [one.text for one in made.blocks if isinstance(one, Paragraph) and "回访" in one.text]
    assert any("1件" in text for text in advice) is due


def period_of(facts, complaints=0, claimed=None, begun=True):
    received = ComplaintStatistics(complaints, 0, Total(), claimed or Total(0, complaints))
    nothing = frozenset() if begun else frozenset({"complaints", "cases", "inspections"})
    cases, visits = CaseStatistics(0, 0, 0, 0, 0), VisitStatistics(0, 0, 0, 0)
    return replace(
        facts.statistics,
        complaints=received,
        cases=cases,
        visits=visits,
        silent=nothing,
        not_begun=nothing,
    )


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (12, 10, "12件（同比上升20.0%）"),
        (8, 10, "8件（同比下降20.0%）"),
        (10, 10, "10件（与上年同期持平）"),
        (12, 9, "12件（上年同期9件"),
        (0, 0, "未受理投诉举报（上年同期亦无）"),
        (1, 0, "1件（上年同期0件"),
        (3, None, "3件（上年同期无数据，不作同比）"),
    ],
)
def test_counts_are_compared_from_ten_of_the_year_before(now, before, words):
    facts = facts_with([row(1)])
    ago = period_of(facts, before or 0, begun=before is not None)
    facts = replace(facts, statistics=period_of(facts, now), statistics_year_ago=ago)
    assert words in said(written(add_cases, facts)[0])


@pytest.mark.parametrize(
    ("now", "before", "compared"),
    [
        (Total(30_000_00, 4), Total(20_000_00, 10), True),
        (Total(30_000_00, 4), Total(20_000_00, 9), False),  # too few
        (Total(30_000_00, 4, 1), Total(20_000_00, 10), False),  # not all is known
        (Total(30_000_00, 4), Total(20_000_00, 10, 1), False),
        (Total(30_000_00, 4), Total(0, 10), False),
    ],
)
def test_amounts_are_compared_where_both_are_whole(now, before, compared):
    facts = facts_with([row(1)])
    facts = replace(
        facts,
        statistics=period_of(facts, 4, now),
        statistics_year_ago=period_of(facts, before.records, before),
    )
    text = said(written(add_cases, facts)[0])
    assert "诉求金额3.00万元" in text
    assert ("（同比上升50.0%）" in text) is compared


def test_silent_tables_have_no_figures():
    facts = facts_with([row(1)])
    statistics = {
        name: period_of(facts, 3) for name in ("statistics", "statistics_before",
                                               "statistics_year_ago", "year_to_date")
    }  # fmt: skip
    for silent, words in (
        (("complaints",), ("没有新立案件",)),
        (("cases",), ("受理投诉举报3件",)),
        (("inspections",), ("没有新立案件", "受理投诉举报3件")),
        (("complaints", "cases", "inspections"), ()),
    ):
        made = replace(facts, silent_tables=silent, **statistics)
        texts, tables, _ = written(add_cases, made)
        found = [one for one in ("没有新立案件", "受理投诉举报3件") if one in said(texts)]
        assert found == list(words)
        assert len(tables) == (len(silent) < 3)


def test_figures_of_silent_tables_are_left_out():
    """Disputes come from complaints and cases; a year has its visits in another section."""
    breakdown = replace(NO_BREAKDOWN, disputes={"labour_fee": Group(3, Total(1, 3), Total(1, 3))})
    facts = facts_with([row(1)], breakdown=breakdown)
    facts = replace(facts, statistics=replace(period_of(facts), visits=VisitStatistics(3, 2, 1, 1)))

    def figures(*silent: str, of=facts) -> tuple[bool, bool]:
        builder = DocumentBuilder("zh", {})
        add_cases(builder, replace(of, silent_tables=silent))
        return "disputes" in builder.figures, "visits_made" in builder.figures

    assert figures() == (True, True)
    assert figures("complaints") == figures("cases") == (True, True)
    assert figures("inspections") == (True, False)
    assert figures("complaints", "cases") == (False, True)
    assert figures(of=replace(facts, period=year_of(2025))) == (True, False)


def test_a_year_without_problems_says_so_and_names_no_case_of_a_silent_table():
    year = facts_with([], period=year_of(2025), lists_of_year=None)
    cases = replace(period_of(year), cases=CaseStatistics(9, 0, 5, 0, 4))
    year = replace(year, statistics=cases, statistics_year_ago=period_of(year))
    made = compose_yearly(year, "zh")
    heads = [n for n, one in enumerate(made.blocks) if isinstance(one, Heading) and one.level == 1]
    (problem,) = made.blocks[heads[1] + 1 : heads[2]]
    assert not problem.text.startswith("1．")
    assert any("年末未结案件4件" in one.text for one in made.blocks[heads[2] :])
    silent = compose_yearly(replace(year, silent_tables=("cases",)), "zh")
    assert not any("年末未结案件" in one.text for one in silent.blocks if _is_text(one))


@pytest.mark.parametrize("month", [1, 2])
def test_year_to_date_is_told_from_february_on(month):
    period = month_of(dt.date(2025, month, 1))
    texts, _, _ = written(add_cases, facts_with([row(1)], period=period))
    assert ("今年以来" in said(texts) or "1月以来" in said(texts)) is (month > 1)


def test_matters_are_open_in_time_or_overdue():
    units = (UnitCounts("甲队", 5, 2, 1), UnitCounts(None, 3, 1, 4, backlog=2))
    facts = facts_with([], matters_by_unit=units, second_looks=SecondLooks(7, 4))
    builder = DocumentBuilder("zh", {})
    add_matters(builder, facts)
    assert builder.figures == {
        "looked": 7, "looked_paid": 4, "looked_other": 3,
        "followed_open": 8, "followed_overdue": 3, "followed_in_time": 3, "followed_closed": 5,
        "followed_backlog": 2,
    }  # fmt: skip
    text = builder.blocks[1].text
    assert "超期3件、未超期3件、历史存量2件（启用前已过期限、尚未交办）；本期销号5件。" in text
    (table,) = (one for one in builder.blocks if isinstance(one, Table))
    assert table.rows[0] == ("甲队", 5, 2, 1)
    assert table.total[1:] == (8, 3, 5)
    assert table.summed_columns == (1, 2, 3)
    named = ("followed_open", "followed_overdue", "followed_closed")
    assert table.named_totals == tuple(enumerate(named, start=1))
    for unassigned, paragraphs in ((UnitCounts(None, 3, 1, 4), 2), (UnitCounts(None, 0, 0, 4), 1)):
        texts, tables, _ = written(add_matters, facts_with([], matters_by_unit=(unassigned,)))
        assert (len(texts), tables) == (paragraphs, [])
    nothing = facts_with([], second_looks=SecondLooks(0, 0))
    assert written(add_matters, nothing) == ([], [], [])


@pytest.mark.parametrize(("alerted", "shown"), [(0, 0), (10, 10), (11, 10)])
def test_ten_employers_are_shown(alerted, shown):
    rows = [row(n, "orange") for n in range(alerted)] + [row(50, "yellow"), row(51, "blue")]
    employers = ScoredList(document(rows[:-1]), rows, APRIL_1)
    builder = DocumentBuilder("zh", {})
    add_employers(builder, facts_with([], employers=employers))
    figures = builder.figures
    assert (figures["employers"], figures["employers_listed"]) == (alerted + 2, alerted + 1)
    assert (figures["employers_orange"], figures["employers_red"]) == (alerted, 0)
    if alerted:
        assert (figures["employers_alerted"], figures["employers_shown"]) == (alerted, shown)
        assert len(builder.blocks[-1].rows) == shown
    else:
        assert "没有红色、橙色的用人单位" in builder.blocks[-1].text


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ((0.6, 0.9, 1.0), "今后90日内约有2个项目可能被查实欠薪"),  # 2.5, to the even number
        ((0.5, 0.5), "今后90日内约有1个项目可能被查实欠薪"),
        ((0.5, 0.25), "预计不足1个"),
    ],
)
def test_expected_projects_are_the_sum_of_the_probabilities(chances, words):
    rows = [row(n, probability=chance) for n, chance in enumerate(chances)]
    text = said(one for one in compose_monthly(facts_with(rows), "zh").blocks if _is_text(one))
    assert words in text
    assert f"截至2025年3月31日，全辖区纳入监测的在建项目{len(rows)}个" in text


def _is_text(block) -> bool:
    return isinstance(block, Paragraph)


def test_a_list_without_a_register_says_so_as_of_the_last_day():
    made = compose_monthly(facts_with([row(1), row(2)], complete=False), "zh")
    text = said(one for one in made.blocks if _is_text(one))
    assert "截至2025年3月31日的预警名单列入项目2个。" in text
    assert "今后90日内" not in text


@pytest.mark.parametrize(
    ("known_until", "words"),
    [(dt.date(2025, 2, 28), True), (dt.date(2025, 3, 1), False), (None, True)],
)
def test_a_period_without_any_new_record_says_that_nothing_is_known(known_until, words):
    made = compose_monthly(facts_with([row(1)], known_until=known_until), "zh")
    text = said(one for one in made.blocks if _is_text(one))
    assert ("本期尚无数据入库" in text) is words


def test_advice_is_numbered_and_names_the_day_it_is_due():
    """Fourteen days after 1 April is the 15th, thirty days after is 1 May."""
    flag = {"code": "group_complaint_open", "article": "50", "title": {"zh": "群访", "en": "g"},
            "finding": {"zh": "有", "en": "y"}}  # fmt: skip
    rows = [row(1, funding="government", red_flags=[flag]), row(2, "yellow", funding="government"),
            row(3, "orange", red_flags=[flag]), row(4)]  # fmt: skip
    matters = [{"due_on": day} for day in (None, "2025-03-31", "2025-04-01")]
    made = compose_monthly(facts_with(rows, matters=matters), "zh")
    assert (made.figures["government_alerts"], made.figures["overdue"]) == (1, 1)
    assert (made.figures["group"], made.figures["listed"]) == (2, 4)
    advice = [one.text for one in made.blocks if _is_text(one) and one.text[:2] in
              ("1．", "2．", "3．", "4．", "5．")]  # fmt: skip
    assert [text[0] for text in advice] == ["1", "2", "3", "4", "5"]
    days = ["5月1日", "4月15日", "4月15日", "4月15日", "5月1日"]
    assert all(day in text for day, text in zip(days, advice, strict=True))


def test_year_is_compared_with_the_visits_of_the_year_before():
    year = year_of(2025)
    facts = facts_with([], period=year, lists_of_year=None)
    now, ago, none = (
        replace(period_of(facts), visits=VisitStatistics(*numbers))
        for numbers in ((9, 8, 2, 5), (6, 5, 1, 3), (0, 0, 0, 0))
    )
    made = compose_yearly(replace(facts, statistics=now, statistics_year_ago=ago), "zh")
    names = ("visited_government", "visited_other", "visits_made_before", "visited_before")
    assert [made.figures[name] for name in (*names, "visits_found_before")] == [5, 3, 6, 5, 1]
    made = compose_yearly(replace(facts, statistics=now, statistics_year_ago=none), "zh")
    assert "visits_made_before" not in made.figures


@pytest.mark.parametrize(("form", "closing"), [("circular", False), ("report", True)])
def test_a_summary_of_the_year_has_no_annex_and_no_circular_closing(form, closing):
    settings = Settings(briefing=BriefingSettings(form=form))
    year = facts_with([row(1)], period=year_of(2025), lists_of_year=None, settings=settings)
    made = compose_yearly(year, "zh")
    assert (made.annex, made.annex_title) == ((), "")
    ends = [one.text for one in made.blocks if _is_text(one)][-1]
    assert (ends == "特此报告。") is closing
    month = compose_monthly(facts_with([row(1)], settings=settings), "zh")
    assert len(month.annex) == 1
    assert compose_monthly(facts_with([]), "zh").annex == ()


def test_figures_that_add_up_are_checked_where_all_are_given():
    made = compose_monthly(facts_with([row(1)]), "zh")
    names = [whole for whole, _ in made.sums]
    assert "cohort" in names
    assert "employers" not in names
    assert dict(made.sums)["cohort"] == ("red", "orange", "yellow", "blue")


def test_sections_are_numbered_by_level():
    monthly = compose_monthly(facts_with([row(1)]), "zh")
    yearly = compose_yearly(facts_with([], period=year_of(2025), lists_of_year=None), "zh")
    for made, firsts, seconds in ((monthly, 7, [1, 2, 3]), (yearly, 3, [1, 2, 3, 4])):
        heads = [one for one in made.blocks if isinstance(one, Heading)]
        assert [one.number for one in heads if one.level == 1] == list(range(1, firsts + 1))
        assert [one.number for one in heads if one.level == 2] == seconds


def test_files_of_a_period_are_its_newest_of_each_format():
    made = dt.datetime(2025, 4, 1, 8, tzinfo=dt.UTC)

    def file(number, kind, month=3, period="month", region="4203", hours=0):
        at = made + dt.timedelta(hours=hours)
        return Briefing(number, dt.date(2025, month, 1), region, kind, "", at, "李", period)

    found = by_period(
        [
            *(file(1, "docx"), file(2, "html"), file(3, "docx"), file(4, "pdf", hours=2)),
            *(file(5, "docx", 2), file(6, "docx", 1, "year"), file(7, "docx", region="4204")),
            file(8, "html", hours=1),
        ]
    )
    assert [(one.label, one.region, [file.id for file in one.files], one.earlier)
            for one in found] == [
        ("2025-03", "4204", [7], 0), ("2025-03", "4203", [8, 3, 4], 2),
        ("2025-02", "4203", [5], 0), ("2025", "4203", [6], 0),
    ]  # fmt: skip
    # Numbers count and not times: the clock was set back before file 8.
    assert found[1].newest.id == 8


def test_without_a_register_nothing_is_said_of_several_alerts():
    """Of what is not on the list, neither contractors nor owners are known."""
    texts, tables, _ = written(add_key_projects, facts_with([row(1), row(2)], complete=False))
    assert "没有两个以上项目" not in said(texts)
    assert said(texts).count("情况不明") == 2
    assert len(tables) == 1


def test_workers_and_wages_that_no_record_gives_are_unknown_in_sums():
    """Of A the workers of one project are known, and that it owes nothing; of B nothing is."""
    rows = [row(n, contractor_id=key, workers=workers)
            for n, (key, workers) in enumerate((("A", 5), ("A", None), ("B", None), ("B", None)))
            ]  # fmt: skip
    facts = facts_with(rows, owed=Owed([], (), frozenset({"P0"})))
    _, (_, table), _ = written(add_key_projects, facts)
    assert [one[4:] for one in table.rows] == [(5, Decimal("0.00")), (None, None)]
    assert table.total[4:] == (5, Decimal("0.00"))
    nothing = replace(facts, owed=Owed([], ()))
    assert [one[4:] for one in written(add_key_projects, nothing)[1][1].rows] == [(5,), (None,)]


def test_the_chart_of_places_is_left_out_where_no_project_is_alerted():
    blue = [row(1, "blue"), row(2, "blue", "990122001")]
    assert written(add_alerts, facts_with(blue))[2] == []
    assert len(written(add_alerts, facts_with([*blue, row(3, "yellow")]))[2]) == 1


@pytest.mark.parametrize("visited", [0, 1])
def test_visits_to_the_last_list_are_unknown_without_any_data_of_visits(visited):
    last = ScoredList(document([row(1), row(2)]), [], MARCH.start)
    done = VisitResults(visited, 0, Total(), Total())
    facts = facts_with([], previous=last, visit_results=done, silent_tables=("inspections",))
    text = said(written(add_visits, facts)[0])
    assert ("是否已检查不明" in text) is (visited == 0)
    assert ("尚未检查1个" in text) is (visited == 1)


@pytest.mark.parametrize(("visited", "unknown"), [(0, True), (1, False)])
def test_visits_of_a_year_without_any_data_are_unknown(visited, unknown):
    listed = ListedInYear(3, 8, visited, 0)
    silent = ("inspections",)
    year = facts_with([], period=year_of(2025), lists_of_year=listed, silent_tables=silent)
    text = said(one for one in compose_yearly(year, "zh").blocks if _is_text(one))
    assert ("是否已检查不明" in text) is unknown
    assert ("应当补查" in text) is ("没有检查记录" in text) is not unknown


@pytest.mark.parametrize("known", [False, True])
def test_revisits_are_unknown_without_any_case(known):
    facts = facts_with([])
    facts = replace(facts, statistics=period_of(facts, begun=known))
    text = said(written(add_visits, facts)[0])
    assert ("没有结案满30日" in text) is known
    assert ("应当回头看的案件不明" in text) is not known


def test_rates_of_which_an_office_uses_none_are_not_summed_up():
    """What is known are notice boards, which this office leaves out."""
    months = {MARCH.start: {"notice_board": Rate(9, 20)}}
    by_place = {("990121", month): rates for month, rates in months.items()}
    settings = Settings(indicators=IndicatorSettings(rates=("deposit",)))
    texts, tables, charts = written(
        add_rates, facts_with([], rates=Rates(months, by_place), settings=settings)
    )
    assert said(texts) == "现有数据不足以测算八项落实率。"
    assert (tables, charts) == ([], [])


def test_what_did_not_happen_has_no_people_and_no_amounts():
    facts = facts_with([row(1)])
    nothing = period_of(facts)
    facts = replace(facts, statistics=nothing, year_to_date=nothing)
    text = said(written(add_cases, facts)[0])
    assert "没有办结案件；期末未结0件。今年以来累计立案0件，没有办结案件。" in text
    assert "没有对在建项目开展检查。" in text
    assert not re.search("涉及0人|0.00万元", text)
    clean = replace(nothing, visits=VisitStatistics(3, 2, 0, 1))
    text = said(written(add_cases, replace(facts, statistics=clean))[0])
    assert "开展检查3次，检查项目2个，未发现欠薪。" in text


def test_a_year_in_which_nothing_happened_has_no_people_and_no_amounts():
    year = facts_with([], period=year_of(2025), lists_of_year=None)
    year = replace(year, statistics=period_of(year), statistics_year_ago=period_of(year))
    text = said(one for one in compose_yearly(year, "zh").blocks if _is_text(one))
    assert "全年立案0件，没有办结案件。全年没有对在建项目开展检查。" in text
    assert not re.search("涉及0人|0.00万元", text)


def test_projects_whose_funding_is_unknown_are_no_others():
    year = facts_with([], period=year_of(2025), lists_of_year=None)
    visits = VisitStatistics(9, 8, 2, 5, without_funding=2)
    year = replace(year, statistics=replace(period_of(year), visits=visits))
    text = said(one for one in compose_yearly(year, "zh").blocks if _is_text(one))
    assert "其中政府投资项目5个、其他项目1个、未填投资性质的2个；" in text


def test_nothing_owed_is_compared_with_what_was_owed_before():
    before = Owed([OwingProject("P1", "北桥", None, 1, 50_000_00, 3, 9)], ())
    facts = facts_with([], owed=Owed([], ()), owed_before=before)
    first = next(one for one in compose_monthly(facts, "zh").blocks if _is_text(one))
    assert first.text == (
        "据已报送的工资表和发放记录，截至2025年3月31日，全辖区在建项目没有超过次月底仍未付足的工资。"
        "上期末为1个项目、5.00万元。"
    )


def test_workers_of_owing_projects_that_no_record_gives_are_not_zero():
    owed = Owed([OwingProject("P1", "北桥", None, 1, 50_000_00, None, 9)], ())
    made = compose_monthly(facts_with([], owed=owed), "zh")
    first = next(one for one in made.blocks if _is_text(one))
    assert "账面共欠5.00万元，涉及人数不详。" in first.text
    assert "owed_workers" not in made.figures


def test_a_period_before_in_which_nothing_became_known_is_unknown(world, database):
    """Complaints of January 2024 and March 2025 are known, none became known in between."""
    world.project()
    for number, day in enumerate(("2024-01-10", "2025-03-10")):
        world.add("complaints", complaint_id=f"T{number}", project_id="P1", received_on=day,
                  known_at=day)  # fmt: skip
    found = collect_facts(world.store, database, Settings(), MARCH, "")
    texts, tables, _ = written(add_cases, found)
    assert "受理投诉举报1件（上年同期无数据，不作同比）" in said(texts)
    compared = next(one for one in tables if one.caption == "主要数量对比")
    assert compared.rows[0] == ("受理投诉（件）", 1)


def test_wages_of_which_nothing_became_known_are_those_reported_before():
    owed = Owed([OwingProject("P1", "北桥", None, 1, 50_000_00, 3, 9)], ())
    for found, said_before in ((owed, "上期末没有此类项目。"), (Owed([], ()), "")):
        facts = facts_with([], owed=found, owed_before=Owed([], ()), silent_wages=("payments",))
        made = compose_monthly(facts, "zh")
        first = next(one for one in made.blocks if _is_text(one)).text
        stale = "近一个月没有工资发放数据入库，以上仅为此前已报送的情况，现况不明。"
        assert stale + said_before in first
        assert ("没有此类项目" in first) is bool(said_before)
        assert any("部分数据没有报送" in one.text for one in made.blocks if _is_text(one))
