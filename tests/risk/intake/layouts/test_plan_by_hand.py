"""How the sheets of a file are read, decided by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.intake.file_errors import OnlyPlanned, TableNotRecognised, TableUnknown
from risk.intake.layouts import plan as plans
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout
from risk.intake.layouts.names import Namer
from risk.intake.layouts.plan import (
    LayoutChanged,
    LayoutNeeded,
    LayoutUncertain,
    LayoutUnconfirmed,
    OfficeLayouts,
    detect_by_content,
    plan_reading,
    register_names,
)
from risk.intake.layouts.reading_report import ReadingReport, reading_report
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.name_ids import name_id
from risk.intake.readers import open_sheets

from ..small_sheets import SmallSheet

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
PROJECTS, COMPLAINTS = TABLES["projects"], TABLES["complaints"]
OWN = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
USUAL = ["项目编号", "工程名称", "行政区划代码", "开工时间"]
ROW = ["X1", "甲", "510822", "2025-03-05"]
CALLS = [["工单编号", "来电时间"], ["T1", "2025-09-05"]]
LEDGER = Layout(
    "台账",
    PROJECTS,
    ("工程", "编码", "地点"),
    (ColumnRule("工程", "project_name"), ColumnRule("编码", "project_id")),
    files="*台账*",
    region="510822",
    fill={"started_on": "{month_end}"},
).confirm("王某", NOW)
LEDGER_ROWS = [["工程", "编码", "地点"], ["甲", "X1", "乔庄镇"]]


def _plan(*sheets, office=None, table=None, file="x.xlsx", namer=Namer, **more):
    books = [one if isinstance(one, SmallSheet) else SmallSheet(one) for one in sheets]
    office = office or OfficeLayouts()
    return plan_reading(
        Path(file), books, office, namer=namer, table=TABLES[table] if table else None, **more
    )


def _translated(plan):
    return [isinstance(one, TranslatedSheet) for one in plan.sheets]


def test_the_contracts_headings_need_no_matcher():
    plan = _plan([OWN, ROW])
    assert (plan.table, plan.match, plan.synonyms, _translated(plan)) == (
        PROJECTS,
        None,
        {},
        [False],
    )
    assert plan.reading(PROJECTS) is plan
    assert plan.reading(COMPLAINTS) is None
    asked = _plan([[*OWN, "竣工日期"], [*ROW, "2025-12-01"]])
    assert [one.column.heading for one in asked.asked] == ["竣工日期"]
    nothing = _plan([["说明", "x"], ["y", "z"]], table="projects", namer=pytest.fail)
    assert (nothing.table, nothing.match, nothing.asked) == (PROJECTS, None, ())


def test_usual_headings_are_read_with_a_matcher_of_their_own():
    plan = _plan([[*USUAL, "竣工日期"], [*ROW, "2025-12-01"]])
    assert plan.synonyms == {"项目编号": "项目编码", "工程名称": "项目名称", "开工时间": "开工日期"}
    assert [one.column.heading for one in plan.asked] == ["竣工日期"]
    assert (plan.table, _translated(plan), plan.changes, plan.layouts) == (
        PROJECTS,
        [False],
        (),
        (),
    )
    assert plan.match is not None


@pytest.mark.parametrize(
    ("table", "head", "row", "county", "translated"),
    [
        ("projects", OWN, ROW, "", False),
        ("projects", OWN, ["X1", "甲", "510822", "2025-03-05"], "510822", False),
        ("projects", OWN, ["X1", "甲", "青川县", "2025-03-05"], "", True),
        ("projects", OWN, ["X1", "甲", "", "2025-03-05"], "", False),
        ("projects", OWN, ["", "甲", "510822", "2025-03-05"], "", True),
        ("projects", OWN, ["待办理", "甲", "510822", "2025-03-05"], "", True),
        ("projects", [*OWN, "行业"], [*ROW, "房建"], "", False),
        ("projects", [*OWN, "行业"], [*ROW, "房屋建筑"], "", True),
        ("projects", [*OWN, "是否垫资"], [*ROW, "是"], "", False),
        ("projects", [*OWN, "是否垫资"], [*ROW, "√"], "", True),
        ("projects", [*OWN, "建设单位代码"], [*ROW, "C1"], "", False),
        ("projects", [*OWN, "建设单位代码"], [*ROW, ""], "", False),
        ("projects", [*OWN, "建设单位代码"], [*ROW, "川北公司"], "", True),
        ("projects", [*OWN, "建设单位"], [*ROW, "甲公司"], "", True),
        ("projects", [*OWN, "建设方单位"], [*ROW, "川北公司"], "", False),
        ("projects", [OWN[0], OWN[1], OWN[3]], ["X1", "甲", "2025-03-05"], "510822", True),
        (
            "cases",
            ["案件编号", "项目编码", "立案日期", "状态"],
            ["", "X1", "2025-03-05", "立案"],
            "",
            False,
        ),
        (
            *("cases", ["案件编号", "项目编码", "立案日期", "状态"]),
            *(["C1", "甲工程", "2025-03-05", "立案"], "", True),
        ),
        (
            *("cases", ["案件编号", "项目编码", "立案日期", "状态"]),
            *(["C1", "", "2025-03-05", "立案"], "510822", False),
        ),
    ],
)
def test_a_sheet_is_translated_where_cells_are_names_or_terms(table, head, row, county, translated):
    plan = _plan([head, row], office=OfficeLayouts(county=county), table=table)
    assert (plan.table.name, _translated(plan)) == (table, [translated])
    assert (plan.match is not None, len(plan.changes)) == (translated, translated)


def test_the_namer_of_stored_names_is_asked_for_once_and_only_if_needed():
    made = []

    def namer():
        made.append(Namer())
        return made[-1]

    assert _plan([OWN, ROW], namer=namer).namer is not None
    assert _plan([USUAL, ROW], namer=namer).synonyms
    assert made == []
    named = [[*OWN, "建设单位"], [*ROW, "甲公司"]]
    plan = _plan(named, [OWN, ROW], named, namer=namer)
    assert (_translated(plan), made) == ([True, False, True], [plan.namer])
    assert [one.namer is plan.namer for one in plan.sheets if isinstance(one, TranslatedSheet)] == [
        *(True, True),
    ]


def test_a_confirmed_layout_is_used_for_every_sheet_with_its_head():
    office = OfficeLayouts((LEDGER,))
    hidden = SmallSheet(LEDGER_ROWS, hidden=True)
    plan = _plan(LEDGER_ROWS, [["说明"]], LEDGER_ROWS, hidden, office=office)
    assert (plan.table, plan.layouts, plan.known_on) == (PROJECTS, ("台账",), "import")
    assert (_translated(plan), len(plan.changes), dict(plan.others)) == (
        *([True, False, True, False], 2, {}),
    )
    assert plan.used_otherwise(PROJECTS) == {}
    unconfirmed = replace(LEDGER, confirmed_by="")
    other = replace(LEDGER, name="别", files="x.xlsx").confirm("王某", NOW)
    tied = replace(LEDGER, name="后", files="x.*").confirm("王某", NOW)
    both = OfficeLayouts((unconfirmed, LEDGER, other, tied))
    assert _plan(LEDGER_ROWS, office=both).layouts == ("别",)
    assert _plan(LEDGER_ROWS, office=OfficeLayouts((tied, LEDGER)), file="台账.xlsx").layouts == (
        "台账",
    )


def test_layouts_of_two_tables_read_a_file():
    calls = Layout(
        "投诉",
        COMPLAINTS,
        ("编号", "工程", "时间"),
        (
            ColumnRule("编号", "complaint_id"),
            ColumnRule("工程", "project_id", by_name=True),
            ColumnRule("时间", "received_on"),
        ),
        known_on="month_end",
    ).confirm("王某", NOW)
    office = OfficeLayouts((calls, LEDGER))
    rows = [["编号", "工程", "时间"], ["T1", "甲", "2025-09-05"]]
    plan = _plan(LEDGER_ROWS, rows, LEDGER_ROWS, office=office)
    assert (plan.table, list(plan.others), plan.layouts) == (PROJECTS, [1], ("台账",))
    reading = plan.reading(COMPLAINTS)
    assert (reading.layouts, reading.known_on, len(reading.changes)) == (("投诉",), "month_end", 1)
    assert (plan.known_on, len(plan.changes)) == ("import", 2)
    assert plan.sheet_tables[1].table is COMPLAINTS
    list(plan.sheets[0].rows())
    report = reading_report(plan, named_firms=3, table_by_headings=True)
    assert report.as_json() == {
        "layouts": ["台账"],
        "synonyms": {},
        "asked": {},
        "named_firms": 3,
        "made_keys": 0,
        "filled_regions": 1,
        "table_by_headings": True,
    }


def test_what_a_report_asks_about():
    plan = _plan([[*USUAL, "竣工日期", "合同总价款"], [*ROW, "2025-12-01", 5]])

    def asked(*read):
        return reading_report(plan, named_firms=0, table_by_headings=False, read=read).asked

    both = {"竣工日期": ("planned_end_on", "completed_on"), "合同总价款": ("contract_amount",)}
    assert asked() == both
    assert asked("合同总价款") == {"竣工日期": both["竣工日期"]}
    assert ReadingReport().as_json() == {
        **{"layouts": [], "synonyms": {}, "asked": {}, "named_firms": 0, "made_keys": 0},
        **{"filled_regions": 0, "table_by_headings": False},
    }


def test_sheets_of_further_tables_are_read_by_usual_headings():
    office = OfficeLayouts(county="510822")
    made = []

    def namer():
        made.append(Namer())
        return made[-1]

    plan = _plan([OWN, ROW], CALLS, office=office, namer=namer)
    assert (plan.table, list(plan.others), _translated(plan), made) == (
        *(PROJECTS, [1], [False, False], []),
    )
    assert plan.others[1].synonyms == {"工单编号": "投诉编号", "来电时间": "受理日期"}
    assert plan.others[1].changes == ()
    plan = _plan([OWN, ROW], [["投诉编号", "受理日期"], CALLS[1]])
    assert dict(plan.others) == {}  # the contract's headings are found without a plan
    plan = _plan([OWN, ROW], SmallSheet(CALLS, hidden=True))
    assert dict(plan.others) == {}
    contracts = [["合同编号", "项目名称", "签订时间"], ["H1", "甲工程", "2025-03-05"]]
    plan = _plan([OWN, ROW], contracts, namer=namer)
    assert (_translated(plan), len(plan.others[1].changes), made) == (
        [False, True],
        1,
        [plan.namer],
    )
    assert plan.sheets[1].namer is plan.namer


def test_a_sheet_with_three_certain_columns_is_asked_about():
    def notes(*head):
        plan = _plan([OWN, ROW], SmallSheet([list(head), ["2025-09-05", "甲", "乙", 3]], "投诉"))
        assert all(note.needs_answer for note in plan.uncertain.values())
        return {index: note.fields for index, note in plan.uncertain.items()}

    assert notes("受理时间", "反映项目") == {}
    assert notes("受理时间", "反映项目", "反映单位") == {
        1: {
            "sheet": "投诉",
            "table": "投诉举报",
            "lacking": "投诉编号",
            "found": "受理时间=受理日期、反映项目、反映单位",
        }
    }


def test_the_table_is_that_of_the_first_sheet_that_is_complete():
    lacking = [["受理时间", "反映项目", "反映单位"], ["2025-09-05", "甲", "乙"]]
    assert _plan(lacking, [USUAL, ROW]).table is PROJECTS
    assert _plan([USUAL, ROW], CALLS).table is PROJECTS
    assert _plan(CALLS, [USUAL, ROW]).table is COMPLAINTS
    assert _plan(SmallSheet(CALLS, hidden=True), [USUAL, ROW]).table is PROJECTS


def test_what_cannot_be_read_unattended_says_why():
    with pytest.raises(LayoutNeeded) as needed:
        _plan([USUAL[1:], ROW[1:]])
    assert type(needed.value) is LayoutNeeded
    assert needed.value.fields == {
        "file": "x.xlsx",
        "table": "工程项目",
        "understood": "工程名称=项目名称、行政区划代码、开工时间=开工日期",
        "lacking": "项目编码",
        "asked": "",
    }
    with pytest.raises(LayoutUncertain) as uncertain:
        _plan([[*USUAL[1:], "竣工日期"], [*ROW[1:], "2025-12-01"]])
    assert uncertain.value.fields["asked"] == "竣工日期"
    with pytest.raises(OnlyPlanned) as planned:
        _plan([[*USUAL[:3], "计划开工日期"], ROW])
    assert (planned.value.fields["column"], planned.value.fields["columns"]) == (
        *("计划开工日期", "开工日期"),
    )
    assert _plan([["合同总价款", "项目编"], [5, "X1"]]).table is None  # nothing is certain
    hidden = SmallSheet([USUAL[1:], ROW[1:]], hidden=True)
    assert _plan(hidden, [["说明", "x"], ["甲", "乙"]]).table is None
    with pytest.raises(LayoutUnconfirmed) as unconfirmed:
        _plan(LEDGER_ROWS, office=OfficeLayouts((replace(LEDGER, confirmed_by=""),)))
    assert unconfirmed.value.fields == {"file": "x.xlsx", "layout": "台账"}


def test_a_title_may_give_the_field_that_has_no_column():
    def supply(table, sheet, located):
        return {"started_on": "2025-03-05"}

    rows = [OWN[:3], ROW[:3]]
    assert _plan(rows, table="projects", supply=supply).table is PROJECTS
    asked = [[*rows[0], "竣工日期"], [*rows[1], "2025-12-01"]]
    plan = _plan(asked, table="projects", supply=supply)
    assert [one.column.heading for one in plan.asked] == ["竣工日期"]
    with pytest.raises(LayoutNeeded):
        _plan(rows, table="projects")


def test_a_text_file_has_one_table(write_csv):
    with open_sheets(write_csv("工程项目.csv", CALLS)) as sheets:
        plan = plan_reading(
            Path("工程项目.csv"), sheets, OfficeLayouts(), namer=Namer, table=PROJECTS
        )
        assert (plan.table, dict(plan.others)) == (PROJECTS, {})


def test_a_changed_head_says_what_is_new_and_what_is_gone():
    office = OfficeLayouts((LEDGER,))
    rows = [["x"], ["工程", "编号", "地址"], ["甲", "工程", "y"]]

    def refused(rows, layout=LEDGER, file="台账.xlsx"):
        try:
            _plan(rows, office=OfficeLayouts((layout,)), file=file)
        except LayoutChanged as failure:
            return failure.fields["added"], failure.fields["gone"]
        except LayoutNeeded:
            return None
        return None

    assert office.layouts
    assert refused(rows) == ("地址, 编号", "地点, 编码")
    assert refused([["工程", "编码"], ["甲", "X1"]]) == ("-", "地点")
    assert refused([["甲方"], ["编", "地"]]) is None
    assert refused(rows, file="x.xlsx") is None
    assert refused(rows, replace(LEDGER, confirmed_by="")) is None
    for pattern in ("*", "*.*"):
        everything = replace(LEDGER, files=pattern).confirm("王某", NOW)
        assert refused(rows, everything) is None


def test_codes_of_townships_are_those_that_confirmed_layouts_agree_on():
    def layout(name, confirmed=True, **codes):
        one = replace(LEDGER, name=name, regions=codes)
        return one.confirm("王某", NOW) if confirmed else one

    office = OfficeLayouts(
        (
            layout("一", 甲镇="510822100", 乙镇="510822101", 丙镇="510822"),
            layout("二", 甲镇="510822100", 乙镇="510822102"),
            layout("三", confirmed=False, 丁镇="510822103"),
        )
    )
    assert office.places == {"甲镇": "510822100"}
    rows = [OWN, ["X1", "甲", "甲镇", "2025-03-05"], ["X2", "乙", "己镇", "2025-03-05"]]
    plan = _plan(rows, office=replace(office, layouts=office.layouts[:1], county="510822"))
    codes = [cells[2] for _, cells in plan.sheets[0].rows()][1:]
    assert (codes, plan.changes[0].places) == (["510822100", "510822"], {"己镇": 1})


def test_values_and_keys_that_nobody_confirmed_are_not_used():
    rows = [[*USUAL[1:], "项目编号", "行业"], [*ROW[1:], "X1", "市政工程"]]
    [sheet] = _plan(rows).sheets
    assert [dict(rule.values) for rule in sheet.layout.columns] == [{}] * 5
    assert (sheet.layout.key, dict(sheet.layout.fill)) == (KeyRule(), {})
    assert [cells[4] for _, cells in sheet.rows()] == ["行业", "municipal"]


def test_a_register_is_read_up_to_a_limit(write_csv, monkeypatch):
    codes = [f"91510800MA62TEST{n}X" for n in range(4)]
    rows = [["统一社会信用代码", "单位名称"], [codes[0], "甲"], ["待办理", "乙"], [codes[2], "丙"]]
    first, second = write_csv("单位.csv", rows), write_csv("企业.csv", [rows[0], [codes[3], "丁"]])
    broken = write_csv("坏.csv", [["说明"], ["x"]])
    assert plans.MAX_REGISTER == 200_000
    assert register_names([first, broken, second], OfficeLayouts()) == {
        codes[0]: "甲",
        name_id("乙", ""): "乙",
        codes[2]: "丙",
        codes[3]: "丁",
    }
    monkeypatch.setattr(plans, "MAX_REGISTER", 2)
    limited = {codes[0]: "甲", name_id("乙", ""): "乙"}
    assert register_names([first], OfficeLayouts()) == limited


def test_a_book_is_what_its_name_says_where_a_sheet_has_the_headings(write_xlsx):
    fields = [one.zh for one in TABLES["inspections"].fields if one.required]
    path = write_xlsx("巡查.xlsx", [fields, ["J1", "X1", "2025-03-05", "是"]], 项目=[USUAL, ROW])
    assert detect_by_content(path, office=OfficeLayouts()).name == "inspections"


def test_the_table_of_a_file_by_its_name_and_headings(write_csv):
    def table(name, rows, *layouts):
        try:
            return detect_by_content(write_csv(name, rows), office=OfficeLayouts(layouts)).name
        except (TableNotRecognised, TableUnknown) as failure:
            return type(failure)

    assert table("工程项目.csv", CALLS) == "projects"  # the contract's own name is certain
    assert table("台账.csv", CALLS) == "complaints"
    assert table("台账.csv", [OWN, ROW]) == "projects"
    assert table("巡查统计.csv", [USUAL, ROW]) == "projects"
    assert table("巡查统计.csv", [["说明"], ["x"]]) == "inspections"
    visits = [
        ["检查编号", "项目编号", "检查时间", "是否发现欠薪"],
        ["J1", "X1", "2025-03-05", "是"],
    ]
    assert table("巡查统计.csv", visits) == "inspections"
    assert table("巡查统计.csv", LEDGER_ROWS, LEDGER) == "projects"
    assert table("x.csv", [["说明"], ["x"]]) is TableNotRecognised


@pytest.mark.parametrize(
    ("last", "rows", "translated"),
    [
        # The sample ends at row 201, what is searched at row 2,000.
        (["P2", "川北公司", "立案"], 1998, True),
        (["P2", "C1", "已办结"], 1998, True),
        (["云渡小区", "C1", "立案"], 300, True),
        (["P2", "C1", "结案"], 1998, False),
        (["P2", "川北公司", "已办结"], 1999, False),
    ],
)
def test_names_and_terms_below_the_sample_are_translated(last, rows, translated):
    head = ["案件编号", "项目编码", "被查单位代码", "状态", "立案日期"]
    usual = [[f"A{n}", "P1", "C1", "立案", "2025-03-05"] for n in range(rows)]
    plan = _plan([head, *usual, ["A", *last, "2025-03-06"]], table="cases")
    assert _translated(plan) == [translated]
