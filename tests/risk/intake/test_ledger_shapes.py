"""Ledgers in rarer shapes: heads of three rows, blocks with other columns, notes, spellings."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from risk.intake.cell_parsers import Noted, parse_date, parse_id, parse_money
from risk.intake.importer import import_into
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.non_records import NonRecord, non_record
from risk.intake.personal_numbers import mask_personal_numbers
from risk.intake.units import money_units

TODAY = dt.date(2026, 3, 1)
PROJECTS = [
    ["项目编码", "项目名称", "行政区划代码", "开工日期"],
    ["GC-01", "河西小学", "420321", "2025-03-05"],
    ["GC-02", "滨江路", "420321", "2024-11-01"],
]


@pytest.fixture
def imported(store, tmp_path):
    """Imports the projects and one book as the command does; ``merges`` are those of the book."""

    def run(name, rows, merges=()):
        for file, content, ranges in (("工程项目.xlsx", PROJECTS, ()), (name, rows, merges)):
            workbook = openpyxl.Workbook()
            for row in content:
                workbook.active.append(row)
            for cells in ranges:
                workbook.active.merge_cells(cells)
            workbook.save(tmp_path / file)
        report = import_into(store, [tmp_path], today=TODAY, office=OfficeLayouts())
        assert not report.failed
        return report.files[-1]

    return run


def test_head_of_three_rows_is_joined_with_the_unit_of_its_group(imported, store):
    report = imported(
        "工资保证金.xlsx",
        [
            ["工资保证金台账"],
            ["保证金编号", "项目编码", "存储", None, None, None, "期限", None],
            [None, None, "存储形式", "状态", "金额（万元）", None, "生效日期", "到期日期"],
            [None, None, None, None, "应存金额", "实存金额", None, None],
            ["B1", "GC-01", "现金", "已存储", 30, 25.5, "2025-04-01", "2026-04-01"],
        ],
        merges=["A2:A4", "B2:B4", "C2:F2", "G2:H2", "C3:C4", "D3:D4", "E3:F3", "G3:G4", "H3:H4"],
    )

    rows = store.rows("SELECT kind, required_amount, amount, valid_to FROM deposits")
    assert rows == [("cash", 300_000_00, 255_000_00, dt.date(2026, 4, 1))]
    assert report.accepted == report.read == 1


def test_later_block_in_another_order_is_read_by_its_own_columns(imported, store):
    head = ["检查编号", "项目编码", "检查日期", "检查类型", "是否发现欠薪", "欠薪金额"]
    report = imported(
        "检查台账.xlsx",
        [
            head,
            ["J1", "GC-01", dt.date(2025, 5, 1), "日常巡查", "有", 900],
            ["合计", None, None, None, None, 900],
            ["下半年（单位：万元）"],
            ["检查编号", "检查日期", "项目名称", "是否发现欠薪", "欠薪金额"],
            ["J2", dt.date(2025, 8, 1), "滨江路", "未发现", 3],
            head,
            ["J3", "河西小学", dt.date(2025, 9, 1), "日常巡查", "有", 4],
        ],
    )

    rows = store.rows(
        "SELECT inspection_id, project_id, arrears_found, amount_owed // 100"
        " FROM inspections ORDER BY 1"
    )
    assert rows[:2] == [("J1", "GC-01", True, 900), ("J2", "GC-02", False, 30_000)]
    assert rows[2][:3] == ("J3", "GC-01", True)
    assert (report.accepted, report.quarantined) == (3, 0)


@pytest.mark.parametrize(
    "text",
    [
        "★以上数据截至2025年3月31日",
        "某县劳动保障监察大队（盖章）",
        "2.立案以决定书为准",
        "数据来源：实名制平台",
        "本表按月报送，逾期另行说明",
        "领导签字：",
    ],
)
def test_lone_note_is_no_record(text):
    cells = [text, None, None]
    assert non_record(cells, [text], complete=False, titles=()) is NonRecord.FOOTER


@pytest.mark.parametrize(
    "text",
    [
        "总计：55人",
        "合计12.5万元",
        "旬阳市合计：3个",
        "滨河路改造工程一标段小计",
        "全县在建工程项目总计",
    ],
)
def test_a_total_with_its_unit_in_one_cell_is_no_record(text):
    assert non_record([text, None], [text], complete=False, titles=()) is NonRecord.TOTAL


def test_a_name_that_begins_like_a_total_is_a_record_to_complete():
    assert non_record(["合计3人公司", None], ["合计3人公司"], complete=False, titles=()) is None


@pytest.mark.parametrize(
    "text", ["麻家渡镇", "城关街道办事处", "（二）溢水镇", "利州区", "市本级", "2025年11月工资表"]
)
def test_lone_place_in_the_column_of_keys_begins_a_section(text):
    assert non_record([None, text, None], [text], complete=False, titles=()) is NonRecord.TITLE


@pytest.mark.parametrize("text", ["GC-03", "滨江花园2期", "河西小学（新建）", "3.5公里道路"])
def test_lone_name_or_code_is_a_record_to_complete(text):
    assert non_record([text, None, None], [text], complete=False, titles=()) is None


@pytest.mark.parametrize(
    "text", ["2025-3-5 上午", "2025年3月5日下午", "'2025-03-05", "\u20182025/3/5"]
)
def test_half_days_and_marks_of_text_before_dates_are_dropped(text):
    assert parse_date(text) == dt.date(2025, 3, 5)


@pytest.mark.parametrize(
    "text", ["2025年3月上旬", "2025年3月初", "2025年3月底", "二〇二五年三月末", "25年3月中旬"]
)
def test_part_of_a_month_counts_as_its_month(text):
    assert parse_date(text) == Noted(dt.date(2025, 3, 31), "month_precision")


@pytest.mark.parametrize("text", ["未拨", "待拨付", "未到账"])
def test_payments_still_to_come_are_unknown(text):
    assert parse_money(text) is None
    assert parse_date(text) is None


def test_mark_of_text_before_an_amount_is_dropped():
    assert parse_money("'1,200.50") == 1_200_50


def test_telephone_followed_by_letters_is_masked_where_words_say_what_it_is():
    assert mask_personal_numbers("微信13912345678abc") == "微信139****5678abc"
    assert mask_personal_numbers("合同HT13912345678") == "合同HT13912345678"


@pytest.mark.parametrize("title", ["建设单位：万元（集团）有限公司", "施工单位：亿元(河西)分公司"])
def test_firms_named_like_a_unit_with_brackets_are_no_unit(title):
    assert money_units([title]) == ()


def test_unit_with_a_remark_in_brackets_is_a_unit():
    assert [unit.label for unit in money_units(["单位：万元（保留两位小数）"])] == ["万元"]


@pytest.mark.parametrize(
    "title",
    ["计价单位 万元", "（单位 万元）", "單位：萬元", "金额(万)", "单 位： 万　元", "[单位]万元"],
)
def test_spellings_of_the_unit_in_a_title(title):
    assert [unit.label for unit in money_units([title])] == ["万元"]


@pytest.mark.parametrize(
    "heading",
    [
        "欠薪金额（￥万）",
        "欠薪金额（RMB万元）",
        "欠薪金额（以万元计）",
        "欠薪金额·万元",
        "欠薪金额〈万元〉",
    ],
)
def test_spellings_of_the_unit_in_a_heading(imported, store, heading):
    head = ["检查编号", "项目编码", "检查日期", "是否发现欠薪", heading]
    report = imported("检查台账.xlsx", [head, ["J1", "GC-01", dt.date(2025, 5, 1), "有", 5]])
    assert store.rows("SELECT amount_owed // 100 FROM inspections") == [(50_000,)]
    assert not report.needs_answer


@pytest.mark.parametrize("note", ["注：本表金额单位为万元", "说明：以上均为万元"])
def test_unit_that_a_note_below_the_rows_names_is_reported(imported, store, note):
    head = ["检查编号", "项目编码", "检查日期", "是否发现欠薪", "欠薪金额"]
    rows = [head, ["J1", "GC-01", dt.date(2025, 5, 1), "有", 5], [note]]
    report = imported("检查台账.xlsx", rows)
    assert [one.code for one in report.notes] == ["unit_unsure"]
    assert report.needs_answer
    assert note in report.notes[0].message("zh")


def test_command_reads_a_sheet_per_month_and_project_by_their_names(store, tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.title = "河西小学"
    for row in (["2025年考勤"], ["考勤月份", "考勤人数"], ["2025年9月", 30], ["2025年10月", 31]):
        workbook.active.append(row)
    other = workbook.create_sheet("滨江路")
    for row in (["考勤月份", "考勤人数"], ["2025-09", 12]):
        other.append(row)
    workbook.save(tmp_path / "实名制考勤.xlsx")
    projects = openpyxl.Workbook()
    for row in PROJECTS:
        projects.active.append(row)
    projects.save(tmp_path / "工程项目.xlsx")

    report = import_into(store, [tmp_path], today=TODAY, office=OfficeLayouts())

    assert not report.failed
    assert store.rows(
        "SELECT project_id, month(period), workers_present FROM attendance ORDER BY 1, 2"
    ) == [("GC-01", 9, 30), ("GC-01", 10, 31), ("GC-02", 9, 12)]


def test_events_after_today_are_reported(imported):
    head = ["检查编号", "项目编码", "检查日期", "是否发现欠薪", "整改完成日期"]
    rows = [
        head,
        ["J1", "GC-01", dt.date(2052, 5, 1), "无", None],
        ["J2", "GC-01", dt.date(2025, 5, 1), "有", TODAY],
        ["J3", "GC-01", dt.date(2025, 5, 1), "有", TODAY + dt.timedelta(days=1)],
    ]
    report = imported("检查台账.xlsx", rows)
    notes = [(one.code, one.fields["column"], one.fields["key"]) for one in report.notes]
    assert notes == [("in_future", "检查日期", "J1"), ("in_future", "整改完成日期", "J3")]
    assert report.needs_answer


def test_projects_and_deposits_may_begin_within_a_year(imported):
    head = ["保证金编号", "项目编码", "状态", "生效日期"]
    rows = [head, ["B1", "GC-01", "已存储", TODAY + dt.timedelta(days=366)]]
    assert not imported("工资保证金.xlsx", rows).notes


def test_code_exported_as_a_number_has_no_decimals():
    assert (parse_id("1001.0"), parse_id("1001.5"), parse_id("0012.0")) == (
        "1001",
        "1001.5",
        "0012",
    )


def test_merged_amount_counts_once_where_terms_are_translated(imported, store):
    day = dt.date(2025, 5, 1)
    rows = [
        ["检查编号", "项目编码", "检查日期", "是否发现欠薪", "欠薪金额"],
        ["J1", "GC-01", day, "存在欠薪", 9000],
        ["J2", None, day, "存在欠薪", None],
    ]
    report = imported("检查台账.xlsx", rows, merges=["E2:E3", "B2:B3"])
    assert store.rows(
        "SELECT inspection_id, project_id, amount_owed // 100 FROM inspections ORDER BY 1"
    ) == [("J1", "GC-01", 9000), ("J2", "GC-01", None)]
    assert [one.code for one in report.notes] == ["merged_amount"]


@pytest.mark.parametrize("project", ["项目编码", "项目名称"])
def test_rows_below_a_merged_key_are_one_record_and_are_asked_about(imported, store, project):
    named = {"项目编码": "GC-01", "项目名称": "河西小学"}[project]
    day = dt.date(2025, 5, 1)
    rows = [
        ["案件编号", project, "立案日期", "状态", "涉及人数", "备注"],
        ["A1", named, day, "立案", 3, "木工班"],
        [None, None, None, None, 2, "瓦工班"],
        ["A2", named, day, "立案", 4, None],
    ]
    report = imported("案件台账.xlsx", rows, merges=["A2:A3", "B2:B3", "C2:C3", "D2:D3"])
    assert store.rows(
        "SELECT case_id, max_by(workers, arrival) FROM cases GROUP BY 1 ORDER BY 1"
    ) == [
        *(("A1", 2), ("A2", 4)),
    ]
    asked = [(one.code, one.fields["column"], one.fields["rows"])
             for one in report.notes if one.needs_answer]  # fmt: skip
    assert asked == [("merged_key", "案件编号", 1)]


def test_a_row_with_the_formulas_of_columns_is_no_record(imported, store):
    head = ["案件编号", "项目名称", "立案日期", "状态", "拖欠金额", "追回金额", "差额"]
    numbers = ["（1）", "②", "3", "(4)", "（5）", "(6)", "（7）=（5）-（6）"]
    row = ["A1", "河西小学", dt.date(2025, 5, 1), "立案", 9000, 5000, 4000]
    report = imported("案件台账.xlsx", [head, numbers, row])
    assert (report.read, report.accepted, report.set_aside) == (2, 1, 1)
    assert store.rows("SELECT case_id, project_id FROM cases") == [("A1", "GC-01")]


def test_a_month_that_is_not_over_ends_today_only_for_what_has_happened(imported, store):
    imported(
        "工资保证金.xlsx",
        [
            ["保证金编号", "项目编码", "状态", "生效日期", "到期日期"],
            ["B1", "GC-01", "已存储", "2026年3月", "2026年3月底"],
        ],
    )

    # The guarantee runs to the end of the month, whatever the day of the import.
    assert store.rows("SELECT valid_from, valid_to FROM deposits") == [
        (TODAY, dt.date(2026, 3, 31))
    ]


def test_answers_about_arrears_in_words(imported, store):
    read = {"存在欠薪": True, "无欠薪": False, "存在拖欠": True, "是（拖欠1个月）": True}
    read |= {"是，欠2个月约23.5万": True, "未发现欠薪；资料齐全": False}
    # Forms that are not filled in, and words that are no answer.
    asked = ["无。", "是（ ）否（√）", "是（√）", "有，无", "有待核实（9月）"]
    head = ["检查编号", "项目编码", "检查日期", "是否发现欠薪"]
    rows = [[f"J{n}", "GC-01", dt.date(2025, 5, 1), one] for n, one in enumerate([*read, *asked])]
    report = imported("检查台账.xlsx", [head, *rows])
    assert (report.accepted, report.quarantined) == (len(read), len(asked))
    found = store.rows("SELECT arrears_found FROM inspections ORDER BY inspection_id")
    assert [one for (one,) in found] == list(read.values())


@pytest.mark.parametrize("name", ["案件台账.xlsx", "案件台账.csv"])
def test_a_bare_number_among_amounts_with_a_larger_unit_is_asked_about(
    store, write_csv, write_xlsx, name
):
    rows = [["案件编号", "立案日期", "状态", "拖欠金额"]]
    rows += [["A1", "2025-05-01", "立案", "52万元"], ["A2", "2025-05-02", "立案", "8.5"]]
    rows += [["A3", "2025-05-03", "立案", "85000"], ["A4", "2025-05-04", "立案", "0"]]
    path = (write_csv if name.endswith("csv") else write_xlsx)(name, rows)
    report = import_into(store, [path], today=TODAY, office=OfficeLayouts()).files[0]

    assert store.rows("SELECT case_id, amount_owed FROM cases ORDER BY 1") == [
        ("A1", 520_000_00),
        ("A2", None),
        ("A3", 85_000_00),
        ("A4", 0),
    ]
    assert report.sheets[0].units == {}
    [look] = store.rows("SELECT field, raw, code FROM unreadable_cells")
    assert look == ("amount_owed", "8.5", "unit_unclear")


def test_a_day_without_its_year_in_the_first_column_is_no_page_number():
    row = ["10/15", "云渡小区", "否"]
    assert non_record(row, ["云渡小区", "10/15"], complete=True, titles=()) is None
    assert non_record(row, ["10/15"], complete=False, titles=()) is None
    for page in ("3/12", "第3/12页", "3/12页"):
        assert non_record([page, None], [page], complete=False, titles=()) is NonRecord.FOOTER
