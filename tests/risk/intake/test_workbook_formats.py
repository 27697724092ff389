"""Old and open formats of workbooks, and the two ways of reading .xlsx."""

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest

from risk.intake.cells import FORMULA_WITHOUT_VALUE
from risk.intake.file_errors import IntakeFailure
from risk.intake.importer import import_file
from risk.intake.readers import CellRange, open_sheets
from risk.intake.readers.formats import Format, detect_format
from risk.intake.readers.xlsx import as_shown, xlsx_sheets
from risk.intake.readers.xml_book import xml_book_sheets

from .binary_books import ErrorCell, write_xls, write_xlsb

SHARED = Path(__file__).resolve().parents[4] / "shared"
CASES = SHARED / "cases"
_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"""
_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content
  xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
  xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
  xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="九月"><table:table-row>
<table:table-cell office:value-type="string"><text:p>000042</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="12.5"/>
<table:table-cell office:value-type="date" office:date-value="2025-03-05"/>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def _code(path):
    with pytest.raises(IntakeFailure) as raised, open_sheets(path) as sheets:
        list(sheets[0].rows())
    return raised.value.code


@pytest.fixture
def book(tmp_path):
    """A workbook with every kind of cell, a merged range, a hidden row and a hidden sheet."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["编号", "金额", "日期", "是否", "备注"])
    sheet.append(["000042", 12, dt.datetime(2025, 3, 5), True, "甲\n乙"])
    sheet.append([202509, 1 / 3, dt.datetime(2025, 3, 5, 14, 30), False, None])
    sheet.append(["'1", -5.0, None, "#N/A", "=1+1"])
    sheet["D4"].data_type = "e"
    sheet["A7"] = 420322199001011234
    sheet["B7"], sheet["B7"].number_format = 45721, "0.00"
    sheet["C7"], sheet["C7"].number_format = 45721, '[DBNum1][$-804]yyyy"年"m"月"d"日"'
    sheet["D7"], sheet["D7"].number_format = 0.5, "0%"
    sheet.merge_cells("A8:B9")
    sheet.row_dimensions[3].hidden = True
    made.create_sheet("隐藏").sheet_state = "hidden"
    path = tmp_path / "payments.xlsx"
    made.save(path)
    return path


def _filled(rows, marks):
    """Cells by row and column with their types; error values are those of ``marks``."""
    read = {
        (number, index): (type(cell), cell)
        for number, cells in rows
        for index, cell in enumerate(cells)
        if cell is not None
    }
    replaced = marks.replaced.items()
    return read | {(row, n): (str, cell) for row, cells in replaced for n, cell in cells.items()}


def test_both_ways_of_reading_xlsx_have_the_same_values(book):
    with xlsx_sheets(book) as sheets:
        streamed = _filled(sheets[0].streamed_rows(), sheets[0].marks)
        assert streamed == _filled(sheets[0].rows(), sheets[0].marks)
        assert streamed[7, 1] == (int, 45721)
        assert streamed[7, 2] == (dt.datetime, dt.datetime(2025, 3, 5))
        assert streamed[4, 3] == (str, "#N/A")
        assert streamed[4, 4] == (str, FORMULA_WITHOUT_VALUE)


def test_the_columns_of_a_sheet_that_begins_further_right(tmp_path):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet["C3"], sheet["D4"], sheet["E4"] = "编号", "#REF!", "=1+1"
    sheet["D4"].data_type = "e"
    path = tmp_path / "payments.xlsx"
    made.save(path)
    with xlsx_sheets(path) as (one,):
        assert _filled(one.rows(), one.marks) == _filled(one.streamed_rows(), one.marks)
        assert {cell: text for cell, (_, text) in _filled(one.rows(), one.marks).items()} == {
            (3, 2): "编号",
            (4, 3): "#REF!",
            (4, 4): FORMULA_WITHOUT_VALUE,
        }


def _shared_books():
    if not SHARED.is_dir():
        return []
    files = [path for top in ("cases", "samples") for path in SHARED.glob(f"{top}/*/**/*.xls[xm]")]
    small = (path for path in sorted(files) if path.stat().st_size < 100_000)
    return [path for path in small if zipfile.is_zipfile(path)]


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared is not there")
def test_both_ways_have_the_same_values_on_every_shared_book():
    differing, count = [], 0
    for path in _shared_books():
        with xlsx_sheets(path) as sheets:
            for sheet in sheets:
                count += 1
                streamed = as_shown(sheet.streamed_rows(), sheet.marks.formatted.by_row())
                both = (_filled(rows, sheet.marks) for rows in (sheet.rows(), streamed))
                if next(both) != next(both):
                    differing.append((path.parts[-3], sheet.name))
    assert differing == []
    assert count > 80


