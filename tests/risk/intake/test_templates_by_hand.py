"""Forms of tables as a spreadsheet program opens them."""

import datetime as dt
from dataclasses import replace

import openpyxl
import pytest

from risk.contract import TABLES, Field, FieldType
from risk.intake.templates import write_template

FIRMS = TABLES["organizations"]
KINDS = "建设单位、施工总承包、专业分包、劳务分包、其他用人单位"


@pytest.fixture
def form(tmp_path):
    def write(table, language="zh"):
        write_template(tmp_path / "form.xlsx", table, language)
        return openpyxl.load_workbook(tmp_path / "form.xlsx")

    return write


def test_a_form_has_the_headings_with_notes_and_lists_of_terms(form):
    sheet, _ = form(FIRMS)
    assert (sheet.title, sheet.freeze_panes, sheet.max_row) == ("单位", "A2", 1)
    names = [
        "统一社会信用代码",
        "单位名称",
        "单位类型",
        "注册资本（元）",
        "成立日期",
        "行政区划代码",
    ]
    assert [cell.value for cell in sheet[1]] == names
    assert all(cell.font.b and cell.alignment.wrap_text for cell in sheet[1])
    assert [cell.fill.fgColor.rgb[2:] for cell in sheet[1]] == ["FCE4D6"] * 2 + ["EDEDED"] * 4
    assert [(cell.comment.text, cell.comment.author) for cell in sheet[1][1:4]] == [
        ("必填。文字", "Wagewatch"),
        (f"选填。从下拉列表中选择：{KINDS}", "Wagewatch"),
        ("选填。金额，单位为元；以万元计的，请将表头改为“（万元）”", "Wagewatch"),
    ]
    [rule] = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("C2:C1001", f'"{KINDS.replace("、", ",")}"')
    assert (rule.promptTitle, rule.prompt) == ("单位类型", f"从下拉列表中选择：{KINDS}")


def test_columns_have_a_width_and_the_format_of_their_type(form):
    sheet, notes = form(FIRMS)
    columns = {
        (one.min, one.max): (round(one.width), one.number_format)
        for one in sheet.column_dimensions.values()
    }
    assert columns == {
        (1, 1): (19, "@"),  # 18 characters and a margin
        (2, 2): (19, "@"),
        (3, 4): (19, "General"),
        (5, 5): (19, "yyyy-mm-dd"),
        (6, 6): (19, "@"),
    }
    [wide] = notes.column_dimensions.values()
    assert (wide.min, wide.max, round(wide.width)) == (1, 4, 37)


def test_notes_show_how_each_column_is_written_with_an_example(form):
    book = form(FIRMS)
    notes = book["填写说明"]
    assert all(cell.font.b for cell in notes[1])
    assert not any(cell.font.b for row in notes.iter_rows(min_row=2) for cell in row)
    rows = list(notes.iter_rows(values_only=True))
    assert rows[0] == ("列", "是否必填", "填写要求", "示例")
    assert [(row[0], row[1], row[3]) for row in rows[1:]] == [
        ("统一社会信用代码", "必填", "XM-2026-001"),
        ("单位名称", "必填", "云渡小区二期"),
        ("单位类型", "选填", "建设单位"),
        ("注册资本", "选填", "35600000"),
        ("成立日期", "选填", "2026-03-05"),
        ("行政区划代码", "选填", "XM-2026-001"),
    ]
    assert book.properties.created == dt.datetime(2026, 1, 1)


def test_terms_of_255_characters_are_a_list_and_longer_ones_are_not(form):
    def terms(length):
        names = [character * 84 for character in "甲乙"] + ["丙" * (length - 170)]
        return dict(zip("abc", names, strict=True))

    fields = (
        Field("a", "甲", FieldType.ENUM, values=terms(255)),
        Field("b", "乙", FieldType.ENUM, values=terms(256)),
        Field("c", "丙", FieldType.BOOL),
    )
    sheet, _ = form(replace(FIRMS, fields=fields))
    long, yes = sheet.data_validations.dataValidation
    assert (str(long.sqref), len(long.formula1), len(long.prompt)) == ("A2:A1001", 257, 255)
    assert (str(yes.sqref), yes.formula1) == ("C2:C1001", '"是,否"')
