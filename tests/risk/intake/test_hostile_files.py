"""Small files that ask for much: each ends in one line, within bounded memory."""

import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from risk.contract import TABLES
from risk.intake.file_errors import IntakeFailure
from risk.intake.readers import child, open_sheets, worker
from risk.intake.readers.csv_columnar import chunks
from risk.intake.sheet_selection import select_sheet

from ...conftest import thorough

PAYMENTS = TABLES["payments"]
HEADER = ["发放编号", "工资表编号", "发放日期", "实发金额", "实发人数", "发放方式", "入库日期"]
ROW = ["F1", "G1", "2024-05-20", 1200.5, 3, "银行代发", "2024-05-21"]
SHEET = "xl/worksheets/sheet1.xml"


def _workbook(path, insert=b"", *, before=b"</sheetData>", whole=b""):
    """A payments book of one row, with ``insert`` before a tag of its sheet, or another sheet."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(HEADER)
    book.active.append(ROW)
    book.save(file)
    with (
        zipfile.ZipFile(file) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == SHEET:
                content = whole or content.replace(before, insert + before)
            target.writestr(name, content)
    return path


def _read(path):
    """Rows of the file, or the code of the failure."""
    try:
        with open_sheets(path) as sheets:
            return list(select_sheet(PAYMENTS, sheets, file=path.name).rows())
    except IntakeFailure as failure:
        return failure.code


def _styled_rows(first, last):
    cells = "".join(f'<c r="{column}%d" s="1"/>' for column in "ABCDEFG")
    return "".join(
        f'<row r="{row}" s="1">{cells % ((row,) * 7)}</row>' for row in range(first, last)
    ).encode()


def test_a_row_number_beyond_spreadsheets_is_refused(tmp_path):
    row = b'<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'
    assert _read(_workbook(tmp_path / "a.xlsx", row)) == "sheet_too_large"


def test_a_lone_cell_in_the_last_corner_of_a_sheet_is_read(tmp_path):
    row = b'<row r="1048576"><c r="P1048576"><v>1</v></c></row>'
    rows = _read(_workbook(tmp_path / "a.xlsx", row))
    assert [number for number, _ in rows] == [2, 1048576]


def test_thirty_thousand_rows_with_a_format_only(tmp_path):
    path = _workbook(tmp_path / "a.xlsx", _styled_rows(3, 30_000))
    assert [number for number, _ in _read(path)] == [2]


def test_entities_that_expand_without_end(tmp_path):
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    whole = (
        f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&a11;</t></is></c></row></sheetData></worksheet>'
    )
    assert _read(_workbook(tmp_path / "a.xlsx", whole=whole.encode())) == "workbook_broken"


def test_a_million_nested_elements(tmp_path):
    deep = b"<a>" * 500_000 + b"</a>" * 500_000
    path = _workbook(tmp_path / "a.xlsx", deep, before=b"<sheetData>")
    assert len(_read(path)) == 1


def test_a_cell_of_twenty_megabytes(tmp_path):
    text = (
        b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"x" * 100_000_000 + b"</t></is></c></row>"
    )
    assert _read(_workbook(tmp_path / "a.xlsx", text)) == "sheet_too_large"


@thorough  # other files that grow when read: above and below
def test_a_parquet_dictionary_that_unfolds_to_gigabytes(tmp_path):
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 8_000, pa.int32()), ["x" * 1_000_000])
    path = tmp_path / "payments.parquet"
    pq.write_table(pa.table(dict.fromkeys(["payment_id", "payroll_id", "paid_on"], column)), path)
    assert path.stat().st_size < 200_000
    with pytest.raises(IntakeFailure) as raised, open_sheets(path) as (sheet,):
        list(sheet.rows())
    assert raised.value.code == "file_too_heavy"
    assert raised.value.fields == {"file": "payments.parquet", "allowed": 448}


@thorough  # other pages that grow when read: above and below
def test_html_cells_that_span_the_whole_page(tmp_path):
    path = tmp_path / "payments.xls"
    path.write_text("<html><table><tr><td rowspan=99999 colspan=99999>a</td></tr>" * 200)
    assert _read(path) == "file_too_heavy"


def test_a_header_of_a_million_columns(tmp_path):
    path = tmp_path / "payments.csv"
    path.write_bytes(b",".join([b"x"] * 1_000_000))
    assert _read(path) == "sheet_too_large"


def test_a_line_of_forty_megabytes(tmp_path):
    path = tmp_path / "payments.csv"
    path.write_bytes(",".join(HEADER).encode() + b"\n" + b"x" * 40_000_000)
    assert _read(path) == "line_too_long"


_PEAK = """
import datetime as dt
import sys
from pathlib import Path
from risk.contract import TABLES
from risk.intake.columnar_parser import ColumnarParser
from risk.intake.readers import open_sheets
from risk.intake.readers.csv_columnar import chunks
from risk.intake.readers.worker import peak_memory
from risk.intake.sheet_selection import select_sheet
path, table = Path(sys.argv[1]), TABLES["payments"]
with open_sheets(path) as sheets:
    found = select_sheet(table, sheets, file=path.name)
    parser = ColumnarParser(table, found.header, today=dt.date(2026, 3, 1))
    good = sum(b.good for b in parser.batches(chunks(found.sheet, found.header.width)))
