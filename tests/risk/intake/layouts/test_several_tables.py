"""Workbooks whose sheets hold different tables, as offices keep them."""

import datetime as dt
from dataclasses import replace

import openpyxl
import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.layout import ColumnRule, Layout, read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.names import Namer
from risk.intake.layouts.paid_columns import paid_columns
from risk.intake.layouts.paid_sheet import PaidSheet
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.readers import CellRange
from risk.intake.trial import needs_layout, try_files
from tests.risk.intake.small_sheets import SmallSheet

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
PROJECTS = [
    ["青川县在建工程项目台账"],
    ["序号", "工程名称", "施工单位", "合同价（万元）", "开工时间"],
    [1, "云渡小区二期", "川北某某建筑公司", 3560, "2025.3.5"],
    [2, "竹园污水管网", "川北某某公司", 1280, "2024.11.1"],
]
COMPLAINTS = [
    ["青川县欠薪投诉台账"],
    ["序号", "工程名称", "受理时间", "涉及人数", "涉及金额（元）"],
    [1, "云渡小区二期", "2025.9.5", 12, 125_000],
    [2, "竹园污水管网", "2025.9.8", 3, 9000],
    [3, "竹园污水管网", "2025.9.9", 4, 8000],
]
TEAMS = [
    ["序号", "工程名称", "施工班组", "人数", "应发工资（元）", "约定发放日期"],
    [1, "云渡小区二期", "木工班", 12, 78_000, "2025.10.15"],
    [2, "云渡小区二期", "钢筋班", 9, 58_500, "2025.10.15"],
    ["小计", None, None, 21, 136_500, None],
]
NOTES = [["填表说明"], ["一、按月填报", "二、金额为万元"]]


@pytest.fixture
def send(store, today):
    def run(path, *layouts):
        report = import_into(store, [path], today=today, office=OfficeLayouts(layouts))
        assert report.failed == ()
        return {file.table: file for file in report.files}

    return run


def confirmed(folder, path):
    proposals = [one for trial in try_files([path], OfficeLayouts()) for one in trial.proposals]
    written = [write_layout(folder, one.layout) for one in proposals if needs_layout(one)]
    return [read_layout(one).confirm("王某", NOW) for one in written]


def test_each_sheet_is_read_by_the_layout_of_its_own_table(send, store, write_xlsx, tmp_path):
    path = write_xlsx("2025年10月台账.xlsx", NOTES, 项目=PROJECTS, 投诉=COMPLAINTS)
    layouts = confirmed(tmp_path, path)
    assert len(layouts) == 2
    files = send(path, *layouts)
    assert {name: one.accepted for name, one in files.items()} == {"projects": 2, "complaints": 3}
    assert files["complaints"].reading.layouts == ("台账-投诉",)
    assert (files["projects"].reading.named_firms, files["complaints"].reading.made_keys) == (2, 3)
    assert files["projects"].unread_sheets == ("Sheet1",)
    assert not any(note.needs_answer for one in files.values() for note in one.notes)
    assert store.rows(
        "SELECT contract_amount // 1000000, contractor_id LIKE 'N-%' FROM projects ORDER BY 1"
    ) == [(1280, True), (3560, True)]
    assert {name: one.repeated for name, one in send(path, *layouts).items()} == {
        "projects": 2,
        "complaints": 3,
    }


def test_each_table_has_the_day_that_its_layout_states(send, store, write_xlsx, tmp_path, today):
    path = write_xlsx("2025年10月台账.xlsx", PROJECTS, 投诉=COMPLAINTS)
    layouts = confirmed(tmp_path, path)
    send(path, *layouts)
    later = [[*PROJECTS[:2], [1, "云渡小区二期", "川北某某建筑公司", 3600, "2025.3.5"]],
             [*COMPLAINTS[:2], [1, "云渡小区二期", "2025.9.5", 13, 125_000]]]  # fmt: skip
    path = write_xlsx("2025年12月台账.xlsx", later[0], 投诉=later[1])
    as_imported = tmp_path / f"{layouts[0].name}.toml"
    text = as_imported.read_text(encoding="utf-8").replace('"month_end"', '"import"')
    as_imported.write_text(text, encoding="utf-8")
    send(path, read_layout(as_imported).confirm("王某", NOW), layouts[1])
    newest = "SELECT max(known_at) FROM"
    days = {table: store.rows(f"{newest} {table}")[0][0] for table in ("projects", "complaints")}
    assert sorted(days.values()) == [dt.date(2025, 12, 31), today]


