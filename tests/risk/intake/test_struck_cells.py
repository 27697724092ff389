"""What is struck out in a workbook: whole rows, single cells, and the old value in a cell."""

import datetime as dt
import zipfile
from collections import Counter
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from risk.intake.file_errors import WorkbookBroken
from risk.intake.importer import import_file, import_into
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.month_columns import month_sheet
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.readers import open_sheets, xlsx
from risk.intake.readers.cell_formats import shown_styles
from risk.intake.trial import needs_layout, try_files
from risk.intake.unreadable_cells import unreadable_groups

from .small_sheets import SmallSheet

STRUCK = Font(strike=True)
CASES = [
    ["案件编号", "项目编码", "立案日期", "状态", "拖欠金额", "备注"],
    ["A1", "P1", dt.date(2025, 3, 10), "立案", 100, "甲"],
    ["A2", "P2", dt.date(2025, 3, 11), "立案", 200, "作废"],
    ["A3", "P3", dt.date(2025, 3, 12), "立案", 300, None],
]
LEDGER = [
    ["工程名称", "所属乡镇", "施工单位", "合同价（万元）", "开工时间"],
    ["云渡小区二期", "乔庄镇", "川北某某建筑公司", 3560, "2025.3.5"],
    ["竹园污水管网", "竹园镇", "利州某某建筑公司", 1280, "2024.11.1"],
]


@pytest.fixture
def book(tmp_path):
    """Writes a workbook of one sheet, with the given cells struck out."""

    def write(name, rows, *struck):
        workbook = openpyxl.Workbook()
        for row in rows:
            workbook.active.append(row)
        for place in struck:
            cells = workbook.active[place]
            for cell in cells if isinstance(cells, tuple) else (cells,):
                cell.font = STRUCK
        workbook.save(tmp_path / name)
        return tmp_path / name

    return write


def _account(report):
    kinds = ("read", "accepted", "repeated", "quarantined", "set_aside", "struck")
    return [getattr(report, kind) for kind in kinds]


def _note(report):
    [note] = [note for note in report.notes if note.code.startswith("struck_rows")]
    assert note.needs_answer is (note.code == "struck_rows")
    return dict(note.fields), note.needs_answer


def test_a_row_that_is_struck_out_is_set_aside_and_asked_about(store, book, today):
    # The remark, which is not read, was left.
    path = book("案件.xlsx", CASES, "A3", "B3", "C3", "D3", "E3")
    report = import_file(store, path, today=today)
    assert store.rows("SELECT case_id FROM cases ORDER BY 1") == [("A1",), ("A3",)]
    assert _account(report) == [3, 2, 0, 0, 1, 1]
    assert report.as_json()["struck"] == 1
    assert _note(report) == ({"rows": 1, "examples": "3", "sheet": "Sheet"}, True)


def test_a_required_cell_that_is_struck_out_is_no_value(store, book, today):
    path = book("案件.xlsx", CASES, "C2", "E2", "E3")
    report = import_file(store, path, today=today, lenient=True)
    assert _account(report) == [3, 2, 0, 1, 0, 0]
    assert store.rows("SELECT case_id, amount_owed FROM cases ORDER BY 1") == [
        ("A2", None),
        ("A3", 30_000),
    ]
    assert report.unreadable == {"amount_owed": 1}
    [group] = unreadable_groups(store)
    assert (group.raw, group.code) == ("#STRUCK! 200", "struck")


def test_the_struck_part_of_a_cell_is_not_read(store, tmp_path, today):
    struck, plain = InlineFont(strike=True), InlineFont(b=True)
    workbook = openpyxl.Workbook()
    for row in CASES:
        workbook.active.append(row)
    sheet = workbook.active
    sheet["E2"] = CellRichText(TextBlock(struck, "100"), TextBlock(plain, " 150"))
    sheet["E3"] = CellRichText(TextBlock(struck, "2"), TextBlock(struck, "00"))
    sheet["A4"] = CellRichText("A", TextBlock(struck, "8"), "9")
    workbook.save(tmp_path / "案件.xlsx")
    import_file(store, tmp_path / "案件.xlsx", today=today, lenient=True)
    found = store.rows("SELECT case_id, amount_owed FROM cases ORDER BY 1")
    assert found == [("A1", 15_000), ("A2", None), ("A9", 30_000)]


@pytest.mark.parametrize("area", [0, xlsx.MAX_AREA])
def test_all_kinds_of_cells_are_marked_in_both_ways_of_reading(book, monkeypatch, area):
    monkeypatch.setattr(xlsx, "MAX_AREA", area)
    path = book("案件.xlsx", [["a", 1, 2.5, dt.date(2025, 3, 1), None, "=1/0"]], 1)
    with xlsx.xlsx_sheets(path) as [sheet]:
        [(_, cells)] = sheet.rows()
    marked = ["a", "1", "2.5", "2025-03-01"]
    assert cells == [*(f"#STRUCK! {one}" for one in marked), None, "#STRUCK! #FORMULA!"]


