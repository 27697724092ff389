"""Campaigns: who is in scope, how far the sweep is, what stands against zero; one set of sums."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from risk.flags import Grade
from risk.locale import LANGUAGES
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.campaigns.plans import CampaignUnknown, get_plan, list_plans, winter_dates
from serving.campaigns.queries import read_status
from serving.campaigns.report import campaign_report
from serving.campaigns.status import VisitDates, compute_status
from serving.campaigns.texts import scope_text
from serving.campaigns.xlsx import campaign_xlsx
from serving.documents.consistency import InconsistentDocument, require_consistent
from serving.documents.formats import RENDERERS
from serving.settings import CampaignPlan, Settings, load_settings

from ..matters.builders import JUNE, closed_case, matter, project, publish_register

NOW = dt.datetime(2025, 6, 20, 9, tzinfo=dt.UTC)
ON = dt.date(2025, 6, 20)
PLAN = CampaignPlan(
    name="summer",
    title="夏季行动",
    start=dt.date(2025, 5, 1),
    stop=dt.date(2025, 7, 1),
    zero=("government_matters", "state_owned_matters", "old_cases", "group_matters"),
)
NO_VISITS = VisitDates({}, {})
PROJECTS = [
    project(1, last_inspected_on="2025-05-10", last_found_on="2025-05-10", tier="red"),
    project(2, last_inspected_on="2025-04-30", funding="government", flags=["wages_overdue"]),
    project(3, sector="water", region_code="990103", flags=["group_complaint_open"]),
    project(4, sector=None, funding=None, flags=["account_missing"]),
]
MATTERS = [
    matter("case:OLD", workers=50),
    matter("case:NEW", opened_on="2025-05-05", funding="private", workers=9),
    matter("complaint:T", "complaint", opened_on="2025-05-20", funding=None, workers=None),
    matter("case:E", project_id=None, org_id="O", funding=None, sector=None),
]


@pytest.fixture
def county(database):
    publish_register(
        database,
        projects=PROJECTS,
        matters=MATTERS,
        closed=[closed_case("Z", "2025-05-15"), closed_case("Y", "2025-04-15")],
    )
    return database


def progress(database, plan=PLAN, who=OFFICE):
    return read_status(database, Settings(campaigns=(plan,)), who, plan, ON, NOW)


def changed(**values):
    return CampaignPlan(**{**PLAN.model_dump(), **values})


def test_status_counts_projects_checked_since_the_start(county):
    found = progress(county)
    assert (len(found.projects), found.checked) == (4, {"P/001"})
    assert [row["project_id"] for row in found.left] == ["P/004", "P/003", "P/002"]
    assert [row["project_id"] for row in found.found] == ["P/001"]
    assert [row["project_id"] for row in found.signs] == ["P/002", "P/003"]
    assert [row["project_id"] for row in found.with_grade(Grade.PEOPLE)] == ["P/003"]
    assert [row["project_id"] for row in found.with_grade(Grade.MONEY)] == ["P/002"]
    assert [row["project_id"] for row in found.public_unpaid] == ["P/002"]
    assert found.until == ON


def test_status_lists_violations_and_unknowns_of_zero_targets(county):
    zeros = {zero.name: zero for zero in progress(county).zeros}
    keys = {name: [one.matter.key for one in zero.against] for name, zero in zeros.items()}
    alerts = [key for key in keys["group_matters"] if key.startswith("alert:")]
    assert keys["government_matters"] == ["case:OLD"]
    assert keys["state_owned_matters"] == []
    assert set(keys["old_cases"]) == {"case:OLD", "case:E"}
    assert set(keys["group_matters"]) - set(alerts) == {"case:OLD", "case:E"}
    assert zeros["government_matters"].unknown >= 1
    text = _text(campaign_report(progress(county), Settings(campaigns=(PLAN,))))
    assert "国有企业项目未结事项：已知0件，是否清零尚不能确定" in text


def test_status_recovered_is_of_cases_closed_in_the_campaign(county):
    found = progress(county)
    assert [one.matter.key for one in found.closed] == ["case:Z"]
    assert found.recovered() == 2_000_000


def test_status_scope_filters_projects_and_matters(county):
    water = progress(county, changed(sectors=("water",)))
    assert [row["project_id"] for row in water.projects] == ["P/003"]
    assert water.unplaced == 1
    east = progress(county, changed(region="990103", units=("projects",)))
    assert (len(east.projects), east.open) == (1, [])
    owners = progress(county, changed(units=("employers",)))
    assert (owners.projects, [one.matter.key for one in owners.open]) == ([], ["case:E"])


def test_read_status_is_limited_to_the_region(county):
    west = progress(county, who=Principal("u", "u", Role.INSPECTOR, "990103"))
    assert [row["project_id"] for row in west.projects] == ["P/003"]
    assert west.open == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_campaign_report_is_consistent_with_the_status(county, language):
    settings = Settings(campaigns=(PLAN,), language=language)
    found = progress(county)
    paper = campaign_report(found, settings)
    require_consistent(paper)
    assert paper.figures["scope"] == len(found.projects)
    assert paper.figures["open_matters"] == len(found.open)
    for kind in ("docx", "html"):
        assert len(RENDERERS[kind](paper, language)) > 1000
    with pytest.raises(InconsistentDocument):
        require_consistent(replace(paper, figures={**paper.figures, "swept": 3}))


def test_campaign_xlsx_lists_unchecked_projects(county):
    with campaign_xlsx(progress(county), "zh") as file:
        book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["尚未排查", "名单上的项目", "清零目标未结事项"]
    left = [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)]
    assert left == ["P/004", "P/003", "P/002"]


@given(
    st.lists(st.tuples(st.integers(1, 99), st.none() | st.dates()), unique_by=lambda one: one[0]),
    st.dates(dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
)
def test_compute_status_checked_and_left_make_up_the_scope(drawn, on):
    rows = [project(n, last_inspected_on=str(day) if day else None) for n, day in drawn]
    found = compute_status(PLAN, JUNE, rows, [], NO_VISITS, on)
    assert len(found.checked) + len(found.left) == len(found.projects) == len(rows)
    for by in ("region_code", "sector"):
        shares = found.shares(by)
        assert sum(one.projects for one in shares) == len(rows)
        assert sum(one.checked for one in shares) == len(found.checked)


def test_list_plans_defaults_to_the_winter_action():
    assert [one.name for one in list_plans(Settings(), ON)] == ["winter"]
    with pytest.raises(CampaignUnknown, match="winter"):
        get_plan(Settings(), "x", ON)


def test_list_plans_reads_the_settings(workspace):
    workspace.settings_file.write_text(
        '[[campaigns]]\nname = "w"\nstart = 2026-11-01\nstop = 2027-02-05\nzero = ["old_cases"]\n',
        encoding="utf-8",
    )
    plan = load_settings(workspace).campaigns[0]
    assert (plan.stop, plan.zero) == (dt.date(2027, 2, 5), ("old_cases",))


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (dt.date(2025, 11, 1), dt.date(2026, 2, 16)),  # the festival is on 17 February 2026
        (dt.date(2026, 2, 16), dt.date(2026, 2, 16)),
        (dt.date(2026, 2, 17), dt.date(2027, 2, 5)),
    ],
)
def test_campaigns_may_stop_at_spring_festival(start, stop):
    assert CampaignPlan(name="w", start=start, stop="spring_festival").stop == stop


def test_a_festival_outside_the_table_is_refused():
    with pytest.raises(ValidationError, match="2000 to 2050"):
        CampaignPlan(name="w", start=dt.date(2050, 11, 1), stop="spring_festival")
    assert winter_dates(dt.date(2050, 12, 1)) == (dt.date(2050, 11, 1), dt.date(2051, 2, 15))


def test_campaign_command_writes_the_report(wagewatch, county, workspace, tmp_path):
    for name in ("a.html", "a.docx"):
        ran = wagewatch("campaign", "winter", "--out", str(tmp_path / name))
        assert (ran.returncode, (tmp_path / name).exists()) == (0, True)
    assert wagewatch("campaign", "winter", "--out", str(tmp_path / "a.txt")).returncode == 2


def _text(paper):
    return " ".join(block.text for block in paper.blocks if hasattr(block, "text"))


def test_campaign_page_and_api_agree_with_the_report(client, county, token):
    answer = client.get("/v1/campaigns/winter/progress", headers=token("supervisor"))
    assert answer.status_code == 200
    told = answer.json()
    assert told["projects"] == sum(one["projects"] for one in told["places"]) == 4
    left = client.get("/v1/campaigns/winter/unchecked?limit=3", headers=token("inspector")).json()
    assert len(left["items"]) == 3
    assert re.fullmatch(r"\d+", left["next"])


def test_the_scope_of_a_campaign_of_all_sectors_and_funding_is_one_phrase():
    start, stop = dt.date(2025, 11, 1), dt.date(2026, 2, 16)
    every = CampaignPlan(name="a", start=start, stop=stop)
    assert scope_text(every, "zh", "甲县") == "行动覆盖甲县各行业在建项目、其他用人单位"
    water = CampaignPlan(name="a", start=start, stop=stop, sectors=("water",))
    assert scope_text(water, "zh", "甲县").startswith("行动范围为甲县，行业为水利，投资性质为全部")


def with_facts(state, **facts):
    return replace(state, matter=replace(state.matter, facts=replace(state.matter.facts, **facts)))


def test_report_names_as_unknown_what_no_case_says(county):
    found = progress(county)
    unknown = replace(
        found,
        closed=[with_facts(one, recovered=None, workers=None) for one in found.closed],
        old_cases=[with_facts(one, amount=None) for one in found.old_cases],
    )
    assert unknown.recovered() is None
    text = _text(campaign_report(unknown, Settings(campaigns=(PLAN,))))
    assert "了结事项1件，其中案件1件，涉及人数未填，追回工资未填。" in text
    assert "行动开始前立案而未结的2件，记录的未追回金额未填。" in text

    nothing = replace(found, closed=[], old_cases=[])
    assert nothing.recovered() == 0
    text = _text(campaign_report(nothing, Settings(campaigns=(PLAN,))))
    assert "了结事项0件，其中没有案件。" in text
    assert "没有行动开始前立案而未结的案件。" in text