def test_sheets_of_further_tables_are_read_by_usual_headings(send, store, write_xlsx):
    projects = [
        ["项目编号", "工程名称", "行政区划代码", "开工时间"],
        ["X1", "甲", "510822", "2025.3.5"],
    ]
    complaints = [["工单编号", "来电时间", "诉求内容"], ["T1", "2025.9.5", "欠薪"]]
    files = send(write_xlsx("工程项目.xlsx", projects, 工单=complaints))
    assert {name: one.accepted for name, one in files.items()} == {"projects": 1, "complaints": 1}
    assert files["complaints"].reading.synonyms == {"工单编号": "投诉编号", "来电时间": "受理日期"}


def test_a_sheet_that_needs_a_layout_is_asked_about(send, write_xlsx):
    projects = [
        ["项目编码", "项目名称", "行政区划代码", "开工日期"],
        ["X1", "甲", "510822", "2025-03-05"],
    ]
    [file] = send(write_xlsx("工程项目.xlsx", projects, 投诉=COMPLAINTS, 说明=NOTES)).values()
    [note] = [one for one in file.notes if one.needs_answer]
    assert (note.code, note.fields["sheet"], note.fields["lacking"]) == (
        "sheet_needs_layout",
        "投诉",
        "投诉编号",
    )
    assert file.unread_sheets == ("投诉", "说明")


def test_teams_and_months_of_a_wage_book_have_ids_of_their_own(send, store, write_xlsx, tmp_path):
    path = write_xlsx("2025年工资表.xlsx", TEAMS, 八月=TEAMS)
    book = openpyxl.load_workbook(path)
    for sheet in book:
        sheet.title = {"Sheet1": "9月", "八月": "8月"}.get(sheet.title, "9月")
        sheet.merge_cells("B2:B3")
    book.save(path)

    [layout] = confirmed(tmp_path, path)
    assert layout.key.made_from == ("project_id", "period", "施工班组")
    file = send(path, layout)["payrolls"]
    assert (file.accepted, file.set_aside) == (4, 2)
    assert not any(note.needs_answer for note in file.notes)
    query = "SELECT month(period), workers, amount_due // 100 FROM payrolls ORDER BY 1, 2"
    assert store.rows(query) == [(8, 9, 58_500), (8, 12, 78_000), (9, 9, 58_500), (9, 12, 78_000)]
    assert len(store.rows("SELECT DISTINCT payroll_id FROM payrolls")) == 4
    assert send(path, layout)["payrolls"].repeated == 4


def test_a_made_id_of_rows_with_other_contents_is_reported(send, write_xlsx, tmp_path):
    path = write_xlsx("2025年9月工资表.xlsx", TEAMS)
    [layout] = confirmed(tmp_path, path)
    key = replace(layout.key, made_from=("period",))
    [note] = send(path, replace(layout, key=key).confirm("王某", NOW))["payrolls"].notes
    assert (note.code, note.needs_answer, note.fields["keys"]) == ("keys_twice", True, "1")
    assert note.fields["examples"].endswith("（78,000 → 58,500）")


PAID = [
    ["2025年9月农民工工资发放台账", None, None, "单位：万元"],
    ["序号", "工程名称", "班组", "应发工资", "实发工资", "应发日期", "发放时间", "发放方式"],
    [1, "云渡小区二期", "木工班", 7.8, 7.8, "2025.10.15", "10月16日", "银行代发"],
    [2, "云渡小区二期", "钢筋班", 5.85, 2, "2025.10.15", "10月20日", "现金"],
    [3, "云渡小区二期", "瓦工班", 3, 0, "2025.10.15", "未发", None],
    [4, "云渡小区二期", "电工班", 1, 1, "2025.10.15", None, None],
    ["合计", None, None, 17.65, 10.8, None, None, None],
]


