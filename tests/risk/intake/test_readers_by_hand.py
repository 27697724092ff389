"""Readers of files at the edge of each of their limits, in this process; values worked out by hand.

Users' files are read by a child process; see ``test_workbook_formats``.
"""

from __future__ import annotations

import datetime as dt
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk.intake import archives
from risk.intake.cells import FORMULA_WITHOUT_VALUE
from risk.intake.file_errors import (
    ArchiveBroken,
    ArchiveTooLarge,
    EncodingUnknown,
    FileEmpty,
    LineTooLong,
    NotText,
    OldWorkbook,
    SheetTooLarge,
    WorkbookBroken,
    WorkbookTooLarge,
)
from risk.intake.readers import CellRange, csv_columnar, csv_text, html, parquet, xml_book
from risk.intake.readers.binary_book import binary_book_sheets
from risk.intake.readers.csv_text import CsvSheet, csv_sheets, encoding_of
from risk.intake.readers.html import html_sheets
from risk.intake.readers.parquet import parquet_sheets
from risk.intake.readers.sheet import check_filled
from risk.intake.readers.worker import batches
from risk.intake.readers.xml_book import xml_book_sheets

from .binary_books import write_xls

_BOOK = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel">{}</Workbook>'
)


def _xml_book(tmp_path, content):
    path = tmp_path / "book.xls"
    path.write_text(_BOOK.format(content), encoding="utf-8")
    return path


def _data(kind, text):
    return f'<Cell><Data ss:Type="{kind}">{text}</Data></Cell>'


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("Number", "42", 42),
        ("Number", "-7", -7),
        ("Number", "1e3", 1000.0),
        ("Number", "123456789012345", 123_456_789_012_345),
        ("Number", "1234567890123456", 1_234_567_890_123_456.0),
        ("Number", "x", "x"),
        ("DateTime", "2025-03-05T14:30:00.000", dt.datetime(2025, 3, 5, 14, 30)),
        ("DateTime", "2025-13-05", "2025-13-05"),
        ("Boolean", "1", True),
        ("Boolean", "0", False),
        ("String", "1", "1"),
        ("String", "", None),
    ],
)
def test_cells_of_an_xml_book(tmp_path, kind, text, value):
    cells = _data(kind, text)
    path = _xml_book(
        tmp_path, f'<Worksheet ss:Name="a"><Table><Row>{cells}</Row></Table></Worksheet>'
    )
    with xml_book_sheets(path) as (sheet,):
        [(number, [found])] = sheet.rows()
    assert (number, found, type(found)) == (1, value, type(value))


def test_places_in_an_xml_book(tmp_path):
    """Row and cell numbers, given and counted on; a merge moves what follows it."""
    rows = (
        '<Row ss:Index="3"><Cell ss:Index="2" ss:MergeAcross="2" ss:MergeDown="1"/>'
        f'{_data("String", "f")}<Cell ss:Formula="=1"/></Row>'
        f'<Row ss:Hidden="1">{_data("String", "g")}</Row>'
        '<Row ss:Hidden="0"><Cell ss:MergeDown="1"/></Row>'
    )
    first = f'<Worksheet ss:Name="a"><Table>{rows}</Table></Worksheet>'
    hidden = (
        f"<Worksheet><Table><Row>{_data('String', 'z')}</Row></Table><x:WorksheetOptions>"
        "<x:Visible>SheetVeryHidden</x:Visible></x:WorksheetOptions></Worksheet>"
    )
    with xml_book_sheets(_xml_book(tmp_path, first + hidden)) as (sheet, other):
        assert list(sheet.rows()) == [
            (3, [None, None, None, None, "f", FORMULA_WITHOUT_VALUE]),
            (4, ["g"]),
            (5, [None]),
        ]
        assert sheet.merges == [CellRange(3, 1, 4, 3), CellRange(5, 0, 6, 0)]
        assert sheet.hidden_rows == {4}
        assert [(one.name, one.hidden, one.strict_width) for one in (sheet, other)] == [
            ("a", False, False),
            ("", True, False),
        ]
        assert (list(other.rows()), other.merges, other.hidden_rows) == ([(1, ["z"])], [], set())


