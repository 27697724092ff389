"""Wages owed on the books, worked out by hand, and the sentences a briefing opens with."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from serving.briefings.breakdown import NO_BREAKDOWN
from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import ListedInYear
from serving.briefings.owed import Owed, OwingProject, _most_frequent, wages_owed
from serving.briefings.period import month_of, year_of
from serving.briefings.statistics import (
    CaseStatistics,
    ComplaintStatistics,
    Total,
    VisitResults,
    VisitStatistics,
    tables_not_begun,
)
from serving.documents.model import Heading, Paragraph, Table
from serving.settings import BriefingSettings, Settings

from .test_many_worlds import make_facts

APRIL = dt.date(2025, 4, 1)
OWED = Owed(
    [
        OwingProject("P2", "北桥", "甲公司", 2, 30_000_00, 8, 50, whole_month=True),
        OwingProject("P1", "南桥", None, months=1, fen=6_000_00, workers=None, late_days=12),
    ],
    [("labour_cost_overdue", 3), ("paid_in_cash", 1)],
)


@pytest.fixture
def books(world):
    """January's wages: P1 lacks 6,000 of 10,000 yuan, P2 all of 30,000, P3 and P4 nothing."""
    for key, region in (("P1", "420301"), ("P2", "420301"), ("P3", "420301"), ("P4", "420401")):
        world.project(key, region_code=f"{region}101", project_name=f"工程{key}",
                      contractor_id=f"C-{key}", owner_id="O")  # fmt: skip
    for org in ("C-P1", "O"):
        world.add("organizations", org_id=org, org_name=f"单位{org}", known_at="2024-01-01")
    world.payroll("R1", "2025-02-10", period="2025-01-01")
    world.payroll(
        "R2", "2025-02-10", period="2025-01-01", project_id="P2", amount_due=30_000_00, workers=8
    )
    for key in ("P3", "P4"):
        world.payroll(f"R{key}", "2025-01-10", period="2024-12-01", project_id=key)
        for day, amount in (("2025-01-10", 9_000_00), ("2025-03-20", 1_000_00)):
            world.payment(f"R{key}", day, amount)
    world.payment("R1", "2025-02-10", 4_000_00)
    return world.store


def test_wages_owed_are_those_unpaid_past_the_end_of_the_next_month(books):
    owed = wages_owed(books, APRIL, "", with_causes=True)
    # From 10 February to 1 April: 18 + 31 + 1 days.
    assert [(p.project_id, p.fen, p.workers, p.late_days) for p in owed.projects] == [
        ("P2", 30_000_00, 8, 50),
        ("P1", 6_000_00, 5, 50),
    ]
    assert (owed.fen, owed.workers) == (36_000_00, Total(13, 2))
    # Of the contractor of P2 only the code is known.
    assert [(p.name, p.contractor) for p in owed.projects] == [
        ("工程P2", None),
        ("工程P1", "单位C-P1"),
    ]
    # P1 lacks 60 % of a month. What is owed is not named a cause of itself.
    assert [project.whole_month for project in owed.projects] == [True, False]
    assert "wages_partly_paid" not in dict(owed.causes)
    assert wages_owed(books, APRIL, "4204", with_causes=True).projects == []


def test_causes_come_by_their_number_and_then_by_code():
    found = _most_frequent({"paid_in_cash": 2, "wages_late": 1, "labour_cost_overdue": 2})
    assert found == [("labour_cost_overdue", 2), ("paid_in_cash", 2), ("wages_late", 1)]


def test_wages_owed_are_unknown_without_payments_of_the_region_by_then(world):
    """Payments come since 5 March, and only of county 420300."""
    world.project()
    world.project("P2", region_code="420401101")
    world.payroll("R1", "2025-02-10")
    world.payroll("R2", "2025-02-10", project_id="P2")
    assert wages_owed(world.store, APRIL, "", with_causes=True) is None
    world.payment("R1", "2025-03-05", 1)
    first = dt.date(2025, 3, 5)
    known = {
        (region, day): wages_owed(world.store, day, region, with_causes=False) is not None
        for region in ("", "4203", "4204")
        for day in (first, first + dt.timedelta(days=1))
    }
    assert [key for key, is_known in known.items() if is_known] == [
        ("", dt.date(2025, 3, 6)),
        ("4203", dt.date(2025, 3, 6)),
    ]


