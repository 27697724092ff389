"""Layouts proposed for small sheets, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.intake.layouts.layout import KeyRule
from risk.intake.layouts.proposal import SheetProposal, masked, propose, propose_sheet
from risk.intake.layouts.vocabulary import vocabulary

from ..small_sheets import SmallSheet

HEAD = ["项目编号", "工程名称", "区划代码", "开工时间"]
ROWS = [HEAD, ["X1", "甲", "510822", "2025-03-05"]]


def _proposal(rows, file="台账.xlsx", *, name="表", table=None, **more):
    sheet = SmallSheet(rows, name=name)
    return propose_sheet(
        Path(file), sheet, vocabulary(), table=TABLES[table] if table else None, **more
    )


def _fields(proposal):
    return {rule.heading: rule.field for rule in proposal.layout.columns}


def test_a_sheet_with_one_known_heading_is_no_table():
    assert _proposal([["工程名称", "甲", "乙"], ["x", "y", "z"]]) is None
    assert _proposal([[1, 2]]) is None
    two = _proposal([["工程名称", "开工时间", "乙"], ["x", "2025-03-05", "z"]])
    assert _fields(two) == {"工程名称": "project_name", "开工时间": "started_on", "乙": ""}


def test_the_sheets_of_a_file_have_layouts_of_their_own_names():
    complaints = [["工单编号", "来电时间"], ["T1", "2025-09-05"]]
    sheets = [SmallSheet(ROWS, "项目 (一)"), SmallSheet(ROWS, "x", hidden=True)]

    def names(*more):
        found = propose(Path("2025年9月台账(终).xlsx"), [*sheets, *more], vocabulary())
        return [(one.sheet, one.layout.name) for one in found]

    assert names() == [("项目 (一)", "台账终")]
    assert names(SmallSheet(ROWS, "项目二")) == [("项目 (一)", "台账终")]
    assert names(SmallSheet(complaints, "投诉"), SmallSheet(complaints[:1] * 2, "--")) == [
        ("项目 (一)", "台账终-项目一"),
        ("投诉", "台账终-投诉"),
    ]
    long = propose(
        Path("甲" * 50 + ".xlsx"),
        [SmallSheet(ROWS, "-"), SmallSheet(complaints, "乙" * 50)],
        vocabulary(),
    )
    assert [one.layout.name for one in long] == ["甲" * 40 + "-sheet", "甲" * 40 + "-" + "乙" * 19]
    [plain] = propose(Path("2025-9.xlsx"), [SmallSheet(ROWS)], vocabulary())
    assert plain.layout.name == "layout"


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("2025年9月台账.xlsx", "*年*月台账.*"),
        ("台账(青川).xlsx", "台账*.*"),
        ("台账（1）[终].xlsx", "台账*?终?.*"),
        ("台账.xlsx", "台账.*"),
    ],
)
def test_a_layout_is_for_files_that_differ_in_digits_and_brackets(file, pattern):
    assert _proposal(ROWS, file).layout.files == pattern


def test_what_was_paid_is_not_proposed_as_what_is_due():
    rows = [["项目名称", "所属月份", "代发金额", "代发人数", "代发日期"],
            ["云渡小区", "2025-12", 50000, 10, "2026-01-15"]]  # fmt: skip
    found = _proposal(rows, "工资代发台账.xlsx")
    assert (found.layout.table.name, "payroll_id" in found.missing) == ("payments", True)
    both = [[*rows[0], "应发工资"], [*rows[1], 60000]]
    assert _proposal(both, "工资代发台账.xlsx").layout.table.name == "payrolls"


def test_the_table_of_a_sheet_is_clear_where_it_leads_by_a_column():
    assert _proposal(ROWS).clear
    assert SheetProposal("表", _proposal(ROWS).layout, (), (), {}, ()).clear
    assert _proposal(ROWS).layout.table.name == "projects"
    # By the required fields that are missing: 1.52 for disputes, 0.54 for organizations.
    either = [["工程名称", "应发日期"]]

    def found(rows, *file, **more):
        one = _proposal(rows, *file, **more)
        return one.layout.table.name, one.clear

    assert found(either) == ("disputes", False)
    assert found(either, table="disputes") == ("disputes", True)
    assert found(either, "争议.xlsx") == ("disputes", True)
    assert found(either, name="争议") == ("disputes", True)
    leads_by_one = [["日期", "人数"]]
    assert found(leads_by_one) == ("complaints", True)
    assert found(leads_by_one, "案件.xlsx") == ("cases", False)


@pytest.mark.parametrize(
    ("heading", "cell", "shown"),
    [
        ("联系电话", "x", "***"),
        ("名称", "电话13912345678", "电话139****5678"),
        ("名称", "甲" * 25, "甲" * 24),
        ("名称", "甲" * 13 + "1234567", "甲" * 13 + "1234567"),
        ("名称", "甲" * 14 + "1234567", "甲" * 14 + "***"),
        ("编号", 123456789012345678901, "1.23456789012346E+20"),
        ("名称", None, ""),
        *((heading, "张某", "***") for heading in ("诉求人", "申请人", "反映人", "法定代表人")),
        *((heading, "张某", "***") for heading in ("班组长", "主办监察员", "责任领导", "责任人")),
        ("被申请人", "张某", "张某"),  # mostly a firm
    ],
)
def test_cells_of_persons_and_long_numbers_are_not_shown(heading, cell, shown):
    assert masked(heading, cell) == shown


def test_notes_of_columns_show_three_examples_and_how_sure_the_field_is():
    rows = [
        [*HEAD, "竣工日期", "其他"],
        *([f"X{n}", "甲", "510822", None, "2025-03-05", n] for n in range(5)),
    ]
    notes = [rule.note for rule in _proposal(rows).layout.columns]
    assert notes == [
        "97%  X0；X1；X2",
        "97%  甲",
        "97%  510822",
        "91%  ",
        "planned_end_on / completed_on  2025-03-05",
        "1；2；3",
    ]
    assert [rule.field for rule in _proposal(rows).layout.columns][-2:] == ["", ""]


def test_columns_that_are_asked_about_leave_a_proposal_uncertain():
    assert (_proposal(ROWS).certain, _proposal(ROWS).questions, _proposal(ROWS).missing) == (
        True,
        (),
        (),
    )
    asked = _proposal([[*HEAD, "合同总价款"], [*ROWS[1], 5]])
    assert ([one.column.heading for one in asked.questions], asked.certain) == (
        ["合同总价款"],
        False,
    )
    assert _fields(asked)["合同总价款"] == "contract_amount"
    chosen = _proposal([[*HEAD, "竣工日期"], [*ROWS[1], "2025-03-05"]])
    assert ([one.column.heading for one in chosen.questions], chosen.certain) == (
        ["竣工日期"],
        False,
    )
    lacking = _proposal([HEAD[:3], ROWS[1][:3]])
    assert (lacking.missing, lacking.certain) == (("started_on",), False)


def test_a_key_is_made_from_names_or_numbers_and_a_month_is_filled():
    def made(table, *head):
        proposal = _proposal([list(head), ["1"] * len(head)], table=table)
        return proposal.layout.key, proposal.missing

    serial = KeyRule(column="序号", prefix="{month}-{sheet}-")
    assert made("projects", *HEAD) == (KeyRule(), ())
    assert made("projects", "序号", "工程名称", "开工时间") == (
        KeyRule(made_from=("project_name",)),
        ("region_code",),
    )
    assert made("projects", "序号", "开工时间", "行业") == (serial, ("project_name", "region_code"))
    assert made("projects", "开工时间", "行业")[0] == KeyRule()
    assert made("deposits", "工程名称", "状态") == (
        KeyRule(made_from=("project_id",)),
        ("valid_from",),
    )
    assert made("deposits", "存储形式", "序 号", "状态")[0] == KeyRule(
        column="序 号", prefix=serial.prefix
    )
    assert made("attendance", "考勤人数", "出勤工日", "序号") == (KeyRule(), ("project_id",))
    assert _proposal([["考勤人数", "出勤工日"], [1, 1]], table="attendance").layout.fill == {
        "period": "{month}"
    }
    assert _proposal([["考勤人数", "月份"], [1, "2025-03"]], table="attendance").layout.fill == {}


def test_the_county_is_that_of_a_title_a_sheet_a_file_or_the_office():
    def region(*titles, file="台账.xlsx", name="表", county=""):
        rows = [*([one] for one in titles), *ROWS]
        return _proposal(rows, file, name=name, county=county).layout.region

    assert region("青川县台账", file="剑阁县.xlsx", name="旺苍县") == "510822"
    assert region("台账", file="剑阁县.xlsx", name="旺苍县") == "510821"
    assert region("台账", file="剑阁县.xlsx", county="510824") == "510823"
    assert region("台账", county="510824") == "510824"
    assert region() == ""


def test_places_without_a_code_are_listed():
    places = ["乔庄镇", "利州区", "510822", "510822100000", "12号", "", None, "乔庄镇", "青川"]
    rows = [HEAD, *(["X", "甲", place, "2025-03-05"] for place in places)]
    found = _proposal(rows, county="510822", places={"乔庄镇": "510822100"})
    assert found.layout.regions == {"乔庄镇": "510822100", "12号": "510822"}
    assert found.unknown_places == ("12号",)
    many = [HEAD, *(["X", "甲", f"地{n}", "2025-03-05"] for n in range(101))]
    assert len(_proposal(many, county="510822").unknown_places) == 100
    far = _proposal([HEAD, ["X", "甲", "某某县", "2025-03-05"]], county="510822")
    assert far.layout.regions == {"某某县": ""}


def test_terms_without_a_code_are_listed():
    cells = ["房建", "房屋建筑", "乙", "甲", "", None, "building", "市政工程"]
    rows = [[*HEAD, "所属行业"], *([*ROWS[1], cell] for cell in cells)]
    found = _proposal(rows)
    rule = found.layout.columns[-1]
    assert (dict(rule.values), rule.undecided) == (
        {"市政工程": "municipal", "房屋建筑": "building"},
        ("乙", "甲"),
    )
    assert list(rule.values) == ["市政工程", "房屋建筑"]
    assert found.unknown_terms == {"所属行业": ("乙", "甲")}
    assert _proposal(rows[:3]).unknown_terms == {}
    many = [[*HEAD, "所属行业"], *([*ROWS[1], f"词{n}"] for n in range(41))]
    assert len(_proposal(many).unknown_terms["所属行业"]) == 40


def test_the_day_of_knowledge_is_the_month_of_the_files_name():
    assert _proposal(ROWS, "2025年9月台账.xlsx").layout.known_on == "month_end"
    assert _proposal(ROWS).layout.known_on == "import"


def test_units_are_those_of_titles_and_headings():
    rows = [["单位：万元"], [*HEAD, "合同价(元)", "人数(人)", "垫资(元)"], [*ROWS[1], 5, 6, 7]]
    assert _proposal(rows).units == ("万元", "元")
    assert _proposal(ROWS).units == ()


def test_two_hundred_rows_below_the_head_are_read():
    rows = [["台账"], HEAD, *[["X1", "甲", "510822", None]] * 201]
    assert [len(one.column.cells) for one in _proposal(rows).matches] == [200] * 4
    short = _proposal([HEAD, ["X1", "甲"], [None, ""], ["X2"]])
    assert [len(one.column.cells) for one in short.matches] == [2, 2, 2, 2]


def test_a_head_of_two_rows_is_taken_where_it_knows_more():
    two = [["项目", None, "合同", None], ["编号", "名称", "金额", "期限"], ["X1", "甲", 5, 6]]
    assert _proposal(two).layout.head_rows == 2
    assert _proposal([["一", "二"], *ROWS]).layout.head_rows == 1
    later = _proposal([["填表", "说明"], ["工程名称", "备注"], *ROWS])
    assert later.layout.headings == tuple(HEAD)
    most = ["工程名称", "开工时间", "序号", "备注", "电话"]  # two fields and three of no field
    found = _proposal([most, [1], ["工程名称", "开工时间", "合同价"], ["甲", "2025-03-05", 5]])
    assert found.layout.headings == tuple(most)
    repeated = _proposal([HEAD, HEAD, HEAD, ROWS[1]])
    assert repeated.matches[0].column.cells == ("项目编号", "X1")  # below the second


def test_a_column_that_a_person_must_choose_gives_no_field_yet():
    found = _proposal([["编号", "受理日期"], ["T1", "2025-03-05"]], table="complaints")
    assert found.layout.key == KeyRule(made_from=("received_on",))
    county = _proposal([["工程名称", "行业"], ["甲", "房建"]], table="projects", county="510822")
    assert county.missing == ("started_on",)


@pytest.mark.parametrize(
    ("headings", "key"),
    [
        (("序号", "用人单位", "立案日期", "状态"), KeyRule(made_from=("org_id", "opened_on"))),
        (("序号", "立案日期", "状态"), KeyRule(column="序号", prefix="{month}-{sheet}-")),
    ],
)
def test_a_case_without_a_project_is_told_apart_by_firm_and_day(headings, key):
    row = {"序号": 1, "用人单位": "川北甲建筑公司", "立案日期": "2025-03-05", "状态": "立案"}
    rows = [headings, [row[heading] for heading in headings]]
    found = propose_sheet(Path("案件.xlsx"), SmallSheet(rows), vocabulary())
    assert found.layout.key == key


def test_the_day_of_payment_is_no_due_day():
    rows = [
        ["2025年10月工资发放情况"],
        ["项目名称", "应发工资", "实发工资", "欠发人数", "发放日期"],
        ["云渡小区", 60000, 50000, 4, "2025-11-15"],
    ]
    found = _proposal(rows, "工资发放情况.xlsx")
    assert found.layout.table.name == "payrolls"
    assert _fields(found) == {
        **{"项目名称": "project_id", "应发工资": "amount_due", "实发工资": ""},
        **{"欠发人数": "", "发放日期": ""},
    }
    assert found.layout.payments
    assert dict(found.layout.fill) == {"period": "{month}", "due_on": "{next_month_end}"}
    assert found.missing == ()


def test_totals_are_no_samples_of_places():
    rows = [
        ["县区", *HEAD[:2], HEAD[3]],
        ["青川县", "X1", "甲", "2025-03-05"],
        ["小计", None, None, None],
        [1, "X2", "合计大厦", "2025-03-05"],
        ["合计", None, None, None],
    ]
    found = _proposal(rows)
    assert found.matches[0].column.cells == ("青川县", 1)
    assert found.unknown_places == ()


def test_a_sheet_with_sections_of_counties_is_of_their_city():
    head = ["项目编码", "项目名称", "开工日期"]
    row = ["X1", "甲", "2025-03-05"]
    assert _proposal([head, ["一、青川县"], row, ["二、剑阁县"], row]).layout.region == "5108"
    assert _proposal([["青川县台账"], head, ["一、剑阁县"], row]).layout.region == "510822"
    assert _proposal([head, ["一、青川县"], row], county="510824").layout.region == "5108"
    assert _proposal([["一、青川县"], head, row], county="510824").layout.region == "510822"


def test_the_name_of_a_layout_keeps_words_with_year_month_and_day():
    names = {
        "2025年10月日常巡查记录": "日常巡查记录",
        "工作月报表2025年9月5日": "工作月报表",
        "台账2025.10": "台账",
        "年度台账(第3期)": "年度台账第期",
    }
    found = {one: _proposal(ROWS, f"{one}.xlsx").layout.name for one in names}
    assert found == names


def test_units_are_those_of_columns_that_are_used():
    rows = [[*HEAD, "拖欠金额（工程款，万元）", "合同价（元）"], [*ROWS[1], 5, 6]]
    assert _proposal(rows).units == ("元",)