def test_an_xml_book_may_have_as_many_rows_columns_and_merges_as_excel(tmp_path, monkeypatch):
    def opened(row, column, merges):
        merged = '<Cell ss:MergeAcross="1"/>' * merges
        cell = f'<Cell ss:Index="{column}"/>'
        rows = f'<Row>{merged}</Row><Row ss:Index="{row}">{cell}</Row>'
        path = _xml_book(tmp_path, f"<Worksheet><Table>{rows}</Table></Worksheet>")
        with xml_book_sheets(path) as (sheet,):
            return [(number, len(cells)) for number, cells in sheet.rows()], sheet.merges

    monkeypatch.setattr(xml_book, "MAX_MERGES", 2)
    assert opened(1_048_576, 16_384, 3) == (
        [(1, 5), (1_048_576, 16_384)],
        [CellRange(1, 0, 1, 1), CellRange(1, 2, 1, 3)],
    )
    for row, column, most in ((1_048_577, 1, 1_048_576), (2, 16_385, 16_384)):
        with pytest.raises(SheetTooLarge) as raised:
            opened(row, column, 0)
        assert (raised.value.fields["found"], raised.value.fields["allowed"]) == (most + 1, most)
    with pytest.raises(SheetTooLarge):
        opened("1" * 15, 1, 0)
    assert opened("1" * 16, 1, 0)[0] == [(1, 0), (2, 1)]  # no number of a row


def _html(tmp_path, content):
    path = tmp_path / "page.xls"
    path.write_bytes(content.encode())
    return path


def test_cells_of_a_page_over_rows_and_columns(tmp_path):
    page = (
        "<br><table><tr><td rowspan=2 colspan=2> A<br>a</td><td>B</td></tr><tr><td>C<td></tr>"
        "<tr><th rowspan=0>D</th><td colspan=x>E</td><td colspan=3>F</td></tr></table>"
        "<table><tr><td rowspan=2>G</td></tr><tr><td>H"
    )
    with html_sheets(_html(tmp_path, page)) as (sheet,):
        assert list(sheet.rows()) == [
            (1, ["A a", None, "B"]),
            (2, [None, None, "C", None]),
            (3, ["D", "E", "F", None, None]),
            (4, ["G"]),
            (5, [None, "H"]),
        ]
        assert sheet.merges == (CellRange(1, 0, 2, 1), CellRange(3, 2, 3, 4), CellRange(4, 0, 5, 0))
        assert (sheet.strict_width, sheet.hidden) == (False, False)


def test_exact_numbers_and_hidden_rows_of_a_page(tmp_path):
    page = (
        "<table><tr><td x:num='100000.5'>100,001</td><td x:num>7</td><td x:num='1E5'>1.00E+05</td>"
        "<td x:num='46016'>2025-12-25</td><td x:num='12'>0012</td><td x:num='1'>甲</td></tr>"
        "<tr style='height:0;display: none'><td>8</td></tr></table>"
    )
    with html_sheets(_html(tmp_path, page)) as (sheet,):
        assert list(sheet.rows()) == [
            (1, ["100000.5", "7", "100000", "2025-12-25", "0012", "甲"]),
            (2, ["8"]),
        ]
        assert sheet.hidden_rows == (2,)


def test_a_cell_of_a_page_is_at_most_as_wide_as_a_sheet(tmp_path):
    with html_sheets(_html(tmp_path, "<td colspan=16385>A")) as (sheet,):
        assert sheet.merges == (CellRange(1, 0, 1, 16_383),)


def test_the_largest_page_that_is_read(tmp_path, monkeypatch):
    page = _html(tmp_path, "<td>A")
    monkeypatch.setattr(html, "MAX_BYTES", 5)
    with html_sheets(page) as (sheet,):
        assert list(sheet.rows()) == [(1, ["A"])]
    monkeypatch.undo()
    with page.open("ab") as file:
        file.truncate(16 * 2**20 + 1)
    with pytest.raises(WorkbookTooLarge) as raised, html_sheets(page):
        pass
    assert (raised.value.fields["found"], raised.value.fields["allowed"]) == (16, 16)


def test_a_page_without_a_table_is_empty(tmp_path):
    with pytest.raises(FileEmpty), html_sheets(_html(tmp_path, "<html>A")):
        pass


def test_sheets_of_an_old_workbook(tmp_path):
    path = tmp_path / "old.xls"
    write_xls(path, [["编号", 1.5]])
    with binary_book_sheets(path) as (sheet,):
        assert list(sheet.rows()) == [(1, ["编号", 1.5])]
        assert (sheet.hidden, sheet.strict_width, sheet.merges) == (False, False, ())
    write_xls(path, [["a", "b"], ["c", "d"]], merges=[(0, 1, 0, 0)])
    with binary_book_sheets(path) as (sheet,):
        assert sheet.merges == (CellRange(1, 0, 2, 0),)