def test_payments_are_read_from_the_rows_of_their_payrolls(send, store, write_xlsx, tmp_path):
    path = write_xlsx("2025年9月工资发放台账.xlsx", PAID)
    [layout] = confirmed(tmp_path, path)
    assert (layout.table.name, layout.payments) == ("payrolls", True)

    files = send(path, layout)
    assert {name: (one.read, one.accepted, one.quarantined) for name, one in files.items()} == {
        "payrolls": (5, 4, 0),
        "payments": (3, 2, 1),  # 1 paid without a day
    }
    paid = store.rows(
        "SELECT r.amount_due // 100, p.amount // 100, p.paid_on::VARCHAR, p.channel FROM payrolls r"
        " LEFT JOIN payments p USING (payroll_id) ORDER BY 1 DESC"
    )
    assert paid == [
        (78_000, 78_000, "2025-10-16", "bank"),
        (58_500, 20_000, "2025-10-20", "cash"),
        (30_000, None, None, None),
        (10_000, None, None, None),
    ]
    assert not any(note.code == "blank_rows" for note in files["payments"].notes)
    [sheet] = files["payrolls"].sheets
    assert (files["payrolls"].ignored_columns, sheet.ignored) == (("序号",), ("序号",))
    used = {name: sheet.columns[name] for name in ("班组", "实发工资", "发放时间", "发放方式")}
    assert list(used.values()) == ["工资表编号", "实发金额", "发放日期", "发放方式"]
    again = send(path, layout)
    assert (again["payrolls"].repeated, again["payments"].repeated) == (4, 2)
    without = replace(layout, payments=False)
    assert not without.confirmed  # what is read is a part of what is confirmed
    assert list(send(path, without.confirm("王某", NOW))) == ["payrolls"]


def test_payments_in_a_plain_book_of_payrolls_are_offered(send, store, write_xlsx, tmp_path):
    head = ["工资表编号", "项目编码", "工资月份", "应发金额", "应发日期", "实发金额", "发放日期"]
    row = ["G1", "GC-01", "2025-09", 900, dt.date(2025, 10, 31), 800, dt.date(2025, 10, 14)]
    path = write_xlsx("工资表.xlsx", [head, row])
    [file] = send(path).values()
    [note] = file.notes
    assert (note.code, note.needs_answer) == ("paid_unread", False)
    assert note.fields["columns"] == "实发金额、发放日期"

    [layout] = confirmed(tmp_path, path)
    assert layout.payments
    files = send(path, layout)
    assert store.rows("SELECT payroll_id, amount FROM payments") == [("G1", 80_000)]
    apart = send(path, replace(layout, payments=False).confirm("王某", NOW))
    assert [one.notes for one in (*files.values(), *apart.values())] == [()] * 3


def test_a_book_sent_again_with_another_day_corrects_its_payment(send, store, write_xlsx, tmp_path):
    path = write_xlsx("2025年9月工资发放台账.xlsx", PAID)
    [layout] = confirmed(tmp_path, path)
    send(path, layout)

    steel = [2, "云渡小区二期", "钢筋班", 5.85, 5.85, "2025.10.15", "11月3日", "银行代发"]
    send(write_xlsx("2025年9月工资发放台账2.xlsx", [*PAID[:3], steel, *PAID[4:]]), layout)
    assert store.rows("SELECT count(DISTINCT payment_id) FROM payments") == [(2,)]


def test_payments_need_an_amount_and_a_day():
    assert paid_columns(wages("应发工资", "实发工资", "发放时间")) == {"amount": 1, "paid_on": 2}
    assert paid_columns(wages("应发工资", "实发工资", "发放方式")) == {}
    assert paid_columns(replace(wages("实发工资", "发放时间"), table=STORED_TABLES["cases"])) == {}


def wages(*headings):
    return Layout("工资", STORED_TABLES["payrolls"], headings, ())


