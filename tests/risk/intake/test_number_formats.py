"""Codes that a number format shows with zeros are read as shown."""

import datetime as dt

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake.cell_parsers import parse
from risk.intake.importer import import_file
from risk.intake.readers import open_sheets, xlsx
from risk.intake.readers.number_formats import padded_format

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