@pytest.mark.parametrize(
    ("start", "refused"), [(b"\xd0\xcf\x11\xe0", OldWorkbook), (b"PK\x03\x04", WorkbookBroken)]
)
def test_a_damaged_workbook_is_of_the_old_format_by_its_first_four_bytes(tmp_path, start, refused):
    path = tmp_path / "damaged.xls"
    path.write_bytes(start + b"x" * 100)
    with pytest.raises(refused), binary_book_sheets(path):
        pass


def _zipped(tmp_path, entries):
    path = tmp_path / "records.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_an_archive_has_at_most_two_thousand_entries(tmp_path):
    entries = [(f"{number}.jpg", b"") for number in range(2_000)]
    assert archives.unpack(_zipped(tmp_path, entries), tmp_path) == (
        [],
        [name for name, _ in entries],
    )
    with pytest.raises(ArchiveTooLarge) as raised:
        archives.unpack(_zipped(tmp_path, [*entries, ("x.csv", b"")]), tmp_path)
    assert (raised.value.fields["found"], raised.value.fields["allowed"]) == (2_001, 2_000)


def test_the_files_of_an_archive_share_its_limit(tmp_path, monkeypatch):
    assert archives.MAX_UNPACKED == 1_073_741_824
    monkeypatch.setattr(archives, "MAX_UNPACKED", 5 << 20)
    first, other = ("a.csv", b"a" * (3 << 20)), ("a.jpg", b"x" * (9 << 20))
    path = _zipped(tmp_path, [first, other, ("b.csv", b"b" * (2 << 20))])
    assert archives.unpack(path, tmp_path)[0] == [tmp_path / "a.csv", tmp_path / "b.csv"]
    path = _zipped(tmp_path, [first, ("b.csv", b"b" * ((2 << 20) + 1))])
    with pytest.raises(ArchiveTooLarge) as raised:
        archives.unpack(path, tmp_path)
    assert (raised.value.fields["found"], raised.value.fields["allowed"]) == ("> 5 MiB", "5 MiB")


def test_an_archive_packed_by_another_method_may_be_damaged(tmp_path):
    path = tmp_path / "records.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", "a,b\n" * 20)
    content = bytearray(path.read_bytes())
    begin = content.index(b"a.csv") + len("a.csv") + 9  # below the head of what is packed
    content[begin : begin + 12] = b"\xff" * 12
    path.write_bytes(content)
    with pytest.raises(ArchiveBroken):
        archives.unpack(path, tmp_path)


def test_rows_of_parquet_are_numbered_over_its_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "_BATCH", 2)
    path = tmp_path / "payments.parquet"
    pq.write_table(pa.table({"a": ["x", "y", "z"], "b": [1, None, 3]}), path)
    with parquet_sheets(path) as (sheet,):
        assert list(sheet.rows()) == [(0, ["a", "b"]), (1, ("x", 1)), (2, ("y", None)),
                                      (3, ("z", 3))]  # fmt: skip
        assert (sheet.strict_width, sheet.hidden) == (False, False)


def test_a_row_has_at_most_two_thousand_filled_cells():
    check_filled("x", ["a"] * 2_000)
    check_filled("x", ["a"] * 2_000 + [None, ""])
    with pytest.raises(SheetTooLarge) as raised:
        check_filled("x", [*["a"] * 2_001, None])
    assert (raised.value.fields["found"], raised.value.fields["allowed"]) == (2_001, 2_000)


@pytest.mark.parametrize(
    ("rows", "width", "sizes"),
    [
        (59, 1, [59]),
        (60, 1, [60]),
        (1_061, 1, [60, 1_000, 1]),
        # Twenty thousand cells: a hundred rows of two hundred.
        (161, 200, [60, 100, 1]),
        (161, 199, [60, 101]),
    ],
)
def test_rows_leave_the_child_in_batches(rows, width, sizes):
    numbered = [(number, ["x"] * width) for number in range(1, rows + 1)]
    found = list(batches(iter(numbered)))
    assert [len(batch) for batch in found] == sizes
    assert [row for batch in found for row in batch] == numbered


def test_the_cells_of_a_batch_are_counted_from_none():
    row = ["x"] * 19_999
    found = batches(iter([(1, row), (2, ["a"]), (3, row), (4, ["b"]), (5, ["c"])]))
    assert [[number for number, _ in batch] for batch in found] == [[1, 2], [3, 4], [5]]


