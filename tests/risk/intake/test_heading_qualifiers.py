"""Headings that one word makes mean something else, worked out by hand."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.heading_qualifiers import is_other_number, is_other_question
from risk.intake.headings import contract_matcher, parse_heading, unnumbered
from risk.intake.layouts.column_matches import Reason, SampleColumn, match_columns
from risk.intake.layouts.vocabulary import vocabulary


def _proposed(table, *columns):
    """Field proposed for each heading with its cells, and whether it is used without asking."""
    samples = [SampleColumn(n, heading, cells) for n, (heading, *cells) in enumerate(columns)]
    found = match_columns(TABLES[table], samples, vocabulary())
    return [(one.target.field.name if one.target else "", one.reason) for one in found]


@pytest.mark.parametrize(
    ("table", "heading", "field"),
    [
        ("inspections", "拖欠金额", "amount_owed"),
        ("inspections", "拖欠金额（万元）", "amount_owed"),
        ("inspections", "拖欠金额（工程款，万元）", ""),
        ("inspections", "工程款/拖欠金额", ""),
        ("inspections", "工程款及工资/拖欠金额", "amount_owed"),
        ("inspections", "欠薪人数（其中女工）", ""),
        ("complaints", "诉求金额（材料款）", ""),
        ("payrolls", "应发工资（本年累计）", ""),
        ("payrolls", "累计/应发工资", ""),
        ("payrolls", "本月/应发工资", "amount_due"),
        ("attendance", "累计工日", "worker_days"),
        ("disputes", "争议金额（工程款）", "amount"),
        ("projects", "合同金额（含材料款）", "contract_amount"),
    ],
)
def test_a_number_of_something_else_is_not_that_of_its_heading(table, heading, field):
    assert _proposed(table, (heading, 5, 7))[0][0] == field


def test_the_contracts_own_headings_are_not_read_with_such_words():
    match = contract_matcher(TABLES["cases"])
    headings = (
        "拖欠金额（工程款）",
        "涉及人数（其中农民工）",
        "拖欠金额（元）",
        "追回金额（全年）",
    )
    fields = [match(parse_heading(one)) for one in headings]
    assert [one and one.name for one in fields] == [None, None, "amount_owed", None]


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "是否支付工资",
            "是否按月支付工资",
            "是否足额支付工资",
            "是否无拖欠工资",
            "是否存在欠薪隐患",
        ),
        *("欠薪是否解决", "是否不欠薪"),
    ],
)
def test_a_question_about_the_opposite_is_not_proposed(heading):
    assert _proposed("inspections", (heading, "是", "否")) == [("", Reason.UNKNOWN)]


def test_a_question_like_a_known_one_is_asked_about():
    asked = ("inspections", ("工地是否拖欠工资", "是", "否"))
    assert _proposed(*asked) == [("arrears_found", Reason.ASK)]
    asked = ("projects", ("是否已设置维权公示牌", "是", "否"))
    assert _proposed(*asked) == [("notice_board", Reason.ASK)]
    assert _proposed("projects", ("是否未设立维权公示牌", "是", "否")) == [("", Reason.UNKNOWN)]


def test_fines_are_no_entries_of_the_list_of_sanctions():
    found = _proposed(
        "listings",
        ("行政相对人名称", "甲公司"),
        ("行政处罚决定书文号", "青人社罚〔2025〕1号"),
        ("处罚决定日期", "2025-05-20"),
    )
    assert [field for field, _ in found][1:] == ["", ""]


@pytest.mark.parametrize(
    ("table", "heading"),
    [
        ("payrolls", "欠发人数"),
        ("complaints", "垫付人数"),
        ("cases", "剩余拖欠金额"),
        ("payments", "未付工资总额"),
    ],
)
def test_the_rest_is_not_proposed_as_the_whole(table, heading):
    assert _proposed(table, (heading, 5, 7)) == [("", Reason.UNKNOWN)]


def test_words_that_both_headings_have_change_nothing():
    days = TABLES["attendance"].field("worker_days")
    assert not is_other_number(days, "累计工日(天)", "累计工日")
    assert is_other_number(days, "累计出勤工日", "出勤工日")
    name = TABLES["projects"].field("project_name")
    assert not is_other_number(name, "其中项目名称", "项目名称")
    board = TABLES["projects"].field("notice_board")
    assert not is_other_question(board, "有无维权公示牌", "维权公示牌")
    assert not is_other_question(board, "维权公示牌整改", "维权公示牌")


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("1.项目编码", "项目编码"),
        ("10、开工日期", "开工日期"),
        ("(3)人工费比例", "人工费比例"),
        ("1.1建设单位", "建设单位"),
        ("一、项目名称", "项目名称"),
        ("(二)开工日期", "开工日期"),
        ("1月", "1月"),
        ("25.1月", "25.1月"),
        ("2.5倍", "2.5倍"),
        ("12333热线", "12333热线"),
        ("1.", "1."),
    ],
)
def test_the_number_a_form_gives_a_column_is_no_part_of_its_heading(heading, plain):
    assert unnumbered(heading) == plain


def test_numbered_headings_are_known():
    found = _proposed("projects", ("1.项目编码*", "X1"), ("7.开工日期（必填）", "2025-03-05"))
    assert found == [("project_id", Reason.USED), ("started_on", Reason.USED)]
    assert vocabulary().may_know("1.项目编码*")
    field = contract_matcher(TABLES["projects"])(parse_heading("2、项目名称"))
    assert field is TABLES["projects"].field("project_name")