@pytest.mark.parametrize("area", [0, 10**6])
def test_dates_of_1904_are_read_right(tmp_path, monkeypatch, area):
    monkeypatch.setattr("risk.intake.readers.xlsx.MAX_AREA", area)
    made = openpyxl.Workbook()
    made.epoch = dt.datetime(1904, 1, 1)
    made.active.append([dt.datetime(2025, 3, 5)])
    path = tmp_path / "payments.xlsx"
    made.save(path)
    with xlsx_sheets(path) as (sheet,):
        assert [list(cells) for _, cells in sheet.rows()] == [[dt.datetime(2025, 3, 5)]]


@pytest.mark.parametrize("name", ["payments.xls", "payments.et", "payments.csv", "payments.dat"])
def test_a_workbook_is_read_whatever_its_suffix(book, name):
    with open_sheets(book.rename(book.with_name(name))) as sheets:
        assert [one.hidden for one in sheets] == [False, True]
        assert next(sheets[0].rows()) == (1, ["编号", "金额", "日期", "是否", "备注"])


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared is not there")
def test_old_workbooks_of_two_programs():
    for path in sorted(CASES.glob("18a*/in/*")):
        if path.read_bytes().startswith(b"\xd0\xcf\x11\xe0"):
            with open_sheets(path) as (sheet,):
                rows = list(sheet.rows())
            assert rows[0][0] == 1
            assert len(rows) > 1
            assert all(type(cell) is str for cell in rows[1][1])


_ROWS = [
    [None, "编号", "金额", "日期"],
    [None, "000042", 12.5, dt.date(2025, 3, 5)],
    [None, "甲", ErrorCell(), None],
    [],
    [None, None, 7, "𠮷"],
]


@pytest.mark.parametrize("write", [write_xls, write_xlsb])
def test_binary_workbooks(tmp_path, write):
    path = write(tmp_path / f"payments.{write.__name__[6:]}", _ROWS, name="九月")
    assert detect_format(path) == Format(path.suffix[1:])
    with open_sheets(path) as (sheet,):
        assert (sheet.name, sheet.hidden, sheet.merges) == ("九月", False, ())
        assert not sheet.strict_width
        filled = [(number, list(cells)) for number, cells in sheet.rows() if any(cells)]
    assert filled == [
        (1, [None, "编号", "金额", "日期"]),
        (2, [None, "000042", 12.5, dt.date(2025, 3, 5)]),
        (3, [None, "甲", None, None]),
        (5, [None, None, 7, "𠮷"]),
    ]


def test_merged_cells_of_an_old_workbook(tmp_path):
    path = write_xls(tmp_path / "payments.xls", _ROWS, merges=[(1, 2, 3, 3), (3, 4, 1, 2)])
    with open_sheets(path) as (sheet,):
        assert sheet.merges == (CellRange(2, 3, 3, 3), CellRange(4, 1, 5, 2))


@pytest.mark.parametrize("damage", [slice(0, 600), slice(0, 1536), slice(0, 2000)])
def test_a_damaged_old_workbook_is_refused(tmp_path, damage):
    path = write_xls(tmp_path / "payments.xls", _ROWS)
    path.write_bytes(path.read_bytes()[damage])
    assert _code(path) == "old_workbook"


@pytest.mark.parametrize(
    ("suffix", "codes"), [("xls", ["marks_unread"]), ("xlsb", ["marks_and_merges_unread"])]
)
def test_what_a_format_does_not_show_is_noted(store, payments, tmp_path, today, suffix, codes):
    write = {"xls": write_xls, "xlsb": write_xlsb}[suffix]
    path = write(tmp_path / f"payments.{suffix}", payments)
    report = import_file(store, path, today=today)
    assert [note.code for note in report.notes if note.code.startswith("marks")] == codes
    assert not any(note.needs_answer for note in report.notes if note.code in codes)
    assert report.accepted == 1


def test_an_open_document_made_by_hand(tmp_path):
    path = tmp_path / "payments.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", _ODS.replace("\n", ""))
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
    with open_sheets(path) as (sheet,):
        assert sheet.name == "九月"
        assert list(sheet.rows()) == [(1, ["000042", 12.5, dt.date(2025, 3, 5)])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_html_with_the_suffix_of_a_workbook(tmp_path, encoding):
    path = tmp_path / "检查.xls"
    html = (
        "<html><body><table><tr><th>编号</th><th colspan=2>金额 &amp; 日期</th></tr>"
        "<tr><td rowspan=2>A<br>1</td><td> 5 </td><td></td></tr><tr><td>6<td>7</table>"
    )
    path.write_bytes(html.encode(encoding))
    with open_sheets(path) as (sheet,):
        assert list(sheet.rows()) == [
            (1, ["编号", "金额 & 日期", None]),
            (2, ["A 1", "5", None]),
            (3, [None, "6", "7"]),
        ]
        assert sheet.merges == (CellRange(1, 1, 1, 2), CellRange(2, 0, 3, 0))


def test_tab_separated_text_with_the_suffix_of_a_workbook(tmp_path):
    path = tmp_path / "检查.xls"
    path.write_text("编号\t金额\nA1\t5\n", encoding="gb18030")
    with open_sheets(path) as sheets:
        assert [rows[1][1] for s in sheets if len((rows := list(s.rows()))[0][1]) > 1] == [
            ["A1", "5"]
        ]


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_a_workbook_with_a_password_is_named_so(tmp_path, suffix):
    path = tmp_path / f"payments.{suffix}"
    directory = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000) + directory)
    assert _code(path) == "workbook_encrypted"


