"""Workbooks of text cells: what is read again is what was written."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import openpyxl
from python_calamine import load_workbook

from risk.intake.text_workbook import open_text_workbook

CELLS = [
    "00042",
    "2025-03",
    " a  b ",
    "line\nline",
    "a & b < c > d \"e\" 'f'",
    "<r><t>no markup</t></r>",
    "<r>&</r",
    "=1+1",
    "_x0041_",
    "工程𠮷",
]


def test_cells_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    rows = [["编号", "月份"], CELLS, ["", "only B", *[""] * 25, "AB3"], ["short"]]
    with open_text_workbook(path) as book:
        book.add_sheet("投诉 & 举报", [10, 20], iter(rows))
        book.add_sheet("空", [10], iter([]))

    read = load_workbook(path)
    assert read.sheet_names == ["投诉 & 举报", "空"]
    width = 28
    expected = [[*row, *[""] * (width - len(row))] for row in rows]
    assert read.get_sheet_by_index(0).to_python() == expected
    assert read.get_sheet_by_index(1).to_python() == []

    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert sheet["AB3"].value == "AB3"
    assert {cell.number_format for cell in sheet[2] if cell.value} == {"@"}
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["B"].width == 20


def test_a_sheet_may_be_larger_than_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with open_text_workbook(path) as book:
        book.add_sheet("a", [10], iter([["x"]]))
    with ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    header = path.read_bytes()[info.header_offset :]
    extra = header[30 + len(info.filename) :]
    assert extra[:4] == b"\x01\x00\x10\x00"
    assert int.from_bytes(extra[4:12], "little") == info.file_size


def test_the_parts_that_are_listed_are_there(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with open_text_workbook(path) as book:
        book.add_sheet("a", [10], iter([]))
        book.add_sheet("b", [10], iter([]))
    with ZipFile(path) as archive:
        types = archive.read("[Content_Types].xml").decode()
        listed = re.findall(r'PartName="/([^"]*)"', types)
        parts = [name for name in archive.namelist() if not name.endswith((".rels", "Types].xml"))]
        assert sorted(listed) == sorted(parts)


def test_carriage_returns_survive(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with open_text_workbook(path) as book:
        book.add_sheet("a", [10], iter([["x\r\ny"]]))
    assert load_workbook(path).get_sheet_by_index(0).to_python() == [["x\r\ny"]]