@pytest.mark.parametrize("above", [[], [(1, ["a"])]])
def test_of_blank_rows_the_first_hundred_leave_the_child(above):
    rows = [*above, *((number, [None, " "]) for number in range(2, 104)), (104, ["b"])]
    found = [row for batch in batches(iter(rows)) for row in batch]
    assert found == [*above, *((number, ()) for number in range(2, 102)), (104, ["b"])]


@pytest.fixture
def text(tmp_path):
    """Writes a file of text, and returns its path."""

    def write(content):
        path = tmp_path / "payments.csv"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        # Two and three characters, of which one is common.
        ("中㐀", "gb18030"),
        ("中㐀㐁", None),
        ("a1中㐀", "gb18030"),
        ("中中㐀㐁㐂", None),
        ("a1中㐀㐁", None),
    ],
)
def test_half_of_the_characters_are_common_in_chinese_text(text, content, encoding):
    path = text(content.encode("gb18030"))
    if encoding:
        assert encoding_of(path) == encoding
    else:
        with pytest.raises(EncodingUnknown):
            encoding_of(path)


def test_a_cut_character_is_of_neither_encoding(text):
    for content in ("中中".encode()[:-1] + b"\xff", "中中".encode("gb18030")[:-1]):
        with pytest.raises(EncodingUnknown):
            encoding_of(text(content))
    # E4 B8 AD 61 E4 B8: of the three characters in GB18030 two are common.
    assert encoding_of(text("中a中".encode()[:-1])) == "gb18030"


def test_a_cut_character_of_utf16_is_refused(text):
    path = text("甲,乙".encode("utf-16")[:-1])
    with pytest.raises(EncodingUnknown), csv_sheets(path):
        pass


def test_binary_data_and_blank_files_are_no_text(text, monkeypatch):
    for content in (b"%PDF-1", b"PK\x03\x04a", b"a\x00"):
        with pytest.raises(NotText):
            encoding_of(text(content))
    monkeypatch.setattr(csv_text, "_BLOCK_BYTES", 4)
    assert encoding_of(text(b"abc\nPK\x03\x04")) == "utf-8-sig"
    assert encoding_of(text(b"abc\n   \n")) == "utf-8-sig"
    assert encoding_of(text(b"   \nabc\n")) == "utf-8-sig"
    with pytest.raises(FileEmpty):
        encoding_of(text(b"   \n\t \n"))


def test_a_line_has_at_most_eight_million_bytes(text, monkeypatch):
    assert (csv_text.MAX_LINE, csv_text.MAX_FIELD) == (8_388_608, 16_777_216)
    monkeypatch.setattr(csv_text, "MAX_LINE", 3 << 20)
    monkeypatch.setattr(csv_text, "_BLOCK_BYTES", 1 << 20)
    for above in (b"", b"\n" * (1 << 20)):
        assert encoding_of(text(above + b"a" * (3 << 20))) == "utf-8-sig"
    assert encoding_of(text((b"a" * (1 << 19) + b"\n") * 8)) == "utf-8-sig"
    assert encoding_of(text((b"a" * (1 << 19) + b"\r") * 8)) == "utf-8-sig"
    with pytest.raises(LineTooLong) as raised:
        encoding_of(text(b"a" * ((3 << 20) + 1)))
    assert raised.value.fields["allowed"] == 3


def test_the_first_hundred_rows_of_text_have_at_most_as_many_columns_as_excel(text):
    def read(above, commas):
        sheet = CsvSheet(text(b"a\n" * above + b"," * commas), "utf-8", ",")
        return [(number, len(cells)) for number, cells in sheet.rows()][-1]

    assert read(0, 16_383) == (1, 16_384)
    assert read(100, 16_384) == (101, 16_385)
    with pytest.raises(SheetTooLarge) as raised:
        read(99, 16_384)
    assert (raised.value.fields["found"], raised.value.fields["allowed"]) == (16_385, 16_384)


def test_of_blank_lines_the_first_hundred_are_rows(text):
    for blank in (99, 100, 101, 150):
        for above in ([], [1]):
            content = b"a,b\n" * len(above) + b"\n" * blank + b"c,d\n" + b"," * 3
            numbers = [number for number, _ in CsvSheet(text(content), "utf-8", ",").rows()]
            first = len(above) + 1
            seen = range(first, first + min(blank, 100))
            assert numbers == [*above, *seen, first + blank, first + blank + 1]


