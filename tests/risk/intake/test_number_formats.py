"""Codes that a number format shows with zeros are read as shown."""

import datetime as dt

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake.cell_parsers import parse
from risk.intake.importer import import_file
from risk.intake.readers import open_sheets, xlsx
from risk.intake.readers.number_formats import (
    AmountFormat,
    MonthFormat,
    PaddedFormat,
    padded_format,
    shown_format,
)

HEAD = ["案件编号", "项目编码", "立案日期", "状态", "涉及人数"]


@pytest.fixture
def book(tmp_path):
    """A book whose codes are numbers with a format, on rows 2, 3 and 5."""
    path = tmp_path / "案件.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(HEAD)
    for case, project in ((42, 7), (1000043, 8), (44, None), (45, "X1")):
        sheet.append([case, project, dt.date(2025, 3, 10), "立案", 3])
    for row in (2, 3, 5):
        sheet.cell(row, 1).number_format = "000000"
        sheet.cell(row, 2).number_format = '"XM-"000'
        sheet.cell(row, 5).number_format = "00"
    workbook.save(path)
    return path


def test_codes_have_the_zeros_that_the_sheet_shows(store, book, today):
    import_file(store, book, today=today)
    assert store.rows("SELECT case_id, project_id, workers FROM cases ORDER BY arrival") == [
        ("000042", "XM-007", 3),
        ("1000043", "XM-008", 3),
        ("44", None, 3),
        ("000045", "X1", 3),
    ]


def test_large_sheets_are_read_as_shown_too(book, monkeypatch):
    monkeypatch.setattr(xlsx, "MAX_AREA", 0)
    with xlsx.xlsx_sheets(book) as [sheet]:
        assert [row[1][0] for row in sheet.rows()] == [
            "案件编号",
            "000042",
            "1000043",
            44,
            "000045",
        ]
    with open_sheets(book) as [sheet]:
        assert [row[1][1] for row in sheet.rows()][1:] == ["XM-007", "XM-008", None, "X1"]


@pytest.mark.parametrize(
    "code", ["0", "0.00", "#,##0", "yyyy-mm-dd", "General", "0000-00-00", "00%"]
)
def test_formats_of_amounts_and_dates_add_no_zeros(code):
    assert padded_format(code) is None


@pytest.mark.parametrize("code", ["000000", "[$-804]000000", "000000;@", '"A"000000', r"\A000000"])
def test_formats_that_pad(code):
    assert padded_format(code).digits == 6
    assert padded_format(code).shown(0)[-6:] == "000000"
    assert padded_format(code).shown(-1) == -1


def test_padded_numbers_are_still_numbers():
    cases = TABLES["cases"]
    for name, value in (("workers", 5), ("amount_owed", 500)):
        assert parse("05", cases.field(name)) == value


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        *(('0.00"万元"', 12.5, "12.5万元"), ('General"万元"', 3, "3万元"), ('0"%"', 35, "35%")),
        *(('0!.0,"万"', 123_456, "12.3456万"), (r'0\.0,"万元"', 123_456, "12.3456万元")),
        *(('#,##0.00,,"百万元"', 1_234_567, "1.234567百万元"), ("#,##0,", 123_456, "123456元")),
        *(('_-* #,##0.00\\ "元"_-', 5, "5元"), ('[DBNum2][$-804]General"元整"', 100, "100元整")),
        *(('"约"0"万元"', 3, "约3万元"), ('G/通用格式"万元"', 5, "5万元")),
        *(('"$"#,##0.00', 5, "$5"), ("[$$-409]#,##0", 5, "$5"), ("[$€-2] 0", 5, "€5")),
        *(('0"美元"', 5, "5美元"), ("[$USD] 0", 5, "USD5")),
        *(
            ('"XM-"0', 42, "XM-42"),
            ('"第"0"期"', 3, "第3期"),
            ('"〔2025〕"000"号"', 7, "〔2025〕007号"),
        ),
    ],
)
def test_units_currencies_and_words_of_codes_are_read_as_shown(code, number, shown):
    assert shown_format(code).shown(number) == shown


@pytest.mark.parametrize(
    "code",
    [
        *("0", "0.00", "General", "@", "0%", "0.00E+00", "# ?/?", "000-0000", ";;;", "0_);(0)", ""),
        *('"¥"#,##0.00', "[$¥-804]#,##0.00;[Red]-[$¥-804]#,##0.00", '0"人"', '"共"0"人"'),
        *(
            "yyyy-mm-dd",
            'yyyy"年"m"月"d"日"',
            "mm:ss",
            '[>=10000]0!.0,"万";0',
            '0"万元/年"',
            '"未闭合',
        ),
        '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    ],
)
def test_formats_that_show_the_value(code):
    assert shown_format(code) is None


def test_the_currency_of_a_built_in_format_is_that_of_the_computer():
    assert shown_format('_("$"* #,##0.00_)', builtin=True) is None
    assert shown_format('_("$"* #,##0.00_)') == AmountFormat("$", "")
    assert shown_format("000", builtin=True) == PaddedFormat("", 3)


@pytest.mark.parametrize(
    "code",
    [
        *('yyyy"年"m"月"', 'yyyy"年"m"月";@', "yyyy-mm", "yyyy/m", "mmm-yy", "yyyymm"),
        '[DBNum1][$-804]yyyy"年"m"月";@',
    ],
)
def test_a_first_day_that_is_shown_as_a_month_was_typed_as_a_month(code):
    shown = shown_format(code).shown
    assert shown(dt.datetime(2025, 9, 1)) == "2025年9月"
    assert shown(dt.datetime(2025, 9, 2)) == dt.datetime(2025, 9, 2)
    assert (shown(45_901), shown(45_902), shown(9)) == ("2025年9月", 45_902, 9)


def test_other_cells_of_such_formats_stay():
    amount, month = AmountFormat("", "万元"), MonthFormat()
    for cell in (None, "待定", True, 10**15, dt.datetime(2025, 9, 2)):
        assert (amount.shown(cell), month.shown(cell)) == (cell, cell)
    assert (amount.shown(-1.5), amount.shown(0)) == ("-1.5万元", "0万元")


def test_amounts_and_months_are_imported_as_the_sheet_shows_them(store, tmp_path, today):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["项目编码", "项目名称", "行政区划代码", "开工日期", "合同金额（万元）"])
    shown = [
        *((3560, "General"), (123_456, '0!.0,"万"'), (123_456, "#,##0,"), (12, '0"元"')),
        (5000, '"$"#,##0'),
    ]
    for number, (amount, code) in enumerate(shown, start=1):
        sheet.append([f"P{number}", "某项目", "420321", dt.date(2025, 9, 1), amount])
        sheet.cell(number + 1, 5).number_format = code
        sheet.cell(number + 1, 4).number_format = 'yyyy"年"m"月"' if number == 1 else "yyyy-mm-dd"
    workbook.save(tmp_path / "工程项目.xlsx")
    report = import_file(store, tmp_path / "工程项目.xlsx", today=today, lenient=True)
    yuan = "contract_amount / 100, strftime(started_on, '%m-%d')"
    assert store.rows(f"SELECT {yuan} FROM projects ORDER BY project_id") == [
        *((35_600_000, "09-30"), (123_456, "09-01"), (123_456, "09-01"), (12, "09-01")),
        (None, "09-01"),
    ]
    assert report.unreadable == {"contract_amount": 1}
    assert report.marks["month_precision"] == 1