def payments(sheet, **layout):
    """Rows of the payments in a sheet of payrolls with the ids G1, G2."""
    headings = tuple(sheet.content[1])
    fields = {"编号": "payroll_id", "月份": "period", "应发工资": "amount_due"}
    columns = tuple(ColumnRule(one, fields.get(one, "")) for one in headings)
    read = Layout("工资", STORED_TABLES["payrolls"], headings, columns, payments=True, **layout)
    paid = PaidSheet(TranslatedSheet(sheet, read, "工资.xlsx", Namer()))
    return paid, [cells[1:] for _, cells in paid.rows()]


WAGES = ["编号", "月份", "应发工资", "实发工资", "发放时间"]


def paid_below(*rows, title="2025年工资", **layout):
    return payments(SmallSheet([[title], WAGES, *rows]), **layout)[1][2:]


@pytest.mark.parametrize("amount", [0, 0.0, "0.000", "0元", "￥0.00", ".00", "未发", "—", None])
def test_nothing_paid_is_no_payment(amount):
    assert paid_below(["G1", "3月", 9, amount, None]) == []


def test_an_amount_that_cannot_be_read_is_shown():
    assert paid_below(["G1", "3月", 9, "约？", None]) == [["G1", "约？", None]]


def test_a_total_with_the_word_in_the_column_of_ids_is_no_payment():
    assert paid_below(["合计", None, 9, 9, None], ["G1", "3月", 9, 8, "4月1日"]) == [
        ["G1", 8, "4月1日"]
    ]


def test_a_row_of_units_below_the_head_is_that_of_payments_too():
    assert paid_below([None, None, "万元", "千元", None])[0] == [None, "千元", None]


def test_days_without_a_year_are_not_before_the_month_of_the_wages():
    rows = [["G1", "12月", 9, 9, "1月16日"], ["G2", "2025-03", 9, 9, "3月5日"]]
    assert paid_below(*rows) == [["G1", 9, "2026年1月16日"], ["G2", 9, "3月5日"]]
    assert paid_below(*rows, title="工资") == [["G1", 9, "1月16日"], ["G2", 9, "3月5日"]]
    assert paid_below(["2024年"], rows[0]) == [[], ["G1", 9, "2025年1月16日"]]


def test_a_block_with_other_columns_is_read_by_its_own_head():
    other = ["编号", "实发工资", "应发工资", "发放时间", "月份"]
    rows = paid_below(other, ["G2", 5, 7, "4月2日", "3月"])
    assert rows == [["G2", 5, "4月2日"]]
    assert paid_below(["编号", "应发工资", "月份"], ["G2", 5, "3月"]) == []


def test_a_merged_amount_counts_once_and_its_other_rows_are_asked_about():
    head = ["编号", "月份", "应发工资", "发放时间", "实发工资"]
    rows = [
        ["G1", "3月", 9, None, None],
        ["G2", "3月", 9, "4月1日", 30],
        ["G3", "3月", 9, None, None],
        ["G4", "3月", 9, None, None],
        ["G5", "3月", 9, None, None],
    ]
    sheet = SmallSheet([["2025年"], head, *rows], merges=[CellRange(4, 4, 6, 4)])
    paid, found = payments(sheet)
    assert found[2:] == [["G2", "4月1日", 30], ["G3", None, None], ["G4", None, None]]
    assert list(paid.merges) == [CellRange(4, 3, 6, 3)]
    assert (paid.strict_width, paid.hidden) == (False, False)


def test_a_heading_of_ids_in_two_lines_is_found():
    sheet = SmallSheet([["2025年"], ["编 号", *WAGES[1:]], ["G1", "3月", 9, 8, "4月1日"]])
    broken = replace(sheet, content=[["2025年"], ["编\n号", *WAGES[1:]], sheet.content[2]])
    read = Layout(
        "工资", STORED_TABLES["payrolls"], tuple(sheet.content[1]),
        (ColumnRule("编 号", "payroll_id"), ColumnRule("应发工资", "amount_due")),
        payments=True,
    )  # fmt: skip
    paid = PaidSheet(TranslatedSheet(broken, read, "工资.xlsx", Namer()))
    assert [cells[1:] for _, cells in paid.rows()][2:] == [["G1", 8, "4月1日"]]
