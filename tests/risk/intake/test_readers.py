import csv
import datetime as dt
import io
import re
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.cells import FORMULA_WITHOUT_VALUE
from risk.intake.file_errors import QuotesBroken
from risk.intake.readers import CellRange, csv_text, open_sheets
from risk.intake.readers.csv_text import CsvSheet, encoding_of
from risk.intake.sheet_selection import select_sheet, select_sheets

PAYMENTS = TABLES["payments"]


def _read(path):
    with open_sheets(path) as sheets:
        selected = select_sheet(PAYMENTS, sheets, file=path.name)
        return selected, list(selected.rows())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_in_every_encoding_and_delimiter(write_csv, payments, encoding, delimiter):
    path = write_csv("payments.csv", payments, encoding=encoding, delimiter=delimiter)
    selected, rows = _read(path)
    assert rows == [(2, payments[1])]
    assert len(selected.header.columns) == 7


def test_encoding_of_accepts_characters_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("risk.intake.readers.csv_text._BLOCK_BYTES", 7)
    for encoding in ("utf-8", "gb18030"):
        path = tmp_path / "x.csv"
        path.write_bytes("工资发放，包工头代领，银行代发".encode(encoding))
        assert encoding_of(path).removesuffix("-sig") == encoding


def test_rows_have_the_numbers_a_spreadsheet_shows(write_csv, payments):
    header, row = payments
    many = [
        ["2024年5月工资发放表"],
        [],
        header,
        [*row[:5], "银行\n代发", row[6]],
        [],
        row,
        [""] * 7,
    ]
    _, rows = _read(write_csv("payments.csv", many))
    assert [number for number, _ in rows] == [4, 6]


def test_quoted_delimiters_do_not_confuse_the_choice(tmp_path):
    path = tmp_path / "payments.csv"
    path.write_text(
        '"发放编号","工资表编号","发放日期","实发金额"\n"F1","G;1","2024-05-20","1,200.50"\n',
        encoding="utf-8",
    )
    assert _read(path)[1] == [(2, ["F1", "G;1", "2024-05-20", "1,200.50"])]


def test_all_sheets_with_the_header_are_selected_and_the_others_reported(write_xlsx, payments):
    others = {"说明": [["填表说明"], ["请勿修改"]], "三月": payments}
    path = write_xlsx("payments.xlsx", payments, **others)
    with open_sheets(path) as sheets:
        selection = select_sheets(TABLES["payments"], sheets, file=path.name)
        assert [one.sheet.name for one in selection.read] == ["三月", "Sheet1"]
    assert [(one.name, one.reason) for one in selection.unread] == [("说明", "no_header")]


def test_titles_above_the_header_of_a_book(write_xlsx, payments):
    many = [["工资发放台账"], [None, "单位：元"], *payments]
    selected, rows = _read(write_xlsx("payments.xlsx", many))
    assert (selected.header.row, [number for number, _ in rows]) == (3, [4])


def test_cells_of_a_book_keep_their_kind(write_xlsx, payments):
    row = ["F1", 12, dt.datetime(2024, 5, 20), 1200.5, 3, "现金", dt.date(2024, 5, 21)]
    _, [(_, cells)] = _read(write_xlsx("payments.xlsx", [payments[0], row]))
    assert list(cells[:6]) == row[:6]


def _save_results(path, results):
    """Writes results into a book's formula cells, as a spreadsheet does on saving."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for formula, (kind, result) in results.items():
        unsaved = f"><f>{formula}</f><v />"
        assert unsaved in sheet
        sheet = sheet.replace(unsaved, f"{kind}><f>{formula}</f>{result}")
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def _leave_out_places(path):
    """Writes cells without their places, as some programs do: each follows the one before."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name], count = re.subn(rb'<c r="[A-Z]+[0-9]+"', b"<c", parts[name])
    assert count
    with zipfile.ZipFile(path, "w") as book:
        for part, content in parts.items():
            book.writestr(part, content)


@pytest.mark.parametrize("placed", [True, False])
def test_a_formula_counts_as_its_saved_result(write_xlsx, payments, placed):
    row = ["F1", "G1", "2024-05-20", "=600+600.5", "=1+2", '=IF(1,"","")', "=1+1"]
    path = write_xlsx("payments.xlsx", [payments[0], row])
    results = {
        "600+600.5": ("", "<v>1200.5</v>"),
        "1+2": ("", ""),
        'IF(1,"","")': (' t="str"', "<v></v>"),
    }
    _save_results(path, results)
    if not placed:
        _leave_out_places(path)
    _, [(_, cells)] = _read(path)
    assert list(cells[3:]) == [1200.5, FORMULA_WITHOUT_VALUE, None, FORMULA_WITHOUT_VALUE]


