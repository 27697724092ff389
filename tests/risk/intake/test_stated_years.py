"""Dates without a year get that of the title, where the title settles it."""

import datetime as dt

import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.stated_years import StatedYears, block_period, lacks_year, stated_years
from risk.intake.trial import try_files

HEAD = ["案件编号", "立案日期", "状态", "结案日期"]
PROJECTS = [
    ["项目编码", "项目名称", "行政区划代码", "开工日期"],
    ["GC-01", "河西小学", "420321", "2025-03-05"],
]


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2025年在建项目台账", [2025, 2025, 2025]),
        ("2024年12月至2025年2月考勤", [2025, None, 2024]),
        ("冬季行动（2025年11月-次年2月）", [2026, None, 2025]),
        ("2025年1-9月", [2025, 2025, None]),
        ("二〇二五年第三季度", [2025, 2025, None]),
        ("202509", [2025, 2025, None]),
        ("2024-2025年度", [None, None, None]),
        ("2023年3月-2025年2月", [None, None, None]),
        ("2025年12月-2月", None),
        ("2024年11月、2024年12月、2025年1月", [2025, None, 2024]),
        ("2025年9月至2025年1月、2024年12月", None),
        ("25年台账", [2025, 2025, 2025]),
        ("2025台账", [2025, 2025, 2025]),
        ("2025年1月", [2025, None, None]),
        ("2025年上半年", [2025, None, None]),
        ("2025年第四季度", [2025, 2025, 2025]),
        ("云渡小区二期", None),
    ],
)
def test_years_of_january_september_and_december(text, years):
    found = StatedYears.of(text)
    shown = found and [found.year(month) for month in (1, 9, 12)]
    assert shown == years or (shown is None and years == [None] * 3)


def test_the_nearest_title_with_a_year_counts():
    dated = ["填报日期：2026年1月5日", "青川县2025年台账"]
    assert stated_years("9月", [[], dated], "2024/a.xlsx") == StatedYears.of("2025年")
    assert stated_years("9月", [["2024年"], dated], "a.xlsx") == StatedYears.of("2024年")
    assert stated_years("9月", [["2024年", "2025年"]], "2025年/a.xlsx") is None
    assert stated_years("9月", [["台账"]], "2025年/9月/a.xlsx") == StatedYears.of("2025年")
    assert stated_years("9月", [], "2024年/2025年/a.xlsx") == StatedYears.of("2025年")
    assert stated_years("9月", [], "2024年/2025年/2023.xlsx") == StatedYears.of("2023年")
    assert stated_years("2022年", [[5, None]], "2023.xlsx") == StatedYears.of("2022年")
    assert stated_years("", [["2025年", "二〇二五年台账"]], "") == StatedYears.of("2025年")
    assert stated_years("", [["台账"]], "a.xlsx") is None


def test_a_day_without_a_year_gets_that_of_its_month():
    period = StatedYears.of("2024年12月至2025年2月")
    assert str(period) == "2024-12 – 2025-02"
    assert [period.complete(text) for text in ("十二月 五日", "2月", "3月1日", "2月31", "x")] == [
        *("2024年12月5日", "2025年2月", None, "2025年2月31", None)
    ]


def rows(*cells):
    return [["2024年12月至2025年2月案件"], HEAD, *cells]


def test_days_get_the_year_within_the_period_and_others_are_looked_at(store, write_xlsx, today):
    cases = [["C1", "12月5日", "结案", "三月一日"], ["C2", "2月3日", "立案", None]]
    path = write_xlsx("案件.xlsx", rows(*cases))
    [file] = import_into(store, [path], today=today).files
    assert store.rows(
        "SELECT case_id, max(opened_on)::VARCHAR FROM cases GROUP BY ALL ORDER BY 1"
    ) == [
        ("C1", "2024-12-05"),
        ("C2", "2025-02-03"),
    ]
    assert file.unreadable == {"closed_on": 1}
    assert file.marks == {"year_of_day": 2}
    [note] = [one for one in file.notes if one.code == "year_from_title"]
    assert note.fields["period"] == "2024-12 – 2025-02"


@pytest.mark.parametrize(
    ("cells", "month"),
    [
        *((["2025年11月工资表", None], 11), ([None, "", "元月份"], 1), (["四季度工资"], None)),
        *((["制表日期：2025年11月30日"], None), (["2025年11月30日"], None), ([11], None)),
        *((["备注：11月工资已发"], None), (["截至2025年11月"], None), (["11月", 5], None)),
    ],
)
def test_the_month_that_the_title_of_a_block_states(cells, month):
    period = block_period(cells)
    assert (period and period.month) == month


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_a_block_per_month_on_one_sheet_gives_the_month_of_its_rows(
    store, write_xlsx, today, tmp_path, again, own
):
    head = ["工资表编号", "项目编码", "应发金额", "应发日期"]
    head = head if own else ["工资单号", "工程编号", "应付工资", "应付日期"]
    table = [["2025年10月工资"], head, ["G1", "GC-01", 100, "2025-11-15"], ["2025年11月工资"]]
    table += [*([head] * again), ["G2", "GC-01", 100, "2025-12-15"]]
    path = write_xlsx("工资表.xlsx", table)
    layouts = []
    for proposal in try_files([path], OfficeLayouts())[0].proposals:
        written = write_layout(tmp_path, proposal.layout)
        layouts.append(read_layout(written).confirm("王某", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)))
    office = OfficeLayouts(() if own else tuple(layouts))
    [file] = import_into(store, [path], today=today, office=office).files
    months = store.rows("SELECT strftime(period, '%Y-%m') FROM payrolls ORDER BY payroll_id")
    assert months == [("2025-10",), ("2025-11",)]
    assert (file.quarantined, file.set_aside) == (0, 1 + again)