def test_a_workbook_without_struck_fonts_has_no_style_to_look_for(book):
    path = book("案件.xlsx", CASES)
    with xlsx.zipfile.ZipFile(path) as opened:
        assert shown_styles(opened) == {}


def _office(tmp_path, path, **changes):
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    assert (needs_layout(proposal), proposal.layout.struck) == (True, "set_aside")
    layout = read_layout(write_layout(tmp_path / "layouts", replace(proposal.layout, **changes)))
    return OfficeLayouts((layout.confirm("王某", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),))


@pytest.mark.parametrize(("choice", "stored"), [("set_aside", 1), ("read", 2), ("", 1)])
def test_a_layout_says_once_what_becomes_of_struck_rows(
    store, book, today, tmp_path, choice, stored
):
    path = book("在建项目.xlsx", LEDGER, 3)
    office = _office(tmp_path, path, struck=choice, region="510822")
    [report] = import_into(store, [path], today=today, office=office).files
    assert _account(report) == [2, stored, 0, 0, 2 - stored, 2 - stored]
    firms = {name for (name,) in store.rows("SELECT org_name FROM organizations")}
    assert len(firms) == stored  # a firm of a struck row alone is not stored
    if choice != "read":
        assert _note(report)[1] is (choice == "")


def test_struck_rows_in_a_book_with_the_contracts_headings_get_a_layout_too(book, tmp_path):
    assert not needs_layout(try_files([book("案件.xlsx", CASES)], OfficeLayouts())[0].proposals[0])
    _office(tmp_path, book("案件.xlsx", CASES, 3))


def test_a_merged_cell_is_not_filled_into_a_struck_row(store, book, today, tmp_path):
    rows = [*LEDGER, [None, None, "广元某某建筑公司", 500, "2024.12.1"]]
    path = book("在建项目.xlsx", rows, 4)
    workbook = openpyxl.load_workbook(path)
    workbook.active.merge_cells("B3:B4")
    workbook.active["A4"].value = "某某道路"
    workbook.save(path)
    office = _office(tmp_path, path, region="510822")
    [report] = import_into(store, [path], today=today, office=office).files
    assert _account(report) == [3, 2, 0, 0, 1, 1]


def test_workers_that_are_struck_out_are_not_in_the_totals(store, book, tmp_path, today):
    store_project = book("工程项目.xlsx", [
        ["项目编码", "项目名称", "行政区划代码", "开工日期"],
        ["P1", "测试项目", "420321", "2025-03-05"],
    ])  # fmt: skip
    rows = [
        ["测试项目钢筋班2025年9月工资表"],
        ["序号", "姓名", "工种", "应发工资", "实发工资"],
        [1, "张三", "钢筋工", 5000, 5000],
        [2, "李四", "钢筋工", 6000, 6000],
        [3, "王五", "钢筋工", 7000, 7000],
    ]
    wages = book("测试项目钢筋班2025年9月工资表.xlsx", rows, 4)
    report = import_into(store, [store_project, wages], today=today)
    assert report.failed == ()
    assert store.rows("SELECT amount_due, workers FROM payrolls") == [(1_200_000, 2)]
    notes = Counter(note.code for file in report.files for note in file.notes)
    assert notes["worker_struck"] == 1