def test_a_wrong_size_written_into_a_sheet_hides_nothing(write_xlsx, payments):
    path = write_xlsx("payments.xlsx", [*payments, *[payments[1]] * 20])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    part = "xl/worksheets/sheet1.xml"
    parts[part] = parts[part].replace(b'<dimension ref="A1:G22"', b'<dimension ref="A1"')
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    selected, rows = _read(path)
    assert (len(selected.header.columns), len(rows)) == (7, 21)


def test_a_date_beyond_the_calendar_comes_as_a_number(tmp_path, payments):
    book = openpyxl.Workbook()
    book.active.append(payments[0])
    book.active.append(["F1", "G1", 1e9, 5])
    book.active["C2"].number_format = "yyyy-mm-dd"
    path = tmp_path / "payments.xlsx"
    book.save(path)
    _, [(_, cells)] = _read(path)
    assert cells[2] == 1_000_000_000


def test_parquet_rows_count_from_one(tmp_path):
    path = tmp_path / "payments.parquet"
    table = pa.table(
        {
            "payment_id": ["F1", "F2"],
            "payroll_id": pa.array(["G1", "G1"]).dictionary_encode(),
            "paid_on": pa.array([dt.datetime(2024, 5, 20)] * 2, pa.timestamp("ms")),
            "amount": [1.5, None],
        }
    )
    pq.write_table(table, path)
    _, rows = _read(path)
    assert rows == [
        (1, ("F1", "G1", dt.datetime(2024, 5, 20), 1.5)),
        (2, ("F2", "G1", dt.datetime(2024, 5, 20), None)),
    ]


def test_merges_hidden_rows_and_hidden_sheets_of_a_book(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 9):
        sheet.append([f"A{row}", "x", "y"])
    sheet.merge_cells("A3:A5")
    sheet.merge_cells("B1:C1")
    sheet.row_dimensions[4].hidden = True
    sheet.row_dimensions[6].hidden = True
    book.create_sheet("hidden").sheet_state = "hidden"
    book.create_sheet("very hidden").sheet_state = "veryHidden"
    path = tmp_path / "payments.xlsx"
    book.save(path)
    with open_sheets(path) as sheets:
        assert [one.hidden for one in sheets] == [False, True, True]
        assert set(sheets[0].merges) == {CellRange(3, 0, 5, 0), CellRange(1, 1, 1, 2)}
        assert set(sheets[0].hidden_rows) == {4, 6}
        assert sheets[1].merges == ()


def test_marks_are_found_where_a_tag_is_split_between_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("risk.intake.readers.sheet_xml._BLOCK_BYTES", 7)
    book = openpyxl.Workbook()
    book.active.append(["a", "=1+1"])
    book.active.merge_cells("A2:B9")
    path = tmp_path / "payments.xlsx"
    book.save(path)
    with open_sheets(path) as (sheet,):
        assert sheet.merges == (CellRange(2, 0, 9, 1),)
        assert next(sheet.rows()) == (1, ["a", FORMULA_WITHOUT_VALUE])


_LINES = st.lists(
    st.sampled_from(
        ["a,b", '"a\n\n\n\n\nb",c', '"say ""x""",1', "", "", "", ",", " \t", '"",""', '5",x']
    )
)


@given(lines=_LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), last=st.booleans())
@settings(deadline=None)
def test_filled_rows_and_their_numbers_do_not_depend_on_blank_runs(
    tmp_path_factory, lines, end, last
):
    text = "".join(f"{line}{end}" for line in lines) + "end," * last
    path = tmp_path_factory.getbasetemp() / "blank_runs.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_text, "MAX_BLANK_RUN", 2)
        rows = list(CsvSheet(path, "utf-8", ",").rows())
    whole = enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)
    expected = [row for row in whole if any(cell.strip() for cell in row[1])]
    assert [row for row in rows if any(cell.strip() for cell in row[1])] == expected
    empty = sum(not cells for _, cells in rows)
    assert empty <= 2 * (len(rows) - empty + 1)


def test_a_quote_left_open_below_blank_lines_is_reported_with_its_row(tmp_path):
    path = tmp_path / "payments.csv"
    path.write_text('a,"b"\n' + "\n" * 5_000 + 'c,"d', encoding="utf-8")
    with pytest.raises(QuotesBroken) as raised:
        list(CsvSheet(path, "utf-8", ",").rows())
    assert raised.value.fields["row"] == 5_002