def test_a_document_and_an_xml_book_are_named(tmp_path):
    document = tmp_path / "payments.docx"
    with zipfile.ZipFile(document, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    xml = tmp_path / "payments.xls"
    xml.write_text(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    )
    assert [_code(document), _code(xml)] == ["document_unsupported", "workbook_broken"]


_XML = """<?xml version="1.0" encoding="{encoding}"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
  xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
  xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:html="http://www.w3.org/TR/REC-html40">
 <Styles><Style ss:ID="s1"><NumberFormat ss:Format="000000"/></Style></Styles>
 <Worksheet ss:Name="旧"><Table><Row><Cell><Data ss:Type="String">x</Data></Cell></Row></Table>
  <x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet>
 <Worksheet ss:Name="九月"><Table>
  <Row ss:Index="2"><Cell><Data ss:Type="String">编号</Data></Cell>
   <Cell ss:MergeAcross="1"><ss:Data ss:Type="String"><html:B>金</html:B>额</ss:Data></Cell>
   <Cell><Data ss:Type="String">日期</Data></Cell></Row>
  <Row ss:Hidden="1"><Cell ss:StyleID="s1"><Data ss:Type="Number">42</Data></Cell>
   <Cell><Data ss:Type="Number">12.5</Data></Cell>
   <Cell ss:Index="4" ss:MergeDown="1"><Data ss:Type="DateTime">2025-03-05T00:00:00.000</Data>
    <Comment><ss:Data>某</ss:Data></Comment></Cell></Row>
  <Row><Cell ss:Formula="=A1"/><Cell ss:Formula="=1/0"><Data ss:Type="Error">#DIV/0!</Data></Cell>
   <Cell><Data ss:Type="Boolean">1</Data></Cell></Row>
 </Table></Worksheet>
</Workbook>"""


@pytest.mark.parametrize(
    ("encoding", "opened"),
    [("utf-8", open_sheets), ("gb2312", xml_book_sheets), ("utf-16", xml_book_sheets)],
)
def test_a_workbook_in_xml_of_excel_2003(tmp_path, encoding, opened):
    path = tmp_path / "检查.xls"
    path.write_bytes(_XML.format(encoding=encoding).encode(encoding))
    with opened(path) as (old, sheet):
        assert [(one.name, one.hidden) for one in (old, sheet)] == [("旧", True), ("九月", False)]
        rows = [
            (2, ["编号", "金额", None, "日期"]),
            (3, ["000042", 12.5, None, dt.datetime(2025, 3, 5)]),
            (4, ["#FORMULA!", "#DIV/0!", True]),
        ]
        assert list(sheet.rows()) == list(sheet.rows()) == rows
        assert tuple(sheet.merges) == (CellRange(2, 1, 2, 2), CellRange(3, 3, 4, 3))
        assert sheet.hidden_rows == {3}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("</Workbook>", "", "workbook_broken"),
        ("<Table>", "<Tablet>", "workbook_broken"),
        ('ss:Index="2"', 'ss:Index="2000000000"', "sheet_too_large"),
        ('ss:Index="4"', 'ss:Index="2000000000"', "sheet_too_large"),
        ("九月", "\udc80", "encoding_unknown"),
    ],
)
def test_a_damaged_workbook_in_xml_is_refused(tmp_path, old, new, code):
    path = tmp_path / "检查.xls"
    content = _XML.format(encoding="utf-8").replace(old, new)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert _code(path) == code


def test_a_workbook_in_xml_with_entities_that_expand_without_end(tmp_path):
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    content = _XML.format(encoding="utf-8").replace(
        "<Workbook", f'<!DOCTYPE l [<!ENTITY a0 "ha">{entities}]><Workbook', 1
    )
    path = tmp_path / "检查.xls"
    path.write_text(content.replace("编号", "&a11;"), encoding="utf-8")
    # Whichever bound is met first, that of entities or that of time.
    assert _code(path) in {"workbook_broken", "file_too_heavy"}