def test_numbers_in_a_column_of_months_are_months_of_the_stated_year(store, write_xlsx, today):
    head = ["工资表编号", "项目编码", "应发日期", "工资月份", "应发金额"]
    rows = [["G1", "GC-01", "2026-01-15", 12, 100], ["G2", "GC-01", "2026-01-15", "09", 100],
            ["G3", "GC-01", "2026-01-15", 13, 100]]  # fmt: skip
    path = write_xlsx("工资表.xlsx", [["2025年工资"], head, *rows])
    [file] = import_into(store, [path], today=today).files
    months = store.rows("SELECT strftime(period, '%Y-%m') FROM payrolls ORDER BY payroll_id")
    assert (months, file.quarantined) == ([("2025-12",), ("2025-09",)], 1)


@pytest.mark.parametrize("again", [[HEAD], [], [[*HEAD[:3], "备注", HEAD[3]]]])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_rows_below_another_title_have_its_year(store, write_csv, write_xlsx, today, again, suffix):
    """Whether the head is repeated, is not, or is a different one."""
    first = rows(["C1", "12月5日", "立案", ""], ["C3", "1月6日", "立案", ""])
    table = [*first, ["2023年案件"], *again, ["C2", "5月", "立案", ""]]
    padded = [[*row, *[""] * (5 - len(row))] for row in table]
    path = (write_csv if suffix == "csv" else write_xlsx)(f"案件.{suffix}", padded)
    [file] = import_into(store, [path], today=today).files
    assert store.rows("SELECT opened_on::VARCHAR FROM cases ORDER BY case_id") == [
        ("2024-12-05",),
        ("2023-05-31",),
        ("2025-01-06",),
    ]
    assert file.marks == {"year_of_day": 2, "year_of_month": 1}
    assert file.quarantined == 1


def test_without_a_year_in_any_title_the_row_is_quarantined(store, write_xlsx, today):
    path = write_xlsx(
        "案件.xlsx", [HEAD, ["C1", "12月5日", "立案", None], ["C2", "2025.3.1", "立案", None]]
    )
    [file] = import_into(store, [path], today=today).files
    assert (file.quarantined, file.marks) == (1, {})


def test_wages_are_due_and_paid_from_their_month_on(store, write_xlsx, today):
    head = ["工资表编号", "项目编码", "应发日期", "工资月份", "应发金额"]
    write_xlsx("工程项目.xlsx", PROJECTS)
    write_xlsx(
        "2025年工资表.xlsx",
        [["年度补发"], head, ["G4", "GC-01", "1月20日", "12月", 100]],
        七月=[["2025年7月工资"], head, ["G1", "GC-01", "8月15日", "7月份", 100]],
        十二月=[
            head,
            ["G2", "GC-01", "1月中旬", "12月", 100],
            ["G3", "GC-01", "2025年12月31日", "12月", 100],
        ],
    )
    pay = ["发放编号", "工资表编号", "发放日期", "实发金额"]
    path = write_xlsx(
        "2025年工资发放.xlsx",
        [pay],
        十二月=[pay, ["F1", "G2", "1月16日", 1], ["F2", "G1", "11月2日", 1]],
    )
    report = import_into(store, [path.parent], today=today)
    assert not report.failed
    assert store.rows(
        "SELECT payroll_id, strftime(period, '%Y-%m'), due_on::VARCHAR FROM payrolls ORDER BY 1"
    ) == [
        ("G1", "2025-07", "2025-08-15"),
        ("G2", "2025-12", "2026-01-31"),
        ("G3", "2025-12", "2025-12-31"),
        ("G4", "2025-12", "2026-01-20"),
    ]
    assert store.rows("SELECT payment_id, paid_on::VARCHAR FROM payments ORDER BY 1") == [
        ("F1", "2026-01-16"),
        ("F2", "2025-11-02"),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("10/15", "2025年10月15日"),
        ("10-08", "2025年10月08日"),
        ("10.8", "2025年10月8日"),
        ("9.15", "2025年9月15日"),
        ("10.01", "2025年10月01日"),
        *((text, None) for text in ("10.1", "10.3", "12/5", "13/5", "10/32", "10/15/25", "1015")),
    ],
)
def test_a_day_in_figures_has_the_year_of_the_title(text, day):
    assert StatedYears.of("2025年10月检查记录").complete(text) == day
    assert lacks_year(text) is (day is not None or text == "12/5")


def test_a_book_of_a_month_with_days_in_figures(store, write_xlsx, today):
    head = ["检查编号", "项目编码", "检查日期", "是否发现欠薪"]
    days = ["10/8", "10.15", "10-20", "10.1", "11/3"]
    rows = [[f"J{n}", "X1", day, "否"] for n, day in enumerate(days)]
    path = write_xlsx("检查.xlsx", [["2025年10月检查记录"], head, *rows])
    [file] = import_into(store, [path], today=today, office=OfficeLayouts()).files
    assert file.quarantined == 2
    found = store.rows("SELECT inspected_on FROM inspections ORDER BY 1")
    assert [day.isoformat() for (day,) in found] == ["2025-10-08", "2025-10-15", "2025-10-20"]
