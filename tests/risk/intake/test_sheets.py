"""Sheets as offices keep them: blocks, totals, merged cells, several sheets, units, plans."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake.file_errors import (
    ColumnsTwice,
    HeaderMissing,
    OnlyPlanned,
    SeveralTablesFit,
    SheetsHidden,
    TableNotRecognised,
)
from risk.intake.import_accounts import stored_accounts
from risk.intake.importer import import_file, import_into, import_paths, import_tables
from risk.intake.name_ids import made_id
from risk.intake.named_periods import stated_month
from risk.intake.non_records import non_record
from risk.intake.quarantine import quarantined_counts
from risk.intake.staged_checks import plausible_ranges
from risk.store.store import RecordStore
from risk.workspace import Workspace

HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
FIRST = ["GC-01", "河西小学", "420321", "2025-03-05"]
SECOND = ["GC-02", "滨江路", "420321", "2024-11-01"]
DEPOSIT = ["保证金编号", "项目编码", "状态", "生效日期"]


@pytest.fixture
def book(tmp_path):
    """Writes a workbook with one sheet per name; ``merges`` belong to the first."""

    def write(name, merges=(), **sheets):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            sheet = workbook.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        for cells in merges:
            workbook.worksheets[0].merge_cells(cells)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        workbook.save(path)
        return path

    return write


def _codes(report):
    return [note.code for note in report.notes]


def _counts(report):
    counted = (report.accepted, report.repeated, report.quarantined, report.set_aside)
    assert sum(counted) == report.read
    return counted


def _amounts(store):
    return dict(store.rows("SELECT project_id, contract_amount // 100 FROM projects ORDER BY 1"))


def test_a_unit_in_a_title_below_or_beside_the_heading_counts(store, book, today):
    titles = [["台账"], [None, None, None, "单位：人、万元"], [*HEAD, "合同金额"], [*FIRST, 812]]
    below = [[*HEAD, "合同金额"], [None] * 4 + ["（万元）"], [*SECOND, 640]]
    import_file(store, book("1工程项目.xlsx", a=titles), today=today)
    report = import_file(store, book("2工程项目.xlsx", a=below), today=today)
    assert _amounts(store) == {"GC-01": 8_120_000, "GC-02": 6_400_000}
    assert report.sheets[0].units == {"合同金额": "万元"}
    assert _counts(report) == (1, 0, 0, 0)


def test_a_record_between_a_header_and_a_longer_one_is_kept(store, book, today):
    rows = [HEAD, FIRST, [*HEAD, "合同金额"], [*SECOND, 640]]
    report = import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert (_amounts(store), _counts(report)) == ({"GC-01": None, "GC-02": 640}, (2, 0, 0, 0))


def test_two_units_in_the_titles_refuse_the_column_and_keep_the_rows(store, book, today):
    rows = [["单位：万元"], ["单位：元"], [*HEAD, "合同金额"], [*FIRST, 812]]
    report = import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert (_amounts(store), _codes(report)) == ({"GC-01": None}, ["unit_unclear"])
    assert report.needs_answer


@pytest.mark.parametrize(("yuan", "expected", "code"), [
    (8_120_000, 8_120_000, "two_columns_agree"),
    (8_123_456, 8_120_000, "two_columns_agree"),
    (812_000, None, "two_columns_disagree"),
    (None, 8_120_000, "two_columns_agree"),
])  # fmt: skip
def test_an_amount_in_two_units(store, book, today, yuan, expected, code):
    rows = [[*HEAD, "合同金额（万元）", "合同金额（元）"], [*FIRST, 812, yuan]]
    report = import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert (_amounts(store), _codes(report)) == ({"GC-01": expected}, [code])


def test_an_amount_only_in_the_second_column_is_taken(store, book, today):
    rows = [[*HEAD, "合同金额（万元）", "合同金额（元）"], [*FIRST, None, 8_120_000]]
    import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert _amounts(store) == {"GC-01": 8_120_000}


FOOTERS = [
    ["合计", "共2个", None, None],
    [None, "本页小计", None, None],
    ["制表人：甲", "审核人：乙", None, "2025年10月31日"],
    ["说明：", "各乡镇填报", None, None],
    ["工程台账（续）", None, None, None],
    ["第1页 共2页", None, None, None],
    ["2025年10月31日", None, None, None],
    ["（本页无正文）", None, None, None],
    HEAD,
]


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_rows_that_are_no_records_are_set_aside(store, book, write_csv, today, suffix):
    rows = [["工程台账", None, None, None], HEAD, FIRST, *FOOTERS, SECOND, ["合计"]]
    name = f"工程项目.{suffix}"
    path = book(name, a=rows) if suffix == "xlsx" else write_csv(name, rows)
    report = import_file(store, path, today=today)
    assert _counts(report) == (2, 0, 0, len(FOOTERS) + 1)
    assert not report.needs_answer
    assert store.rows("SELECT count(*) FROM projects") == [(2,)]


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_records_with_such_words_in_their_names_are_records(store, book, write_csv, today, suffix):
    head = ["单位名称", "统一社会信用代码"]
    rows = [head, ["合计大厦管理处", "A1"], ["小计建材", "A2"], ["小计", "A3"], ["注册公司", None]]
    name = f"单位.{suffix}"
    path = book(name, a=rows) if suffix == "xlsx" else write_csv(name, rows)
    assert _counts(import_file(store, path, today=today)) == (3, 0, 1, 0)


def test_a_row_numbering_the_columns_is_set_aside():
    assert non_record(["甲", "乙", 1, 2], ["甲"], complete=True, titles=()) == "heading"
    assert non_record([1, 2, 3], [1], complete=True, titles=()) == "heading"
    assert non_record([1, "二号楼", 3], [1], complete=True, titles=()) is None


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_different_header_begins_a_block_with_its_own_columns(
    store, book, write_csv, today, suffix
):
    other = ["开工日期", "合同金额（万元）", "行政区划代码", "项目名称", "项目编码"]
    rows = [[*HEAD, "合同金额（元）"], [*FIRST, 5_000_000], other]
    rows += [["2024-11-01", 640, "420321", "滨江路", "GC-02"], ["合计", 640]]
    name = f"工程项目.{suffix}"
    path = book(name, a=rows) if suffix == "xlsx" else write_csv(name, rows)
    report = import_file(store, path, today=today)
    assert _amounts(store) == {"GC-01": 5_000_000, "GC-02": 6_400_000}
    assert _counts(report) == (2, 0, 0, 1)
    assert report.sheets[0].blocks == 2


def test_rows_below_a_header_without_required_columns_are_quarantined(store, book, today):
    rows = [HEAD, FIRST, ["项目编码", "项目名称", "合同金额"], ["GC-02", "滨江路", 5]]
    report = import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert (_counts(report), _codes(report)) == ((1, 0, 1, 0), ["incomplete_block"])


def test_a_header_of_two_rows_is_joined(store, book, today):
    rows = [
        ["保证金台账"],
        [*DEPOSIT, "应存", None, "到期"],
        [None, None, None, None, "方式", "金额（万元）", "日期"],
        ["B1", "GC-01", "已存储", "2025-04-01", "x", 50, "2026-04-01"],
    ]
    path = book("工资保证金.xlsx", ["E2:F2", "A2:A3", "B2:B3"], a=rows)
    report = import_file(store, path, today=today)
    found = store.rows("SELECT required_amount, valid_to FROM deposits")
    assert found == [(50_000_000, dt.date(2026, 4, 1))]
    assert report.ignored_columns == ("应存/方式",)


def test_merged_cells_count_for_all_their_rows_but_amounts_only_once(store, book, today):
    head = ["投诉编号", "受理日期", "项目编码", "诉求金额"]
    rows = [head, ["T1", "2025-09-01", "GC-01", 900], ["T2"], ["T3", None, "GC-02", 5]]
    path = book("投诉举报.xlsx", ["B2:B4", "C2:C3", "D2:D3"], a=rows)
    report = import_file(store, path, today=today)
    found = store.rows("SELECT complaint_id, project_id, amount_claimed FROM complaints ORDER BY 1")
    assert found == [("T1", "GC-01", 90_000), ("T2", "GC-01", None), ("T3", "GC-02", 500)]
    assert _codes(report) == ["merged_amount"]
    assert report.notes[0].needs_answer


def test_a_sheet_per_month_gives_the_month(store, book, today):
    head = ["项目编码", "考勤人数"]
    sheets = {
        "9月": [["2025年考勤"], head, ["GC-01", 8]],
        "十月": [["2025年考勤"], head, ["GC-01", 9]],
    }
    report = import_file(store, book("实名制考勤.xlsx", **sheets), today=today)
    found = store.rows("SELECT period, workers_present FROM attendance ORDER BY 1")
    assert found == [(dt.date(2025, 9, 1), 8), (dt.date(2025, 10, 1), 9)]
    assert [sheet.supplied for sheet in report.sheets] == [
        {"考勤月份": "2025-09"},
        {"考勤月份": "2025-10"},
    ]


def test_a_sheet_per_project_gives_the_project(store, book, today):
    import_file(store, book("工程项目.xlsx", a=[HEAD, FIRST, SECOND]), today=today)
    head = ["投诉编号", "受理日期"]
    sheets = {
        "河西小学": [head, ["T1", "2025-09-01"]],
        "汇总": [["项目名称：滨江路"], head, ["T2", "2025-09-01"]],
        "别处": [head, ["T3", "2025-09-01"]],
    }
    import_file(store, book("投诉举报.xlsx", **sheets), today=today)
    found = store.rows("SELECT complaint_id, project_id FROM complaints ORDER BY 1")
    assert found == [("T1", "GC-01"), ("T2", "GC-02"), ("T3", None)]


def test_a_sheet_per_team_keeps_the_teams_apart(store, book, today):
    contracts = [
        ["合同编号", "项目编码", "签订日期", "承包方名称"],
        ["H1", "GC-01", "2025-01-05", "木工班"],
    ]
    import_file(store, book("承包合同.xlsx", a=contracts), today=today)
    head = ["项目编码", "考勤月份", "考勤人数"]
    sheets = {
        "钢筋班": [head, ["GC-01", "2025-09", 8], ["GC-02", "2025-09", 7]],
        "木工班": [head, ["GC-01", "2025-09", 5]],
        "汇总": [head, ["GC-03", "2025-09", 3]],
    }
    report = import_file(store, book("实名制考勤.xlsx", **sheets), today=today)
    found = store.rows(
        "SELECT project_id, contract_id, workers_present FROM attendance ORDER BY ALL"
    )
    teams = [made_id("team", project, "钢筋班") for project in ("GC-01", "GC-02")]
    assert sorted(found, key=lambda row: -row[2]) == [
        ("GC-01", teams[0], 8),
        ("GC-02", teams[1], 7),
        ("GC-01", "H1", 5),
        ("GC-03", None, 3),
    ]
    assert report.sheets[0].supplied == {"合同编号": "钢筋班"}


@pytest.mark.parametrize(
    ("text", "month"),
    [
        *(("2025年9月", "2025-09"), ("202509", "2025-09"), ("2025.10", "2025-10")),
        *(("9月份工资", "2024-09"), ("十二月", "2024-12"), ("1-3月", None), ("一季度3月", None)),
        *(("13月", None), ("2025年", None), ("Sheet1", None), ("第9标段", None)),
    ],
)
def test_months_in_names_of_sheets(text, month):
    assert stated_month([text, "2024年"]) == (month and dt.date.fromisoformat(f"{month}-01"))


def test_hidden_sheets_are_reported_and_not_read(store, book, today):
    path = book("工程项目.xlsx", 旧=[HEAD, SECOND], 新=[HEAD, FIRST], 说明=[["填表说明"]], 空=[])
    workbook = openpyxl.load_workbook(path)
    workbook["旧"].sheet_state = "hidden"
    workbook["新"].row_dimensions[2].hidden = True
    workbook.save(path)
    report = import_file(store, path, today=today)
    assert _amounts(store) == {"GC-01": None}
    assert {sheet.name: sheet.unread for sheet in report.sheets} == {
        **{"新": "", "旧": "hidden"},
        **{"说明": "no_header", "空": "blank"},
    }
    assert _codes(report) == ["hidden_rows"]


def test_a_file_with_only_hidden_sheets_is_refused(store, book, today):
    path = book("工程项目.xlsx", a=[HEAD, FIRST], b=[["说明"]])
    workbook = openpyxl.load_workbook(path)
    workbook["a"].sheet_state = "hidden"
    workbook.save(path)
    with pytest.raises(SheetsHidden, match="a"):
        import_file(store, path, today=today)


def test_a_sheet_of_another_table_is_read_as_that_table(store, book, today):
    complaints = [["投诉编号", "受理日期", "项目编码"], ["T1", "2025-09-01", "GC-01"]]
    path = book("2025年工程项目.xlsx", 投诉=complaints, 项目=[HEAD, FIRST])
    reports = import_tables(store, path, today=today)
    assert [(one.table, one.accepted) for one in reports] == [("projects", 1), ("complaints", 1)]


def test_the_header_says_the_table_where_the_name_does_not(store, book, today):
    path = book("十月台账.xlsx", a=[HEAD, FIRST])
    [report] = import_tables(store, path, today=today)
    assert (report.table, report.reading.table_by_headings) == ("projects", True)
    with pytest.raises(TableNotRecognised, match="开工日期"):
        import_tables(store, book("十月.xlsx", a=[HEAD[:3], FIRST[:3]]), today=today)


def test_the_header_decides_where_the_name_has_words_of_several_tables(store, book, today):
    path = book("在建项目检查台账.xlsx", a=[HEAD, FIRST])
    [report] = import_tables(store, path, today=today)
    assert (report.table, report.accepted) == ("projects", 1)


def test_a_refusal_says_what_the_columns_look_like(store, book, today):
    path = book("2025年检查.xlsx", a=[["序号", "工地", "金额"], [1, "甲", 2]])
    with pytest.raises(HeaderMissing, match="序号、工地、金额") as raised:
        import_tables(store, path, today=today)
    assert raised.value.fields["table"] == "检查"
    unnamed = book("十月.xlsx", a=[["序号", "工地", "金额"], [1, "甲", 2]])
    with pytest.raises(TableNotRecognised, match="序号、工地、金额"):
        import_tables(store, unnamed, today=today)


def test_tables_side_by_side_are_refused_with_what_to_do(store, book, today):
    rows = [[*HEAD, "投诉编号", "受理日期", "诉求内容"], FIRST]
    with pytest.raises(SeveralTablesFit, match="工程项目、投诉举报") as raised:
        import_tables(store, book("十月.xlsx", a=rows), today=today)
    assert "各放一张工作表" in raised.value.message("zh")
    twice = [[*HEAD, None, *HEAD, "备注"], [*FIRST, None, *SECOND]]  # nearly the same head
    with pytest.raises(ColumnsTwice, match="项目编码") as raised:
        import_tables(store, book("工程项目.xlsx", a=twice), today=today)
    assert "各放一张工作表" in raised.value.message("zh")


def test_a_sheet_that_lacks_a_column_is_reported_with_it(store, book, today):
    path = book("工程项目.xlsx", a=[HEAD, FIRST], b=[HEAD[:3], SECOND[:3]])
    report = import_file(store, path, today=today)
    [note] = report.notes
    assert (note.code, note.needs_answer) == ("incomplete_sheet", True)
    assert note.fields["missing"] == "开工日期"


def test_a_planned_start_is_not_the_start(store, book, today):
    with pytest.raises(OnlyPlanned, match="开工日期（计划）"):
        import_file(
            store, book("工程项目.xlsx", a=[[*HEAD[:3], "开工日期（计划）"], FIRST]), today=today
        )
    rows = [[*HEAD, "实际竣工日期（预计）"], [*FIRST, "2027-03-05"]]
    report = import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert store.rows("SELECT completed_on FROM projects") == [(None,)]
    assert report.ignored_columns == ("实际竣工日期（预计）",)


def test_a_header_far_below_notes_is_found(store, book, today):
    notes = [[f"填表说明：{n}"] for n in range(40)]
    report = import_file(store, book("工程项目.xlsx", a=[*notes, HEAD, FIRST]), today=today)
    assert report.sheets[0].header_row == 41


@pytest.mark.parametrize(("amounts", "code"), [
    ([3560, 4200], "too_small"),
    ([35_600_000, 60_000_000_000], "too_large"),
    ([35_600_000, 42_000_000], None),
])  # fmt: skip
def test_amounts_out_of_proportion_are_marked(store, book, today, amounts, code):
    rows = [[*HEAD, "合同金额"], [*FIRST, amounts[0]], [*SECOND, amounts[1]]]
    report = import_file(store, book("工程项目.xlsx", a=rows), today=today)
    assert _codes(report) == ([code] if code else [])


def test_plausible_ranges_name_fields_of_money():
    for table, name in plausible_ranges():
        assert TABLES[table].field(name).type == "money"
    wages = plausible_ranges()["payrolls", "amount_due"]  # a billion yuan, 300 yuan
    assert (wages.largest, wages.median) == (100_000_000_000, 30_000)


def test_keys_that_return_for_something_else_are_shown_with_both(store, book, today):
    twice = {"1月": [HEAD, ["1", *FIRST[1:]]], "2月": [HEAD, ["1", *SECOND[1:]]]}
    report = import_file(store, book("工程项目.xlsx", **twice), today=today)
    [note] = report.notes
    assert note.code == "keys_twice"
    assert "河西小学 → 滨江路" in note.message()
    again = [HEAD, ["1", "城东泵站", "420321", "2025-05-05"]]
    [note] = import_file(store, book("9工程项目.xlsx", a=again), today=today).notes
    assert note.code == "keys_again"
    assert "城东泵站" in note.message()
    [same] = [import_file(store, book("9工程项目.xlsx", a=again), today=today)]
    assert same.notes == ()


def test_versions_with_their_own_day_are_no_conflict(store, book, today):
    rows = [[*HEAD, "入库日期"], [*FIRST, "2025-03-05"]]
    rows.append(["GC-01", "河西小学二期", "420321", "2025-03-05", "2025-06-01"])
    assert import_file(store, book("工程项目.xlsx", a=rows), today=today).notes == ()


def test_rows_wait_with_the_nearest_known_project(store, book, today):
    import_file(store, book("工程项目.xlsx", a=[HEAD, FIRST, SECOND]), today=today)
    head = ["检查编号", "项目编码", "检查日期", "是否发现欠薪"]
    rows = [head, ["J1", "河西小学校", "2025-09-01", "否"]]
    report = import_into(store, [book("检查.xlsx", a=rows)], today=today)
    [note] = report.notes
    assert "河西小学校 ≈ GC-01 河西小学" in note.message()
    assert not report.needs_answer


def test_the_same_ledger_month_by_month_leaves_no_noise(store, book, today):
    for month in ("8月", "9月", "10月"):
        rows = [["台账"], HEAD, FIRST, ["合计"], ["制表人：甲", None, None, f"2025年{month}"]]
        import_file(store, book(f"{month}工程项目.xlsx", a=rows), today=today)
    assert quarantined_counts(store)["projects"] == 0
    assert store.rows("SELECT count(*) FROM projects") == [(1,)]


def test_the_account_is_stored_with_the_import(tmp_path, book, today):
    path = book("in/工程项目.xlsx", a=[HEAD, FIRST, ["合计"]])
    workspace = Workspace(tmp_path / "office")
    report = import_paths(workspace, [path], today=today, who="clerk")
    with RecordStore(workspace.records, read_only=True) as store:
        [account] = stored_accounts(store)
    assert (account.who, account.files) == ("clerk", ("工程项目.xlsx",))
    assert account.account == report.as_json()
    assert account.account["files"][0]["set_aside"] == 1


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("run", [1, 3, 1200])
def test_blank_rows_between_records_are_counted(store, book, write_csv, today, suffix, run):
    blank = [[""] * len(HEAD)] * run
    rows = [HEAD, *blank, FIRST, *blank, ["合计", *[""] * 3], *blank, SECOND, *blank]
    path = write_csv("工程项目.csv", rows) if suffix == "csv" else book("工程项目.xlsx", a=rows)
    report = import_file(store, path, today=today)
    assert _counts(report) == (2, 0, 0, 1)
    [note] = report.notes
    assert (note.code, note.fields["rows"]) == ("blank_rows", 3 * run)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_blank_rows_are_counted_across_blocks(store, book, write_csv, today, suffix):
    other = [[*HEAD[:2], "开工日期", "行政区划代码"], ["GC-03", "丙", "2025-03-05", "420321"]]
    rows = [HEAD, FIRST, [""] * 4, [""] * 4, *other, [""] * 4, HEAD, SECOND, [""] * 4]
    path = write_csv("工程项目.csv", rows) if suffix == "csv" else book("工程项目.xlsx", a=rows)
    report = import_file(store, path, today=today)
    assert report.accepted == 3
    assert [note.fields["rows"] for note in report.notes] == [3]
