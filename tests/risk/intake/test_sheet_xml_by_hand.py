"""What the XML of a worksheet says, how its cells are shown, and both ways of reading it.

Parts are written by hand and read in this process; values are worked out by hand.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from risk.intake.cells import FORMULA_WITHOUT_VALUE
from risk.intake.file_errors import SheetTooLarge, WorkbookBroken
from risk.intake.readers import CellRange, sheet_xml, xlsx
from risk.intake.readers.cell_formats import FormattedCells, StruckFormat, shown_styles
from risk.intake.readers.number_formats import MonthFormat, PaddedFormat, padded_format
from risk.intake.readers.sheet_xml import read_marks
from risk.intake.readers.xlsx import xlsx_sheets

_SIX, _THREE = PaddedFormat("", 6), PaddedFormat("XM-", 3)
_STYLES = (
    '<numFmt numFmtId="164" formatCode="000000"/>'
    "<x:numFmt numFmtId='165' formatCode='&quot;XM-&quot;000'/>"
    '<numFmt numFmtId="166" formatCode=""/><numFmt numFmtId="167" formatCode="0.00"/>'
    '<numFmt numFmtId="168"/><numFmt formatCode="000"/>'
    '<cellStyleXfs><xf numFmtId="164"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf/><xf numFmtId="167"/>'
    '<xf numFmtId="165"/></cellXfs><xf numFmtId="164"/>'
)


def _book(sheet="", styles=""):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("sheet", sheet)
        if styles:
            book.writestr("xl/styles.xml", styles)
    return zipfile.ZipFile(file)


def _marks(sheet, styles=""):
    return read_marks(_book(sheet, styles), "sheet", file="x.xlsx")


def _refused(sheet):
    with pytest.raises(SheetTooLarge) as raised:
        _marks(sheet)
    return raised.value.fields["found"], raised.value.fields["allowed"]


def test_a_sheet_has_as_many_rows_and_columns_as_excel():
    cell = '<row r="{}"><c r="{}"><v>1</v></c></row>'
    marks = _marks(cell.format(1_048_576, "XFD1048576"))
    assert (marks.rows, marks.columns) == (1_048_576, 16_384)
    assert _refused(cell.format(1_048_577, "A1048577")) == (1_048_577, 1_048_576)
    assert _refused(cell.format(1, "XFE1")) == (16_385, 16_384)


def test_the_filled_part_of_a_sheet():
    assert (_marks("<sheetData/>").rows, _marks("<sheetData/>").columns) == (0, 0)
    cells = '<c r="C1"><v>1</v></c><c r="A1"><v>1</v></c>'
    rows = f'<row>{cells}</row><row r="5"/><row><c r="Z6" s="1"/></row>'
    assert (_marks(rows).rows, _marks(rows).columns) == (6, 26)  # read in one piece
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet_xml, "_BLOCK_BYTES", 7)
        assert (_marks(rows).rows, _marks(rows).columns) == (1, 3)


def test_the_first_merged_ranges_and_all_hidden_rows(monkeypatch):
    assert (sheet_xml.MAX_MERGES, sheet_xml.MAX_ROW_BYTES) == (100_000, 16_777_216)
    monkeypatch.setattr(sheet_xml, "MAX_MERGES", 2)
    marks = _marks(
        '<row hidden="1"/><row hidden="0"/><row r="7" hidden="true"/><row/><row customHidden="1"/>'
        '<x:mergeCell ref="B3:D5"/><mergeCell ref="A1:A2"/><mergeCell ref="F1:F2"/>'
    )
    assert marks.hidden_rows == {1, 7}
    assert marks.merges == (CellRange(3, 1, 5, 3), CellRange(1, 0, 2, 0))


_FORMULA = "<f>1+1</f>"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c t="e"><v></v></c>', "#VALUE!"),
        ('<c t="e"><f/></c>', "#VALUE!"),
        (f"<c>{_FORMULA}</c>", FORMULA_WITHOUT_VALUE),
        (f"<c>{_FORMULA}<v/></c>", FORMULA_WITHOUT_VALUE),
        (f"<c>{_FORMULA}<v></v></c>", FORMULA_WITHOUT_VALUE),
        (f'<c t="str">{_FORMULA}</c>', FORMULA_WITHOUT_VALUE),
        (f'<c t="str">{_FORMULA}<v></v></c>', None),
        (f"<c>{_FORMULA}<v>2</v></c>", None),
        (f"<c>{_FORMULA}<is><t>2</t></is></c>", None),
        ("<c><v>2</v></c>", None),
        ("<c><v></v></c>", None),
    ],
)
@pytest.mark.parametrize("styles", ["", _STYLES])
def test_a_cell_is_shown_as_its_result_or_a_placeholder(cell, text, styles):
    """Below a row and right of a cell that make the whole piece be looked at."""
    row = f'<row><c><v>1</v></c><c t="e"><v>#REF!</v></c>{cell}</row>'
    assert _marks(f"<row/>{row}", styles).replaced == {
        2: {1: "#REF!"} | ({2: text} if text else {}),
    }
    alone = _marks(f"<row r='4'>{cell}</row>", styles).replaced
    assert alone == ({4: {0: text}} if text else {})


def test_places_of_cells_are_given_or_counted_on():
    error = '<c t="e"><v>#N/A</v></c>'
    rows = (
        f'<row r="3"><c r="B3"><v>1</v></c>{error}<c r="F3"/>{error}</row>',
        f'<row>{error}</row><row r="9"><c t="e" r="AA9"><v>#N/A</v></c></row>',
    )
    assert _marks("".join(rows)).replaced == {
        3: {2: "#N/A", 6: "#N/A"},
        4: {0: "#N/A"},
        9: {26: "#N/A"},
    }


def test_rows_end_where_they_end_wherever_blocks_do(monkeypatch):
    """Blocks of seven bytes; no more than a row is in memory."""
    row = '<x:row><c t="e"><v>#N/A</v></c></x:row>'
    monkeypatch.setattr(sheet_xml, "_BLOCK_BYTES", 7)
    monkeypatch.setattr(sheet_xml, "MAX_ROW_BYTES", 60)
    marks = _marks(row * 20 + "<mergeCells/>")
    assert list(marks.replaced) == list(range(1, 21))
    assert marks.rows == 20


def test_the_longest_row_that_is_read(monkeypatch):
    monkeypatch.setattr(sheet_xml, "_BLOCK_BYTES", 1)
    monkeypatch.setattr(sheet_xml, "MAX_ROW_BYTES", 20)
    assert _marks("<row><c>123</c></row>").rows == 0  # 21 characters, the last of which ends it
    assert _refused("<row><c>1234</c></row>") == (21, 20)


def test_cells_with_formats_that_add_zeros():
    cells = '<c s="1"><v>1</v></c><c s="0"><v>1</v></c><c s="4"><v>2</v></c><c s="1"/>'
    marks = _marks(f'<row r="2">{cells}</row><row>{cells}</row>', _STYLES)
    assert marks.formatted == FormattedCells({0: [(2, 3, _SIX)], 2: [(2, 3, _THREE)]})
    assert (marks.replaced, bool(marks.formatted)) == ({}, True)
    plain = _marks('<row><c s="3"><v>1</v></c></row>', _STYLES)
    assert (plain.formatted, bool(plain.formatted)) == (FormattedCells(), False)


def test_styles_with_formats_that_add_zeros():
    assert shown_styles(_book(styles=_STYLES)) == {1: _SIX, 4: _THREE}
    assert shown_styles(_book()) == {}
    assert shown_styles(_book(styles=_STYLES.replace("cellXfs", "other"))) == {}


def test_a_format_has_at_most_thirty_digits():
    assert padded_format("0" * 30) == PaddedFormat("", 30)
    assert padded_format("0" * 31) is None


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (0, "000000"),
        (42, "000042"),
        (42.0, "000042"),
        (42.5, 42.5),
        (-1, -1),
        (999_999_999_999_999, "999999999999999"),
        (1_000_000_000_000_000, 1_000_000_000_000_000),
        ("42", "42"),
        (True, True),
        (None, None),
    ],
)
def test_whole_numbers_are_shown_with_zeros(cell, shown):
    found = _SIX.shown(cell)
    assert (found, type(found)) == (shown, type(shown))


def test_formats_are_runs_of_rows():
    cells = FormattedCells()
    for row, column, shown in (
        *((2, 0, _SIX), (2, 1, _SIX), (3, 0, _SIX), (5, 0, _SIX), (6, 0, _THREE), (7, 0, _THREE)),
        (7, 1, _THREE),
    ):
        cells.add(row, column, shown)
    assert cells == FormattedCells(
        {0: [(2, 3, _SIX), (5, 5, _SIX), (6, 7, _THREE)], 1: [(2, 2, _SIX), (7, 7, _THREE)]}
    )
    for asked in ((1, 2, 3, 4, 5, 6, 7, 8), (3, 7, 8, 9)):
        formats = cells.by_row()
        assert {row: formats.of(row) for row in asked} == {
            row: {
                1: {},
                2: {0: _SIX, 1: _SIX},
                3: {0: _SIX},
                4: {},
                5: {0: _SIX},
                6: {0: _THREE},
                7: {0: _THREE, 1: _THREE},
                8: {},
                9: {},
            }[row]
            for row in asked
        }


@pytest.fixture
def saved(tmp_path):
    """Saves rows as a workbook; a dictionary replaces texts of the XML of its first sheet."""

    def save(*rows, replaced=(), hidden=()):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for name in hidden:
            book.create_sheet(name).sheet_state = "hidden"
        file = io.BytesIO()
        book.save(file)
        path = tmp_path / "book.xlsx"
        with zipfile.ZipFile(file) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                for part, old, new in replaced:
                    if part in name:
                        assert old in content
                        content = content.replace(old, new)
                target.writestr(name, content)
        return path

    return save


@pytest.mark.parametrize("area", [5, 6])
def test_sheets_up_to_an_area_are_read_at_once(saved, monkeypatch, area):
    assert xlsx.MAX_AREA == 3_000_000
    monkeypatch.setattr(xlsx, "MAX_AREA", area)
    path = saved(["a", "b", "c"], ["d", "=1+1", "e"], replaced=[(
        "sheet1", b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
    )])  # fmt: skip
    with xlsx_sheets(path) as [sheet]:
        assert list(map(list, (cells for _, cells in sheet.rows()))) == [
            *(["a", "b", "c"], ["d", 2, "e"]),
        ]
        assert ("_whole_sheet" in vars(sheet)) == (area == 6)
        assert sheet.strict_width is False


def test_whole_numbers_of_a_workbook_have_at_most_fifteen_digits(saved):
    most = 999_999_999_999_999
    path = saved([most, -most, most + 1, -most - 1, 0.5, 12, dt.date(2025, 3, 5)])
    with xlsx_sheets(path) as [sheet]:
        [(number, cells)] = sheet.rows()
    assert (number, [(type(cell), cell) for cell in cells]) == (
        1,
        [
            *((int, most), (int, -most), (float, most + 1.0), (float, -most - 1.0)),
            *((float, 0.5), (int, 12), (dt.datetime, dt.datetime(2025, 3, 5))),
        ],
    )


def test_placeholders_right_of_the_last_cell_widen_the_row():
    assert xlsx._replace(["a"], {1: "x", 3: "y"}) == ["a", "x", None, "y"]
    assert xlsx._replace(["a", "b", "c"], {0: "x"}) == ["x", "b", "c"]


def test_a_damaged_sheet_does_not_keep_others_from_being_read(saved):
    path = saved(["a"], hidden=["隐藏"], replaced=[("sheet2", b"<sheetData", b"<sheetData <")])
    with xlsx_sheets(path) as [sheet, other]:
        assert [(one.name, one.hidden) for one in (sheet, other)] == [
            *(("Sheet", False), ("隐藏", True)),
        ]
        assert list(sheet.rows()) == [(1, ["a"])]
        with pytest.raises(WorkbookBroken):
            list(other.streamed_rows())


def test_styles_of_months_and_of_struck_fonts():
    fonts = (
        "<fonts count='5'><font/><font><strike/></font><x:font><x:strike val='1'/></x:font>"
        '<font><b/><strike val="0"/></font><font><strike val="false"/></font></fonts>'
    )
    ids = ((0, 0), (17, 0), (57, 1), (0, 2), (14, 3), (0, 4), (58, 0))
    tags = "".join(f'<xf numFmtId="{one}" fontId="{font}"/>' for one, font in ids)
    found = shown_styles(_book(styles=f"{fonts}<cellXfs>{tags}</cellXfs>"))
    month = MonthFormat()
    assert found == {1: month, 2: StruckFormat(month), 3: StruckFormat()}


def test_runs_of_a_shared_string_and_of_a_cell():
    struck = '<r><rPr><sz val="9"/><strike/></rPr><t xml:space="preserve">12&amp;0 </t></r>'
    left = "<r><rPr><b/></rPr><t>15</t></r>"
    bare = "<r><t>8</t></r>"
    strings = (struck + left, struck, bare + left, bare + struck, "<t>strike</t>")
    items = "".join(f"<si>{one}</si>" for one in ("<t/>", *strings))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("xl/sharedStrings.xml", f"<sst>{items}</sst>")
        book.writestr("xl/styles.xml", "<fonts><font/><font><strike/></font></fonts><cellXfs>"
                      '<xf fontId="0"/><xf fontId="1"/></cellXfs>')  # fmt: skip
        cells = "".join(f'<c t="s" s="{s}"><v>{n}</v></c>' for s in (0, 1) for n in range(6))
        inline = f'<c t="inlineStr"><is>{struck}{left}</is></c><c><v>1</v></c>'
        book.writestr("sheet", f"<row>{cells}{inline}</row>")
    marks = read_marks(zipfile.ZipFile(file), "sheet", file="x.xlsx")
    assert marks.replaced == {
        1: {
            **{1: "15", 2: "#STRUCK! 12&0 ", 4: "8"},
            **{7: "15", 8: "#STRUCK! 12&0 ", 10: "#STRUCK! 812&0 ", 12: "15"},
        }
    }
    assert sorted(marks.formatted.by_row().of(1)) == [6, 9, 11]