def test_only_the_first_cell_loses_the_byte_order_mark(text):
    path = text("\ufeffa,\ufeffb\n\ufeffc,d".encode())
    rows = CsvSheet(path, "utf-8-sig", ",")
    assert list(rows.rows()) == [(1, ["a", "\ufeffb"]), (2, ["\ufeffc", "d"])]
    assert list(rows.rows(offset=10, above=1)) == [(2, ["\ufeffc", "d"])]
    in_gb18030 = CsvSheet(text("甲\n乙\n".encode("gb18030")), "gb18030", ",")
    assert list(in_gb18030.rows(offset=3, above=1)) == [(2, ["乙"])]


def _columns(path, width, encoding="utf-8"):
    """Row numbers, columns and ragged rows of each chunk."""
    return [
        (list(chunk.numbers), [column.to_pylist() for column in chunk.columns], list(chunk.ragged))
        for chunk in csv_columnar.chunks(CsvSheet(path, encoding, ","), width)
    ]


def test_blocks_of_plain_lines_are_split_and_the_rest_is_read_by_row(text, monkeypatch):
    """Blocks of eight bytes; the first with a quote, or a lone return, begins the rest."""
    monkeypatch.setattr(csv_columnar, "BLOCK_BYTES", 8)
    plain = b"a,b\r\nc,d\nx\ne,f"
    assert _columns(text(plain), 2) == [
        ([1], [["a"], ["b"]], []),
        ([2], [["c"], ["d"]], [(3, ["x"])]),
        ([4], [["e"], ["f"]], []),
    ]
    begun = [([1], [["a"], ["b"]], [])]
    last = ([2], [["c"], ["d"]], [(3, ["x"])])
    assert _columns(text(b'a,b\r\nc,d\nx\ne,"f"'), 2) == [*begun, last, ([4], [["e"], ["f"]], [])]
    assert _columns(text(b"a,b\r\nc,d\ne,f\rg,h\n"), 2) == [
        *begun,
        ([2], [["c"], ["d"]], []),
        ([3, 4], [["e", "g"], ["f", "h"]], []),
    ]
    assert _columns(text(b'a,b\r\n"c"\n'), 2) == [*begun, ([], [[], []], [(2, ["c"])])]


def test_cells_of_columns_are_what_is_written(text):
    found = _columns(text(b"NA,\n\nnull,c\n"), 2)
    assert found == [([1, 2, 3], [["NA", "", "null"], ["", "", "c"]], [])]
    assert _columns(text("甲,乙\n丙,丁".encode("gb18030")), 2, "gb18030") == [
        ([1], [["甲"], ["乙"]], []),
        ([2], [["丙"], ["丁"]], []),
    ]


def test_columns_lose_the_byte_order_mark_of_the_file_alone(text, monkeypatch):
    monkeypatch.setattr(csv_columnar, "BLOCK_BYTES", 8)
    mark = "\ufeff".encode()
    for content in (mark + b"a,b", mark + b"a,b\n"):
        assert _columns(text(content), 2, "utf-8-sig") == [([1], [["a"], ["b"]], [])]
    for end in (b"", b"\n"):
        found = _columns(text(mark + b"aa,b\n" + mark + b"c,d" + end), 2, "utf-8-sig")
        assert found == [([1], [["aa"], ["b"]], []), ([2], [["\ufeffc"], ["d"]], [])]


def test_short_lines_are_split_in_parts(text, monkeypatch):
    monkeypatch.setattr(csv_columnar, "BLOCK_LINES", 5)
    monkeypatch.setattr(csv_columnar, "BLOCK_ROWS", 2)
    parts = {
        lines: [
            column
            for _, (column,), _ in _columns(text(b"".join(b"%d\n" % n for n in range(lines))), 1)
        ]
        for lines in (5, 6, 7)
    }
    assert parts[5] == [["0", "1", "2", "3", "4"]]
    assert parts[6] == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert parts[7] == [*parts[6], ["6"]]


def test_blank_lines_in_a_row_are_counted_and_left_out(text):
    for blank in (999, 1_000, 1_500):
        found = _columns(text(b"a,b\n" + b" ,\n" * blank + b"c,d\n"), 2)
        filled = {
            number: (left, right)
            for numbers, columns, _ in found
            for number, left, right in zip(numbers, *columns, strict=True)
            if left.strip()
        }
        assert filled == {1: ("a", "b"), blank + 2: ("c", "d")}
