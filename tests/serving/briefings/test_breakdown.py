"""A month of complaints, cases, disputes and visits, counted on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.briefings.breakdown import Breakdown, Coverage, Group, breakdown
from serving.briefings.figures import briefing_figures
from serving.briefings.period import month_of, year_of
from serving.briefings.repository import Briefing, insert_briefing
from serving.briefings.sections.breakdowns import (
    add_channels,
    add_coverage,
    add_disputes,
    add_employers,
)
from serving.briefings.statistics import Total, case_statistics, complaint_statistics
from serving.documents.builder import DocumentBuilder
from serving.documents.model import Paragraph, Table

from .test_many_worlds import make_facts

MARCH = month_of(dt.date(2025, 3, 1))

COMPLAINTS = (
    # id, day, channel, project, workers, yuan claimed, cause, guided on
    ("K1", "2025-03-01", "hotline_12345", "P1", 10, 50_000, "wages", None),
    ("K2", "2025-03-04", "hotline_12345", None, 2, 8_000, None, None),
    ("K3", "2025-03-05", "hotline_12333", "P1", 3, None, None, None),
    ("K4", "2025-03-09", "visit", "P2", None, 6_000, "wages", "2025-03-12"),
    ("K5", "2025-03-31", None, None, 1, 2_000, None, None),
    # Three disputes over other money; of the last one, only its case says so.
    ("K6", "2025-03-10", "visit", "P1", 1, 300_000, "project_payment", "2025-03-20"),
    ("K7", "2025-03-11", "online", "P2", 6, 90_000, "labour_fee", None),
    ("K8", "2025-03-12", "petition", "P2", 4, 20_000, "wages", None),
    # A day before and a day after the month, and the same month of the year before.
    ("K9", "2025-02-28", "visit", "P1", 9, 9_000, None, None),
    ("K10", "2025-04-01", "visit", "P1", 9, 9_000, None, None),
    ("K11", "2024-03-15", "hotline_12345", "P1", 9, 9_000, None, None),
    ("K12", "2024-03-16", "petition", "P1", 9, 9_000, None, None),
)
CASES = (
    # id, day, project, unit, complaint, workers, yuan owed, cause, guided on
    ("F1", "2025-03-02", "P1", "GC", "K1", 10, 50_000, "wages", None),
    ("F2", "2025-03-03", "P1", None, None, 4, 16_000, None, None),
    ("F3", "2025-03-05", "P2", "LS", None, 6, None, None, None),
    ("F4", "2025-03-06", None, "92420301MA4SHOP001", None, 1, 3_000, None, None),
    ("F5", "2025-03-08", None, "91420301MA4PLANT01", None, 20, 90_000, None, None),
    ("F6", "2025-03-13", "P2", None, "K8", 4, 20_000, "labour_fee", "2025-03-30"),
    ("F7", "2025-03-14", "P2", None, None, 2, 70_000, "other", "2025-04-02"),
    ("F8", "2024-03-20", "P1", "GC", None, 5, 5_000, None, None),
    ("F9", "2025-02-28", "P1", "GC", None, 50, 50_000, None, None),
    ("F10", "2025-02-28", "P1", None, None, 60, 60_000, "other", None),
    ("F11", "2025-04-01", "P1", None, None, 70, 70_000, "other", None),
)
VISITS = (
    ("I1", "P1", "2025-03-03", 80, 60),
    ("I2", "P1", "2025-03-17", 86, 50),  # the same workers and contracts a fortnight later
    ("I3", "P2", "2025-03-18", 40, None),
    ("I4", "91420301MA4PLANT01", "2025-03-19", 120, 110),
    ("I5", "P2", "2025-04-01", 500, 500),
    ("I6", "P1", "2025-02-28", 700, 700),
    ("I7", "nobody", "2025-03-20", 900, 900),  # neither a project nor an employer on record
)


@pytest.fixture
def month(world):
    for key in ("P1", "P2"):
        world.project(key)
    for org_id, kind in (("GC", "general_contractor"), ("LS", "labour_subcontractor"),
                         ("92420301MA4SHOP001", "employer"),
                         ("91420301MA4PLANT01", "employer")):  # fmt: skip
        world.add("organizations", org_id=org_id, org_name=org_id, org_kind=kind,
                  known_at="2024-01-01")  # fmt: skip
    for key, day, channel, project, workers, yuan, cause, guided in COMPLAINTS:
        world.add("complaints", complaint_id=key, received_on=day, channel=channel,
                  project_id=project, workers=workers, cause=cause, guided_on=guided,
                  amount_claimed=None if yuan is None else yuan * 100, known_at=day)  # fmt: skip
    for key, day, project, org, complaint, workers, yuan, cause, guided in CASES:
        world.add("cases", case_id=key, opened_on=day, project_id=project, org_id=org,
                  complaint_id=complaint, workers=workers, cause=cause, guided_on=guided,
                  amount_owed=None if yuan is None else yuan * 100, status="filed",
                  known_at=day)  # fmt: skip
    for key, project, day, workers, contracts in VISITS:
        world.add("inspections", inspection_id=key, project_id=project, inspected_on=day,
                  kind="special", arrears_found=False, workers_covered=workers,
                  contracts_seen=contracts, known_at=day)  # fmt: skip
    return world.store


def test_counts_of_the_month(month):
    found = breakdown(month, MARCH, "")
    assert found.channels == {"hotline_12345": 2, "hotline_12333": 1, "visit": 1, "": 1}
    assert found.employers == {
        "general_contractor": Group(1, Total(10, 1), Total(50_000_00, 1)),
        "site_unnamed": Group(1, Total(4, 1), Total(16_000_00, 1)),
        "labour_subcontractor": Group(1, Total(6, 1), Total(0, 1, 1)),
        "individual": Group(1, Total(1, 1), Total(3_000_00, 1)),
        "enterprise": Group(1, Total(20, 1), Total(90_000_00, 1)),
    }
    assert found.construction == 3
    assert found.disputes == {
        "project_payment": Group(1, Total(1, 1), Total(300_000_00, 1), guided=1),
        "labour_fee": Group(2, Total(10, 2), Total(110_000_00, 2), guided=1),
        # Guided only in April.
        "other": Group(1, Total(2, 1), Total(70_000_00, 1)),
    }
    assert found.coverage == Coverage(2, 1, Total(86 + 40 + 120, 3), Total(60 + 110, 3, 1))
    # K2, K3, K5; F2 to F5, each without a complaint.
    assert found.without_cause == 7


def test_units_in_construction_count_by_their_kind(world):
    world.project()
    for unit, kind in (("O", "owner"), ("S", "subcontractor"), ("E", "employer")):
        world.add("organizations", org_id=unit, org_kind=kind, known_at="2024-01-01")
        world.add("cases", case_id=unit, opened_on="2025-03-31", org_id=unit, status="filed",
                  known_at="2025-03-31")  # fmt: skip
    found = breakdown(world.store, MARCH, "")
    assert {kind: one.count for kind, one in found.employers.items()} == {
        "owner": 1, "subcontractor": 1, "other_employer": 1,
    }  # fmt: skip
    assert found.construction == 2
    assert found.without_cause is None


def test_a_complaint_is_a_dispute_where_all_its_cases_are(world):
    """Of several causes the first by name counts, and of several days the first."""
    world.project()
    cases = {
        "two": (("other", "2025-04-05"), ("labour_fee", "2025-03-10")),
        "mixed": (("other", None), ("wages", None)),
        "unsaid": (("other", None), (None, None)),
        "one": (("other", None),),
        "late": (("project_payment", "2025-04-01"),),
    }
    for key, found in cases.items():
        world.add("complaints", complaint_id=key, received_on="2025-03-01", project_id="P1",
                  known_at="2025-03-01")  # fmt: skip
        for number, (cause, guided) in enumerate(found):
            world.add("cases", case_id=f"{key}{number}", complaint_id=key, cause=cause,
                      opened_on="2025-03-31", guided_on=guided, status="filed",
                      known_at="2025-03-31")  # fmt: skip
    nothing = Total(0, 1, 1)
    assert breakdown(world.store, MARCH, "").disputes == {
        "labour_fee": Group(1, nothing, nothing, guided=1),
        "other": Group(1, nothing, nothing),
        "project_payment": Group(1, nothing, nothing),
    }
    # Two that are equal in all but their codes are two.
    for key in ("same", "again"):
        world.add("cases", case_id=key, opened_on="2025-03-05", project_id="P1", cause="other",
                  status="filed", known_at="2025-03-05")  # fmt: skip
    assert breakdown(world.store, MARCH, "").disputes["other"].count == 3


def test_coverage_is_recorded_where_any_visit_says_workers_or_contracts():
    said, unsaid = Total(5, 2, 1), Total(0, 2, 2)
    assert [Coverage(1, 1, *pair).is_recorded for pair in (
        (said, unsaid), (unsaid, said), (unsaid, unsaid), (Total(), Total()),
    )] == [True, True, False, False]  # fmt: skip
    assert Coverage(2, 3).units == 5
    assert Coverage() == Coverage(0, 0, Total(), Total())
    assert Group() == Group(0, Total(), Total(), 0)


def test_disputes_are_in_no_other_figure(month):
    complaints = complaint_statistics(month, MARCH, "")
    assert (complaints.received, complaints.unnamed) == (5, 2)
    assert complaints.claimed == Total(66_000_00, 5, 1)
    cases = case_statistics(month, MARCH, "")
    assert (cases.opened, cases.owed) == (5, Total(159_000_00, 5, 1))


def test_breakdown_of_a_region_counts_what_has_a_place_there(month, world):
    here = breakdown(month, MARCH, "4203")
    assert sum(here.channels.values()) == 3
    assert set(here.employers) == {"general_contractor", "site_unnamed", "labour_subcontractor"}
    # The code of the plant visited is of 420301.
    assert here.coverage == Coverage(2, 1, Total(246, 3), Total(170, 3, 1))
    assert here.without_cause == 3  # K3, F2 and F3
    assert breakdown(month, MARCH, "4299") == Breakdown()
    # A unit that is no enterprise, in another city; its code does not say where it is.
    world.add("organizations", org_id="1142030100000000XX", org_name="乙", region_code="429901",
              known_at="2024-01-01")  # fmt: skip
    for key, cause, complaint in (("F20", None, None), ("F21", "other", "K-none"),
                                  ("F22", "labour_fee", "K1")):  # fmt: skip
        world.add("cases", case_id=key, opened_on="2025-03-08", org_id="1142030100000000XX",
                  status="filed", cause=cause, complaint_id=complaint, workers=3,
                  known_at="2025-03-08")  # fmt: skip
    world.add("inspections", inspection_id="I20", project_id="1142030100000000XX",
              inspected_on="2025-03-31", arrears_found=False, known_at="2025-03-31")  # fmt: skip
    there = breakdown(month, MARCH, "4299")
    # F21 names a complaint that is not on record; F22 is counted as its complaint, K1.
    assert there.employers == {"other_employer": Group(1, Total(3, 1), Total(0, 1, 1))}
    assert there.disputes == {"other": Group(1, Total(3, 1), Total(0, 1, 1))}
    assert there.coverage == Coverage(0, 1, Total(0, 1, 1), Total(0, 1, 1))
    assert there.without_cause == 1


def test_nothing_is_counted_before_it_was_known(month, world):
    world.add("cases", case_id="F1", opened_on="2025-03-02", project_id="P1", org_id="GC",
              complaint_id="K1", workers=10, cause="project_payment", status="filed",
              known_at="2025-04-01")  # fmt: skip
    assert breakdown(month, MARCH, "").disputes.keys() == {"project_payment", "labour_fee", "other"}
    assert breakdown(month, MARCH, "").disputes["project_payment"].count == 1
    assert breakdown(month, year_of(2025), "").disputes["project_payment"].count == 2


def _facts(month):
    facts = replace(
        make_facts(1, MARCH, 2),
        breakdown=breakdown(month, MARCH, ""),
        breakdown_year_ago=breakdown(month, MARCH.year_before(), ""),
    )
    begun = replace(facts.statistics_year_ago, silent=frozenset())
    return replace(facts, statistics_year_ago=begun)


def _builder(month, language="zh"):
    builder, facts = DocumentBuilder(language, {}), _facts(month)
    for add in (add_channels, add_employers, add_disputes, add_coverage):
        add(builder, facts)
    return builder


def test_sections_say_what_was_counted(month):
    builder = _builder(month)
    texts = [block.text for block in builder.blocks if isinstance(block, Paragraph)]
    assert texts == [
        "立案案件按用人单位分：工程建设领域3件（占60.0%）、个体工商户1件（占20.0%）、"
        "企业1件（占20.0%）。",
        "另有工程款、劳务费等非工资纠纷4件（工程款1件、劳务费2件、其他1件），涉及13人，"
        "金额48.00万元，不属拖欠工资，未计入以上数据；其中已引导通过协商、仲裁、诉讼等途径"
        "解决2件。",
        "未填案由的7件按拖欠工资统计。",
        "检查覆盖3家（在建项目2个、其他用人单位1家），涉及劳动者246人，"
        "查验劳动合同170份（另1家未填份数）。",
    ]
    channels, employers = (block for block in builder.blocks if isinstance(block, Table))
    assert channels.headers == ("渠道", "本期", "上年同期", "增减")
    assert channels.rows == (
        ("12333热线", 1, 0, 1),
        ("12345热线", 2, 1, 1),
        ("来访", 1, 0, 1),
        ("信访", 0, 1, -1),
        ("未填渠道", 1, 0, 1),
    )
    assert channels.total == ("合计", 5, 2, 3)
    assert (channels.summed_columns, channels.named_totals) == ((1, 2, 3), ((1, "complaints"),))
    assert employers.rows[0] == ("施工总承包单位", 1, "20.0%", 10, 5, 1)
    assert employers.rows[1][:5] == ("劳务分包单位", 1, "20.0%", 6, None)


@pytest.mark.parametrize(("kinds", "tables"), [(1, 0), (2, 1), (3, 1)])
def test_kinds_of_employers_have_a_table_from_two_kinds_on(kinds, tables):
    names = ("owner", "individual", "enterprise")[:kinds]
    found = Breakdown(employers={name: Group(1) for name in names})
    builder = DocumentBuilder("zh", {})
    add_employers(builder, replace(make_facts(1, MARCH, 2), breakdown=found))
    made = [block for block in builder.blocks if isinstance(block, Table)]
    assert len(made) == tables
    assert all(len(one.rows) == kinds for one in made)


def test_channels_are_summed_without_a_year_before_that_is_unknown():
    before = replace(make_facts(1, MARCH, 2).statistics_year_ago, silent={"complaints"})
    found = replace(
        make_facts(1, MARCH, 2),
        breakdown=Breakdown(channels={"visit": 2, "online": 3}),
        statistics_year_ago=before,
    )
    builder = DocumentBuilder("zh", {})
    add_channels(builder, found)
    (table,) = builder.blocks
    assert (table.total[:2], table.summed_columns) == (("合计", 5), (1,))


def test_sections_in_english(month):
    blocks = _builder(month, "en").blocks
    assert blocks[1].text == (
        "Cases opened by employer: construction 3 (60.0%), individual businesses 1 (20.0%), "
        "enterprises 1 (20.0%)."
    )
    assert blocks[0].rows[0] == ("Hotline 12333", 1, 0, 1)


def test_counts_nobody_recorded_are_left_out(world):
    world.project()
    world.add("inspections", inspection_id="I1", project_id="P1", inspected_on="2025-03-03",
              arrears_found=False, known_at="2025-03-03")  # fmt: skip
    found = breakdown(world.store, MARCH, "")
    assert not found.coverage.is_recorded
    assert found.without_cause is None
    assert _builder(world.store).blocks == []


def test_figures_over_the_api_are_those_of_the_tables(month, database, client, token):
    figures = briefing_figures(_facts(month))
    stored = Briefing(0, MARCH.start, "990102", "html", "", dt.datetime.now(dt.UTC), "李")
    insert_briefing(database.engine, stored, b"<p/>")
    address, reader = "/v1/briefings/1/figures", token("supervisor", "9901")
    missing = client.get(address, headers=reader)
    assert (missing.status_code, missing.json()["code"]) == (404, "briefing_figures_unknown")
    insert_briefing(database.engine, stored, b"<p/>", replace(figures, region="990102"))
    # Of two makings of the same content the first figures stay.
    insert_briefing(database.engine, stored, b"<p/>", replace(figures, channels=()))
    found = client.get(address, headers=reader).json()
    assert [tuple(one.values()) for one in found["channels"]] == [
        ("hotline_12333", 1, 0),
        ("hotline_12345", 2, 1),
        ("visit", 1, 0),
        ("petition", 0, 1),
        ("", 1, 0),
    ]
    assert found["employers"][:2] == [
        {"employer": "general_contractor", "cases": 1, "workers": 10, "amount_owed": 50_000_00,
         "year_before": 1},
        {"employer": "labour_subcontractor", "cases": 1, "workers": 6, "amount_owed": None,
         "year_before": 0},
    ]  # fmt: skip
    assert [(one["cause"], one["disputes"], one["guided"]) for one in found["causes"]] == [
        ("project_payment", 1, 1), ("labour_fee", 2, 1), ("other", 1, 0),
    ]  # fmt: skip
    assert found["coverage"] == {"projects": 2, "employers": 1, "workers": 246, "contracts": 170}
    assert (found["without_cause"], found["start"], found["stop"]) == (
        7,
        "2025-03-01",
        "2025-04-01",
    )
    assert client.get(address, headers=token("supervisor", "9999")).status_code == 404
