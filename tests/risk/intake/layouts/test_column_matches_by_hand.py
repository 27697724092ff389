"""Fields of columns by their headings and cells, worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES, Field, FieldType
from risk.intake.layouts.column_matches import (
    SampleColumn,
    is_synonym,
    match_columns,
    share_fitting,
    term_of,
)
from risk.intake.layouts.vocabulary import Target, vocabulary, yes_no_synonyms

PROJECTS = TABLES["projects"]
DAY = dt.date(2025, 3, 5)


def _matches(table, *columns):
    samples = [
        SampleColumn(n, heading, tuple(cells)) for n, (heading, *cells) in enumerate(columns)
    ]
    return [
        (
            one.target.slot if one.target else None,
            round(one.similarity, 4),
            round(one.confidence, 4),
            one.reason.value,
        )
        for one in match_columns(TABLES[table], samples, vocabulary())
    ]


@pytest.mark.parametrize(
    ("table", "column", "found"),
    [
        # The contract's own heading, whatever its cells are: 1 x (0.4 + 0.6 x 0).
        ("projects", ("开工日期", "甲"), ("started_on", 1.0, 0.4, "used")),
        # A synonym whose cells fit, of one without cells (0.9 of them), of one with half of them.
        ("projects", ("开工时间", DAY), ("started_on", 0.97, 0.97, "used")),
        ("projects", ("开工时间",), ("started_on", 0.97, 0.9118, "used")),
        ("projects", ("开工时间", DAY, "甲"), ("started_on", 0.97, 0.679, "ask")),
        # 256 of 291 fit: 0.97 x (0.4 + 0.6 x 256 / 291) is the least that is used unasked.
        ("projects", ("开工时间", *[DAY] * 256, *["甲"] * 35), ("started_on", 0.97, 0.9, "used")),
        ("projects", ("开工时间", *[DAY] * 255, *["甲"] * 36), ("started_on", 0.97, 0.898, "ask")),
        # 2 x 4 of 9 characters are shared and the ending is: 0.86 x 8 / 9.
        ("projects", ("合同总价款", 5), ("contract_amount", 0.7644, 0.7644, "ask")),
        ("projects", ("合同总价款",), ("contract_amount", 0.7644, 0.7186, "ask")),
        ("projects", ("合同总价款", 5, "甲"), ("contract_amount", 0.7644, 0.5351, "ask")),
        ("projects", ("合同总价款", "甲"), (None, 0.0, 0.0, "unknown")),
        # 0.86 x 10 / 16 x (0.4 + 0.6 x 38 / 43) is the least that is proposed.
        (
            "projects",
            ("本项目施工备案的合同价", *[5] * 38, *["甲"] * 5),
            ("contract_amount", 0.5375, 0.5, "ask"),
        ),
        (
            "projects",
            ("本项目施工备案的合同价", *[5] * 37, *["甲"] * 6),
            (None, 0.0, 0.0, "unknown"),
        ),
        # 2 x 3 of 7, another ending: 0.86 x 0.8 x 6 / 7.
        ("projects", ("项目编",), ("project_id", 0.5897, 0.5543, "ask")),
        # Another field is as likely: 0.7 of the confidence. One that is less so by 0.0764 of 0.08.
        ("projects", ("建设方单位", "甲公司"), ("owner_id by name", 0.7644, 0.7644, "ask")),
        ("projects", ("竣工日期", DAY), ("planned_end_on", 0.7644, 0.7543, "choose")),
        ("transfers", ("金额", 5), ("amount_due", 0.5733, 0.4013, "choose")),
        ("projects", ("备注", "x"), (None, 0.0, 0.0, "never")),
        ("projects", ("完全不知", "x"), (None, 0.0, 0.0, "unknown")),
        ("projects", ("竣工日期", "甲"), (None, 0.0, 0.0, "choose")),
        # A planned date is no actual one.
        ("projects", ("开工时间(计划)", DAY), ("planned_end_on", 0.5733, 0.5733, "ask")),
    ],
)
def test_a_column_is_matched_by_its_heading_and_cells(table, column, found):
    assert _matches(table, column) == [found]


def test_no_field_has_two_columns():
    def slots(*columns):
        return [(slot, reason) for slot, _, _, reason in _matches("projects", *columns)]

    amount, alike = ("合同价", "甲"), ("合同总价款", 5)
    assert slots(alike, amount) == [(None, "unknown"), ("contract_amount", "ask")]
    assert slots(amount, ("合同金额", "甲"), alike, ("完全不知", "x")) == [
        *((None, "twice"), ("contract_amount", "used"), (None, "unknown"), (None, "unknown")),
    ]
    assert slots(("合同价", 5), ("合同金额", "甲"), ("竣工日期", DAY)) == [
        *((None, "twice"), ("contract_amount", "used"), ("planned_end_on", "choose")),
    ]
    assert slots(("中标价", "甲"), ("合同价", 5)) == [
        *((None, "twice"), ("contract_amount", "used")),
    ]
    assert slots(*[("竣工日期", DAY)] * 3) == [
        *(("started_on", "choose"), ("completed_on", "choose"), ("planned_end_on", "choose")),
    ]
    assert slots(("施工单位代码", "C1"), ("施工单位", "甲公司")) == [
        *(("contractor_id", "used"), ("contractor_id by name", "used")),
    ]


def _share(table, field, *cells, by_name=False):
    return share_fitting(Target(TABLES[table].field(field), by_name), cells)


@pytest.mark.parametrize(
    ("table", "field", "fitting", "others"),
    [
        ("projects", "contract_amount", (5, "3万", "5元"), ("甲", "待办")),
        ("complaints", "workers", (5, "7人", "7名", "7个", "七人"), ("甲", 1.5)),
        ("projects", "started_on", (DAY, "2025-03", "3月5日", "3月5号"), ("3月", "5日", "甲")),
        ("payrolls", "period", ("2025-03", DAY, "9月", "十月份"), ("3月5日",)),
        ("projects", "advance_funded", ("是", "√", True), ("甲", 7)),
        ("projects", "sector", ("房建", "building", "房屋建筑"), ()),
        ("projects", "project_id", ("P1", "川建1", "川建筑1", "1"), ("甲", "川建筑局1", "P")),
        ("projects", "project_id", ("川建筑局12345678"[:12],), ("川建筑局123456",)),
        ("projects", "region_code", ("51", "5108", "510822"), ("5", "510", "51082", "5108221")),
        ("projects", "region_code", ("510822100", "510822100101"), ("5108221000", "甲地")),
        ("projects", "region_code", ("青川", "某镇", "某乡", "某县", "某街道"), ("5108a", "某村")),
        ("projects", "project_name", ("甲工程", "A栋", "3号", "A"), (DAY, "2025-03-05", 5, "5:30")),
    ],
)
def test_a_cell_is_a_value_of_its_field_or_not(table, field, fitting, others):
    assert [_share(table, field, cell) for cell in fitting] == [1.0] * len(fitting)
    assert [_share(table, field, cell) for cell in others] == [0.0] * len(others)


def test_cells_that_say_nothing_are_not_counted():
    assert _share("projects", "contract_amount", None, "-", " NULL ", "不详") is None
    assert _share("projects", "contract_amount", None, "-", 5, "甲") == 0.5
    assert _share("projects", "sector", "乙", "不详") == 0.5  # an unknown term counts half
    assert _share("projects", "sector", "乙", "房建") == 0.75
    assert _share("projects", "sector", "房建", "乙", "房建", "房建", "不详") == 0.8
    assert _share("projects", "contract_amount", "1", 1, True, "甲", "甲", "甲") == 1 / 3
    assert _share("projects", "started_on", "在建", "不详", "甲") == 0.0
    assert _share("projects", "contract_amount", "在建", 5) == 0.5
    assert _share("projects", "owner_id", "甲公司", "甲", "A1", by_name=True) == 1 / 3
    assert _share("projects", "owner_id", "公司", by_name=True) == 1.0


def test_terms_are_known_by_code_name_and_usual_spelling():
    sector = PROJECTS.field("sector")
    words = ("building", "房 建", "房屋建筑", "BUILDING", "乙", "")
    assert [term_of(sector, word) for word in words] == [
        *("building", "building", "building", "building", None, None),
    ]
    assert [is_synonym(sector, word) for word in words] == [
        *(False, False, True, False, False, False),
    ]
    funded = PROJECTS.field("advance_funded")
    assert [is_synonym(funded, word) for word in ("√", "是")] == [True, False]
    kinds = [TABLES[table].field("kind") for table in ("deposits", "inspections")]
    assert [[is_synonym(kind, word) for word in ("现金缴存", "巡查")] for kind in kinds] == [
        *([True, False], [False, True]),
    ]
    assert term_of(Field("sector", "行业", FieldType.ENUM, values={"x": "甲"}), "房屋建筑") is None


FIRMS = ("川北甲建筑公司", "川北乙劳务", "川北乙劳务")


@pytest.mark.parametrize(
    ("table", "first", "second", "reasons"),
    [
        # Two columns may hold the field, and say other things: only a person can say which does.
        (
            *("contracts", ("承包单位", *FIRMS), ("分包单位", *FIRMS[::-1])),
            [("contractor_name", "ask"), (None, "choose")],
        ),
        # The second has a value where the first has none.
        (
            *("complaints", ("施工单位", "甲公司", None), ("用人单位", "甲公司", "乙公司")),
            [("employer_text", "ask"), (None, "choose")],
        ),
        # They say the same, or the second says nothing.
        (
            *("complaints", ("施工单位", "甲公司", "乙公司"), ("用人单位", "甲 公司", "-")),
            [("employer_text", "used"), (None, "twice")],
        ),
        (
            *("complaints", ("来电时间", "2025-03-01 09:30"), ("登记时间", "2025年3月1日")),
            [("received_on", "used"), (None, "twice")],
        ),
        (
            *("complaints", ("来电时间", "2025-03-01 09:30"), ("登记时间", "2025年3月3日")),
            [("received_on", "ask"), (None, "choose")],
        ),
        # The contract's own heading goes first, and a column of other cells is no rival.
        (
            *("complaints", ("受理日期", DAY), ("登记时间", "2025年3月3日")),
            [("received_on", "used"), (None, "twice")],
        ),
        (
            *("complaints", ("来电时间", DAY), ("登记时间", "张某")),
            [("received_on", "used"), (None, "twice")],
        ),
    ],
)
def test_two_columns_of_one_field_that_differ_are_asked_about(table, first, second, reasons):
    found = _matches(table, first, second)
    assert [(slot, reason) for slot, _, _, reason in found] == reasons


def test_a_number_of_a_document_is_a_code():
    numbers = ("川劳监立字〔2025〕3号", "青人社监案（2025）12号", "劳监案第7号")
    assert _matches("cases", ("案号", *numbers)) == [("case_id", 0.97, 0.97, "used")]
    words = ("青川县2025年第3季度检查情况", "劳监科3人")
    assert _matches("cases", ("案号", *words))[0][3] == "ask"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("未发现拖欠工资", "无拖欠工资现象", "不存在拖欠农民工工资情况", "无欠薪情况"), "否"),
        (("发现拖欠工资", "存在拖欠农民工工资"), "是"),
    ],
)
def test_answers_about_arrears_in_whole_sentences(words, answer):
    field = TABLES["inspections"].field("arrears_found")
    known = yes_no_synonyms()
    assert all(is_synonym(field, word) for word in words)
    assert {known[word] for word in words} == {answer == "是"}


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("已移送公安机关", "transferred"),
        ("正在办理", "filed"),
        ("调解结案", "closed"),
        # These say nothing certain of the outcome.
        *((word, None) for word in ("撤案", "撤诉", "不予立案", "转办", "终止", "未移送公安")),
    ],
)
def test_words_for_the_status_of_a_case(word, code):
    assert term_of(TABLES["cases"].field("status"), word) == code