@pytest.fixture
def facts():
    known = make_facts(7, month_of(dt.date(2025, 3, 1)), 20)
    listed = replace(known.current, complete=True)
    return replace(
        known,
        current=listed,
        owed=OWED,
        owed_before=None,
        silent_tables=(),
        breakdown=NO_BREAKDOWN,
    )


def _said(made):
    return [block.text for block in made.blocks if isinstance(block, Paragraph)]


def test_first_paragraph_names_amount_people_worst_problem_and_deadline(facts):
    listed = len(facts.current.document["entries"])
    first = _said(compose_monthly(facts, "zh"))[0]
    assert first == (
        "截至2025年3月31日，全辖区有2个在建项目的工资过了次月底仍未付足"
        "（其中1个有班组整月未付或欠付合计达一个月工资），账面共欠3.60万元，"
        "涉及8人（另有1个项目人数不详）。欠付最多的是北桥（甲公司），欠3.00万元，最长逾期50天。"
        "支付和资金方面，记录反映最多的问题是“人工费逾期未拨付”，涉及3个项目，待核实。"
        f"本期预警名单{listed}个项目应于2025年5月1日前逐一核查，经查实的，督促限期付清。"
    )
    assert "36,000 yuan on the books, owed to 8 workers" in _said(compose_monthly(facts, "en"))[0]


def test_the_worst_project_is_named_by_its_code_where_its_name_is_unknown(facts):
    nameless = replace(OWED.projects[0], name=None, contractor=None)
    made = replace(facts, owed=Owed([nameless], OWED.causes))
    assert "欠付最多的是P2（总承包单位不详），" in _said(compose_monthly(made, "zh"))[0]


@pytest.mark.parametrize(
    ("form", "title", "closing"),
    [
        ("circular", "关于2025年3月农民工工资支付风险研判情况的通报", "特此通报。"),
        ("report", "关于2025年3月农民工工资支付风险研判情况的报告", "特此报告。"),
        ("bulletin", "2025年3月农民工工资支付风险专报", "专此报告。"),
        ("letter", "关于2025年3月农民工工资支付风险研判情况的函", "特此函告。"),
    ],
)
def test_form_decides_title_and_closing(facts, form, title, closing):
    made = compose_monthly(
        replace(facts, settings=Settings(briefing=BriefingSettings(form=form))), "zh"
    )
    assert (made.title, _said(made)[-1]) == (title, closing)


def test_each_percentage_follows_its_own_figure(facts):
    def statistics(opened, owed, recovered):
        return replace(
            facts.statistics,
            cases=CaseStatistics(
                opened, 0, 20, 0, 3, Total(), Total(owed, opened), Total(), Total(recovered, 20)
            ),
            complaints=ComplaintStatistics(0, 0),
            silent=frozenset(),
        )

    made = replace(
        facts,
        statistics=statistics(30, 3_000_000_00, 90_000_00),
        statistics_year_ago=statistics(20, 4_000_000_00, 90_000_00),
    )
    said = "".join(_said(compose_monthly(made, "zh")))
    assert "立案30件（同比上升50.0%），涉及0人，拖欠金额300.00万元（同比下降25.0%）。" in said
    assert "追回工资9.00万元（与上年同期持平）" in said
    assert "未受理投诉举报（上年同期亦无）" in said


def test_numbers_left_empty_in_records_are_not_zero(facts):
    cases = CaseStatistics(
        2, 0, 1, 0, 3, Total(7, 2, 1), Total(0, 2, 2), Total(0, 1, 1), Total(60_000_00, 1)
    )
    nothing = frozenset({"cases", "complaints", "inspections"})
    made = replace(
        facts,
        statistics=replace(facts.statistics, cases=cases),
        statistics_before=replace(facts.statistics_before, silent=frozenset()),
        statistics_year_ago=replace(facts.statistics_year_ago, silent=nothing),
    )
    paper = compose_monthly(made, "zh")
    said = "".join(_said(paper))
    assert (
        "立案2件（上年同期无数据，不作同比），涉及7人（另1件未填人数），拖欠金额未填。"
        "办结1件，涉及人数未填，追回工资6.00万元；期末未结3件。"
    ) in said
    table = next(b for b in paper.blocks if isinstance(b, Table) and b.caption == "主要数量对比")
    assert table.headers == ("项目", "本期", "上期")
    assert table.rows[4][:2] == ("办结涉及（人）", None)