print(good, peak_memory() >> 10)
"""


@pytest.mark.parametrize(
    ("blank", "quoted"),
    [
        pytest.param(b"\n", False, marks=thorough),
        (b",,,,,,\n", False),
        pytest.param(b" \t\r\n", False, marks=thorough),
        pytest.param(b"\n", True, marks=thorough),
    ],
)
def test_five_megabytes_of_blank_lines_need_little_memory(tmp_path, blank, quoted):
    header = [f'"{name}"' for name in HEADER] if quoted else HEADER
    lines = (",".join(map(str, cells)).encode() + b"\n" for cells in (header, ROW))
    path = tmp_path / "payments.csv"
    path.write_bytes(next(lines) + blank * (5_000_000 // len(blank)) + next(lines))
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    good, mebibytes = map(int, done.stdout.split())
    assert good == 1
    assert mebibytes < 400


def test_the_memory_of_the_child_is_limited_by_the_system():
    code = f"""
import sys
from {worker.__name__} import MEMORY_BYTES, main, peak_memory
main()  # standard input is empty
try:
    bytearray(MEMORY_BYTES)
except MemoryError:
    print("refused", peak_memory() < MEMORY_BYTES >> 10, file=sys.__stdout__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "refused True\n"


def test_a_file_is_read_after_one_that_needs_too_much_memory(tmp_path):
    """Half a gigabyte in one batch; the file is too large and not broken."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 8_000, pa.int32()), ["x" * 65_536])
    heavy = tmp_path / "payments.parquet"
    pq.write_table(pa.table({"payment_id": column}), heavy, store_schema=False)
    good = _workbook(tmp_path / "payments.xlsx")
    assert _read(heavy) == "file_too_heavy"
    assert len(_read(good)) == 1


def test_the_child_serves_one_file_after_another(tmp_path):
    path = _workbook(tmp_path / "payments.xlsx")
    with open_sheets(path) as (first,):
        pass
    with open_sheets(path) as (second,), open_sheets(path) as (third,):
        assert second.process is first.process
        assert third.process is not second.process
        assert list(second.rows()) == list(third.rows())


def test_the_child_reads_relative_paths_from_any_folder(tmp_path, monkeypatch):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        book = openpyxl.Workbook()
        book.active.append([folder])
        book.save("book.xlsx")
        with open_sheets(Path("book.xlsx")) as sheets:
            assert [list(cells) for _, cells in sheets[0].rows()] == [[folder]]


def test_the_child_gets_no_settings(monkeypatch):
    monkeypatch.setenv("WAGEWATCH_DATABASE__URL", "postgresql://office:secret@127.0.0.1/records")
    process = child.ReaderProcess()
    try:
        place = Path(f"/proc/{process._process.pid}/environ")
        while not (environment := place.read_bytes()):  # empty until the program runs
            time.sleep(0.01)
    finally:
        process.end()
    assert b"PYTHONPATH" in environment
    assert b"secret" not in environment


def test_streams_of_one_sheet_do_not_disturb_each_other(tmp_path):
    with open_sheets(_workbook(tmp_path / "payments.xlsx")) as (sheet,):
        one, other = sheet.rows(), sheet.rows()
        assert next(one)[0] == next(other)[0] == 1
        one.close()
        assert next(other)[0] == 2


def test_long_runs_of_blank_rows_are_shortened_and_numbers_remain():
    rows = [(number, [None, ""]) for number in range(1, 500)] + [(500, ["x"])]
    found = [row for batch in worker.batches(iter(rows)) for row in batch]
    assert found[-1] == (500, ["x"])
    assert len(found) == worker.MAX_BLANK_RUN + 1


def test_the_time_of_a_request_is_limited(tmp_path, monkeypatch):
    code = f"""
import itertools
from {worker.__name__} import main
from risk.intake.readers import worker
worker.CPU_SECONDS = 1
worker._Requests.open = lambda *_: all(itertools.repeat(True))
main()
"""
    process = child.ReaderProcess([sys.executable, "-c", code])
    with pytest.raises(IntakeFailure) as raised:
        process.request("a.xlsx", "open", "a.xlsx", "xlsx")
    process.end()
    assert raised.value.code == "file_too_slow"


def test_the_rows_of_a_chunk_are_few_so_that_bad_files_end_soon(tmp_path):
    path = tmp_path / "payments.csv"
    line = b"P1,R1,2024-13-99,x,y,z,q\n"
    path.write_bytes(",".join(HEADER).encode() + b"\n" + line * 150_000)
    with open_sheets(path) as (sheet, *_):
        sizes = [len(chunk.numbers) for chunk in chunks(sheet, len(HEADER))]
    assert sum(sizes) == 150_001
    assert max(sizes) <= 2**20 // len(line) + 1


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_rows_of_thousands_of_texts_are_refused(tmp_path, suffix):
    path = tmp_path / f"payments.{suffix}"
    texts = [f"h{column}" for column in range(2_001)]
    if suffix == "csv":
        path.write_text(",".join(texts), encoding="utf-8")
    else:
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_row(0, 0, texts)
    assert _read(path) == "sheet_too_large"