XML = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="s1"><Font ss:StrikeThrough="1"/></Style>
<Style ss:ID="s2"><NumberFormat ss:Format="0.00&quot;万元&quot;"/></Style></Styles>
<Worksheet ss:Name="a"><Table><Row>
<Cell ss:StyleID="s1"><Data ss:Type="Number">12</Data></Cell>
<Cell ss:StyleID="s2"><Data ss:Type="Number">12</Data></Cell>
<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"
><B><S>12000</S></B> 15000</ss:Data></Cell>
<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><S>12000</S></ss:Data></Cell>
<Cell><Data ss:Type="String"> a </Data></Cell>
</Row></Table></Worksheet></Workbook>"""


def test_struck_cells_of_a_workbook_in_xml(tmp_path):
    (tmp_path / "a.xls").write_text(XML, encoding="utf-8")
    with open_sheets(tmp_path / "a.xls") as [sheet]:
        [(_, cells)] = sheet.rows()
    assert cells == ["#STRUCK! 12", "12万元", "15000", "#STRUCK! 12000", " a "]


def test_the_months_of_a_row_that_is_struck_out_are_struck_out_too():
    struck = ["#STRUCK! 某项目", "#STRUCK! 5", "#STRUCK! 6"]
    rows = [["2025年各项目应发工资"], ["项目名称", "1月", "2月"], ["甲项目", 1, 2], struck]
    sheet = month_sheet(SmallSheet(rows), "")
    assert [cells for number, cells in sheet.rows() if number == 4] == [
        ["#STRUCK! 某项目", "#STRUCK! 2025-01", "#STRUCK! 5"],
        ["#STRUCK! 某项目", "#STRUCK! 2025-02", "#STRUCK! 6"],
    ]


PAGE = """<html><head><style>
.xl65 {color:red; text-decoration:line-through;} .xl66 {color:red;}</style></head><table>
<tr><td><s>A1</s></td><td><del>100</del> 150</td><td class=xl65>P1<td class="xl66 a">立案</td></tr>
<tr><td><span style="text-decoration: line-through">1<b>2</b></span>3<span>4</span></td>
<td style="text-decoration:line-through" x:num="100.25">100</td>
<td><strike>a<br>b</td><td>c</td></tr>
<tr style="text-decoration:line-through"><td>A3</td><td></td><td><b>x</b></td></tr>
<tr><td>A4</td><td><span>a<span style="text-decoration:line-through">b</span>c</span></td></tr>
</table>"""


def test_struck_cells_of_a_page(tmp_path):
    (tmp_path / "案件.xls").write_text(PAGE, encoding="utf-8")
    with open_sheets(tmp_path / "案件.xls") as [sheet]:
        rows = [list(cells) for _, cells in sheet.rows()]
    assert rows == [
        ["#STRUCK! A1", "150", "#STRUCK! P1", "立案"],
        ["34", "#STRUCK! 100.25", "#STRUCK! a b", "c"],
        ["#STRUCK! A3", None, "#STRUCK! x"],
        ["A4", "ac"],
    ]


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:automatic-styles>
<style:style style:name="S" style:family="table-cell"><style:text-properties
 style:text-line-through-style="solid" style:text-line-through-type="single"/></style:style>
<style:style style:name="S2" style:family="table-cell" style:parent-style-name="S"/>
<style:style style:name="N" style:family="table-cell" style:parent-style-name="S">
<style:text-properties style:text-line-through-style="none"/></style:style>
<style:style style:name="T" style:family="text"><style:text-properties
 style:text-line-through-type="double"/></style:style>
<style:style style:name="B" style:family="text"><style:text-properties/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>
<table:table table:name="案件"><table:table-column table:number-columns-repeated="2"/>
<table:table-column table:default-cell-style-name="S"/>{rows}</table:table>
<table:table table:name="空"><table:table-row>{plain}</table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


MANIFEST = """<?xml version="1.0"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"""


def ods_cell(text, style="", more=""):
    own = f' table:style-name="{style}"' if style else ""
    return (
        f'<table:table-cell{own} office:value-type="string"{more}>'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def write_ods(path, *rows):
    """Rows of XML in a sheet whose third column is struck out by default, and a second sheet."""
    xml = "".join(
        f"<table:table-row{more}>{''.join(cells)}</table:table-row>" for more, cells in rows
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", MANIFEST)
        book.writestr("content.xml", ODS.replace("{rows}", xml).replace("{plain}", ods_cell("a")))
    return path


def ods_rows(path):
    with open_sheets(path) as sheets:
        return [[list(cells) for _, cells in one.rows()] for one in sheets]


def test_struck_cells_of_an_open_document(tmp_path):
    path = write_ods(
        tmp_path / "案件.ods",
        ("", [ods_cell("A1", "S"), ods_cell("a", "S2"), ods_cell("b"), ods_cell("c")]),
        ("", [ods_cell("A2", "N"),
              ods_cell('<text:span text:style-name="T">100</text:span> 150', "B"),
              ods_cell("b", "N"), ods_cell('x<text:span text:style-name="B">y</text:span>')]),
        (' table:number-rows-repeated="2" table:default-cell-style-name="S"',
         [ods_cell("A3", more=' table:number-columns-repeated="2"'), ods_cell("c", "N")]),
        ("", ["<table:table-cell/>", ods_cell("A4")]),
    )  # fmt: skip
    [first, second] = ods_rows(path)
    assert first == [
        ["#STRUCK! A1", "#STRUCK! a", "#STRUCK! b", "c"],
        ["A2", "150", "b", "xy"],
        ["#STRUCK! A3", "#STRUCK! A3", "c", None],
        ["#STRUCK! A3", "#STRUCK! A3", "c", None],
        [None, "A4", None, None],
    ]
    assert second == [["a"]]


def test_struck_rows_of_an_open_document_are_set_aside(store, tmp_path, today):
    head, *rows = [["案件编号", "项目编码", "立案日期", "状态"], ["A1", "P1", "2025-03-10", "立案"],
                   ["A2", "P2", "2025-03-11", "立案"]]  # fmt: skip
    cells = [("", [ods_cell(text, "N") for text in head])]
    cells += [("", [ods_cell(text, style) for text in row])
              for row, style in zip(rows, "SN", strict=True)]  # fmt: skip
    report = import_file(store, write_ods(tmp_path / "案件.ods", *cells), today=today)
    assert store.rows("SELECT case_id FROM cases") == [("A2",)]
    assert _account(report) == [2, 1, 0, 0, 1, 1]
    assert {note.code for note in report.notes} == {"struck_rows", "merges_unread"}


def test_a_damaged_open_document_is_refused(tmp_path):
    path = write_ods(tmp_path / "案件.ods", ("", [ods_cell("A1", "S")]))
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("styles.xml", "<a>")
    with pytest.raises(WorkbookBroken), open_sheets(path):
        pass