def test_feeds_that_begin_later_are_known_not_to_have_begun(world):
    world.project()
    world.add("cases", case_id="A", opened_on="2025-03-05", status="filed", known_at="2025-03-06")
    tables = ("cases", "complaints")
    assert tables_not_begun(world.store, dt.date(2025, 3, 6), tables) == {"cases", "complaints"}
    assert tables_not_begun(world.store, dt.date(2025, 3, 7), tables) == {"complaints"}


def test_year_opens_with_its_results_and_ends_with_advice_for_the_next(facts):
    def statistics(closed, recovered):
        return replace(
            facts.statistics,
            cases=CaseStatistics(closed, 0, closed, 0, 4, recovered=Total(recovered, closed)),
            visits=VisitStatistics(33, 30, 5, 21),
            complaints=ComplaintStatistics(3, 2),
            silent=frozenset(),
        )

    made = replace(
        facts,
        period=year_of(2025),
        statistics=statistics(70, 28_280_000_00),
        statistics_year_ago=statistics(60, 9_000_000_00),
        lists_of_year=ListedInYear(12, 40, 25, 6),
        matters_by_unit=(),
    )
    paper = compose_yearly(made, "zh")
    first = _said(paper)[0]
    assert first.startswith(
        "全年立案70件，办结70件，涉及0人，追回工资2828.00万元。上年办结60件，追回工资900.00万元。"
        "全年开展检查33次，检查项目30个，发现欠薪项目5个。截至2025年12月31日，"
    )
    assert paper.figures["recovered"] == Decimal("2828.00")
    start = next(
        n for n, b in enumerate(paper.blocks) if isinstance(b, Heading) and "打算" in b.text
    )
    assert (
        "1．年末账面欠付工资的项目2个，共欠3.60万元。2．支付和资金方面“人工费逾期未拨付”较为突出，"
        "记录反映3个项目存在，待核实。"
    ) in "".join(_said(paper))
    advice = [b.text for b in paper.blocks[start + 1 :]]
    # The eve of Spring Festival 2026 is 16 February.
    assert advice[0].startswith("1．账面欠付工资的2个项目，应逐一核实、督促付清")
    assert "2026年2月16日前" in advice[0]
    assert "年末未结案件4件" in advice[1]
    assert "没有检查记录的15个项目" in advice[2]


@pytest.mark.parametrize(
    ("visited", "found", "said"),
    [
        (2, 1, "上期名单{n}个项目已检查2个，发现欠薪1个，尚未检查{left}个。本期"),
        (None, 3, "上期名单{n}个项目已全部检查，发现欠薪3个。本期"),
        (0, 0, "上期名单{n}个项目尚无检查记录。本期"),
    ],
)
def test_first_paragraph_says_what_became_of_the_previous_list(facts, visited, found, said):
    n = len(facts.current.document["entries"])
    visited = n if visited is None else visited
    done = VisitResults(visited, found, Total.of([5] * found), Total.of([100_00] * found))
    made = replace(facts, previous=facts.current, visit_results=done)
    assert said.format(n=n, left=n - visited) in _said(compose_monthly(made, "zh"))[0]


def test_first_paragraph_names_no_visits_where_none_are_reported(facts):
    done = VisitResults(0, 0, Total(), Total())
    made = replace(
        facts, previous=facts.current, visit_results=done, silent_tables=("inspections",)
    )
    assert "上期名单" not in _said(compose_monthly(made, "zh"))[0]


def test_red_and_orange_projects_without_a_place_on_the_list_are_counted(facts):
    row = facts.current.projects[0]
    others = [{**row, "project_id": f"X{tier}", "tier": tier} for tier in ("red", "orange", "blue")]
    made = replace(facts, current=replace(facts.current, projects=others))
    said = "另有红色、橙色项目2个未列入本期名单，可结合日常巡查核实。"
    assert said in _said(compose_monthly(made, "zh"))
    only = replace(facts, current=replace(facts.current, projects=others[2:]))
    assert not [one for one in _said(compose_monthly(only, "zh")) if "未列入本期名单" in one]
