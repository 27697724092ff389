"""The columnar way of the import against the way row by row: same rows, values and problems."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from risk.contract import KNOWN_AT, STORED_TABLES, Field, FieldType, Table
from risk.intake.cell_parsers import CellRefused, Noted, parser_of, require_readable
from risk.intake.column_parsers import ColumnParser
from risk.intake.columnar_parser import ColumnarParser
from risk.intake.file_errors import IntakeFailure
from risk.intake.headers import HeaderCells, parse_header
from risk.intake.headings import contract_matcher
from risk.intake.readers import csv_columnar, open_sheets
from risk.intake.readers.csv_columnar import Chunk
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.row_parser import Batch, BatchParser
from risk.intake.sheet_selection import SelectedSheet, select_sheet
from risk.intake.units import MONEY_UNITS, Unit

from ...conftest import MUST_RUN_ALL
from .conftest import PAYMENTS

TODAY = dt.date(2026, 3, 1)

NOTHING = ("", " ", "-", "无", "NULL", "无数据", "N/A", "nan", "n-a", "\ufeff", "　")
STAND_INS = ("#N/A", "#FORMULA!", "#CUT!")
IDS = ("\ufeffP1", "P1 ", "'001", '="01"', "1.5E+17", "１２", "P 1", "甲", "50011")
TEXTS = ("a,b", "a;b", 'a"b', "a\nb", "a\x1fb", "金" * 6, "0" * 33_000)
BOOLS = ("true", "否")
NUMBERS = (
    *("1e5", "50%", "0.5", "1.5", "-1", "-0", "1,234.5", "12万", "1.005", "5.", ".5", "(3)"),
    *("99999999999.99", "9999999999999.99", "1" * 16, "1" * 19, "0.1" + "1" * 20),
)
DATES = (
    *("2024-02-30", "2024年5月1日", "20240501", "45000", "1899-01-01", "2024-05"),
    *("2024-05-01 08:00", "2024-03-31"),
)
ODD = (*NOTHING, *STAND_INS, *IDS, *TEXTS, *BOOLS, *NUMBERS, *DATES)
PLAIN = {
    FieldType.ID: st.sampled_from(
        ("P1", "P2", "R-7.a:b_c", "91500000MA5U00000X", "500112", "50011")
    ),
    FieldType.TEXT: st.sampled_from(("渝北区学校工程", "A 1 (b) 工程", "二号楼", "班组 工程队 ")),
    FieldType.DATE: st.dates(dt.date(2023, 12, 1), dt.date(2024, 3, 1)).map(str),
    FieldType.MONTH: st.sampled_from(("2024-01", "2024-02", "2023-12")),
    FieldType.MONEY: st.decimals(0, 9_999_999_999_999, places=2).map(str),
    FieldType.COUNT: st.integers(0, 999_999_999_999).map(str),
    FieldType.SHARE: st.floats(0, 1).map(lambda share: f"{share:.6f}"),
    FieldType.NUMBER: st.decimals(-(10**9), 10**9, places=7).map(str),
    FieldType.BOOL: st.sampled_from(("是", "否")),
}


UNUSUAL = {
    FieldType.ID: ("'001", '="01"', "１２", "P1 ", "\ufeffP1", "甲", "4.2E17", "XM—1", "待办理"),
    FieldType.TEXT: (
        "电话13912345678工程",
        "A13912345678B",
        "甲,乙",
        '甲"乙',
        "甲",
        " 甲乙丙丁戊己",
        "甲\n乙",
    ),
    FieldType.DATE: (
        "2024年2月",
        "24.2.1",
        "在建",
        "2024年2月1日",
        "20240201",
        "2024-02-01 08:00",
        "1899-01-01",
    ),
    FieldType.MONTH: ("2024-02-10", "2024年1月", "2023-11"),
    FieldType.MONEY: (
        "约50万",
        "3万5",
        "若干",
        "未知数",
        "1,234.5",
        "12万",
        "(3)",
        "1.005",
        "9999999999999999",
    ),
    FieldType.COUNT: ("15人", "约15", "未知数", "1,234", "12.0", "-1", "1" * 16),
    FieldType.SHARE: ("50%", "1.5"),
    FieldType.NUMBER: ("1e5", "1,234.5"),
    FieldType.BOOL: ("TRUE", "不详"),
}
"""Cells of each type that need a closer look; most are good after all."""


@st.composite
def files(draw: st.DrawFn, table: Table) -> bytes:
    """A CSV file of ``table``: most rows are normalise, the others odd in one cell or in length."""
    fields = [field for field in table.fields if field.required or draw(st.booleans())]
    fields += [KNOWN_AT] * draw(st.booleans())
    rows = draw(st.lists(st.tuples(*map(_cells, fields)).map(list), min_size=1, max_size=12))
    for row in rows:
        if draw(st.integers(0, 2)) == 0:
            place = draw(st.integers(0, len(row) - 1))
            row[place] = draw(_odd(fields[place]))
    if draw(st.integers(0, 3)) == 0:
        row = draw(st.sampled_from(rows))
        row[:] = draw(st.sampled_from((row[:1], [*row, ""], [*row, "多"], [""] * len(row), [])))
    title = [["台账"]] * draw(st.integers(0, 1))
    return _written([*title, [field.zh for field in fields], *rows], draw)


def _cells(field: Field) -> st.SearchStrategy[str]:
    if field.name == "region_code":
        return st.sampled_from(("500112", "50", "500112001"))
    if field is KNOWN_AT:
        return st.dates(dt.date(2024, 2, 20), dt.date(2024, 4, 1)).map(str)
    return PLAIN.get(field.type, st.sampled_from(tuple(field.values.values()) or ("-",)))


def _odd(field: Field) -> st.SearchStrategy[str]:
    if field.name == "region_code":
        return st.sampled_from(("50011", "5001120", "P1", ""))
    unusual = st.sampled_from(UNUSUAL.get(field.type, ("未知",)))
    return st.one_of(unusual, unusual, st.just(""), st.sampled_from(ODD))


def _written(lines: list[list[str]], draw: st.DrawFn) -> bytes:
    delimiter, end = draw(st.sampled_from(",;\t")), draw(st.sampled_from(("\n", "\r\n", "\r")))
    other = draw(st.sampled_from((end, end, "\r")))
    if draw(st.booleans()):
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(lines)
        text = file.getvalue()
    else:
        texts = [delimiter.join(line) for line in lines]
        text = end.join(texts[:-1]) + other + texts[-1] + end * draw(st.integers(0, 1))
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "gb18030")))
    return text.encode(encoding)


def _told(table: Table, batches: Iterable[Batch]) -> dict[str, Any]:
    """All that a way says of a file's rows; a failure in its place."""
    names = [*(field.name for field in table.fields), KNOWN_AT.name]
    rows, bad, marks, read = [], [], Counter(), 0
    unreadable, notes = [], Counter()
    try:
        for batch in batches:
            columns = [batch.columns[name] for name in names]
            rows += zip(*map(_plainly, columns), strict=True)
            bad += batch.bad
            marks.update(batch.marks)
            notes.update(batch.notes)
            unreadable += batch.unreadable
            read += batch.read
            assert batch.good + len(batch.bad) == batch.read
    except IntakeFailure as failure:
        return {"failure": (failure.code, failure.fields)}
    # Told apart as written: -0.0 is no 0.0.
    return {
        "rows": list(map(repr, rows)),
        "bad": bad,
        "marks": marks,
        "read": read,
        "unreadable": unreadable,
        "notes": notes,
    }


def _plainly(column: Any) -> list[Any]:
    return column.to_pylist() if isinstance(column, pa.ChunkedArray) else column


def _by_columns(table: Table, selected: SelectedSheet, lenient: bool) -> dict[str, Any]:
    parser = ColumnarParser(
        table, selected.header, today=TODAY, lenient=lenient, answers=_answers(table)
    )
    assert isinstance(selected.sheet, CsvSheet)
    return _told(table, parser.batches(csv_columnar.chunks(selected.sheet, selected.header.width)))


def _answers(table: Table) -> dict[tuple[str, str], None]:
    return {(field.name, "未知数"): None for field in table.fields}


def _by_rows(table: Table, selected: SelectedSheet, lenient: bool) -> dict[str, Any]:
    parser = BatchParser(
        table,
        selected.header,
        strict_width=True,
        today=TODAY,
        lenient=lenient,
        answers=_answers(table),
    )
    return _told(table, parser.batches(selected.rows()))


@contextmanager
def _opened(table: Table, content: bytes) -> Iterator[SelectedSheet]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "a.csv"
        path.write_bytes(content)
        try:
            with open_sheets(path) as sheets:
                yield select_sheet(table, sheets, file=path.name)
        except IntakeFailure:
            reject()


@pytest.mark.parametrize("name", STORED_TABLES)
@settings(max_examples=60 if MUST_RUN_ALL else 12)
@given(data=st.data(), block=st.sampled_from((16, 120, 2**21)), lenient=st.booleans())
def test_columnar_parser_equals_row_parser(
    name: str, data: st.DataObject, block: int, lenient: bool
) -> None:
    _same(STORED_TABLES[name], data.draw(files(STORED_TABLES[name])), block, lenient)


@pytest.mark.parametrize("block", [16, 64, 2**21])
@pytest.mark.parametrize(
    "content",
    [
        "统一社会信用代码,单位名称\nA1,甲乙丙丁戊\n",
        "统一社会信用代码,单位名称\nA1,甲乙丙丁戊\n\ufeffA2,甲乙丙丁戊\n",
        "统一社会信用代码,单位名称\nA1,甲乙丙丁戊\rA2,甲乙丙丁戊\nA3,甲乙丙丁戊\n",
        "台账\n统一社会信用代码,单位名称\nA1,甲乙丙丁戊\nA2,乙,丙\nA3,甲乙丙丁戊\nA4 ,甲\nA5,己\n",
    ],
)
def test_columnar_parser_equals_row_parser_on_nearly_plain_files(content: str, block: int) -> None:
    _same(STORED_TABLES["organizations"], content.encode(), block)


def _same(table: Table, content: bytes, block: int, lenient: bool = False) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_columnar, "BLOCK_BYTES", block)
        patch.setattr(csv_columnar, "BLOCK_ROWS", 5)
        with _opened(table, content) as selected:
            assert _by_columns(table, selected, lenient) == _by_rows(table, selected, lenient)


EDGES = (
    *("4.35", "0.29", "1.15", "9999999999999.99", "99999999999999.99", "0.005", "00012.10", "+5"),
    *("999999999999", "1234567890123", "-0.0", "-1.5", "1.", "0.1234567890123456", "1E5", "7.0"),
    *("a" * 33_000 + "1", "甲" * 33_000, "ABCDE", "A-B", "_", "甲乙丙丁戊"),
    *("电话13912345678工程", "1.5E17", "X1.5E17", "2024年5月", "约50万", "15人", "XM—001"),
    *(" 甲乙丙丁戊", "#甲乙丙丁", "銀行代发", "ＡＢＣＤＥＦ"),
)


@pytest.mark.parametrize("unit", [None, MONEY_UNITS["万元"]])
@pytest.mark.parametrize("kind", list(FieldType))
def test_column_parser_equals_cell_parser(kind: FieldType, unit: Unit | None) -> None:
    field = Field("any", "任何", kind, values={"bank": "银行代发"})
    cells = [*ODD, *EDGES, "银行代发", "bank", "2024-05-20", "P1"]
    column = ColumnParser(field, unit).read(pa.array(cells, pa.string()))
    one_by_one = [_value(cell, field, unit) for cell in cells]
    read = zip(column.values.to_pylist(), column.doubtful.to_pylist(), strict=True)
    assert list(map(repr, read)) == list(map(repr, one_by_one))


def _value(cell: str, field: Field, unit: Unit | None) -> tuple[Any, bool]:
    """Value of the cell, and whether it needs the parser of rows."""
    try:
        require_readable(cell)
        value = parser_of(field, unit)(cell)
    except CellRefused:
        return None, True
    return (None, True) if isinstance(value, Noted) else (value, False)


@pytest.mark.parametrize("before", range(64))
def test_blank_runs_are_found_wherever_they_begin(before):
    head = b"x" * before + b"\n"
    [one, other] = csv_columnar._without_blank_runs(head + b"\n" * 1001 + b"c,d\n", ",")
    assert one == (head, 1001)
    assert other == (b"c,d\n", 0)


def test_shorter_blank_runs_and_long_lines_of_empty_cells_between_rows_stay():
    text = b"a,b\n" + b"\n" * 999 + b"c,d\n" + b"e," * 900 + b"\n"
    assert list(csv_columnar._without_blank_runs(text, ",")) == [(text, 0)]


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        (b"", False),
        (b"a\nb\n", False),
        (b"a\r\nb\r\n", False),
        (b"a\rb\r\n", True),
        (b"a\r\nb\rc\n", True),
        (b"a\r\nb\r", True),  # the last octet has none after it
        (b"\r", True),
        (b"a\r\r\nb", True),
    ],
)
def test_a_carriage_return_that_no_line_feed_follows_is_found(text, is_there):
    assert csv_columnar._has_lone_return(text) == is_there


def _chunk(rows: dict[int, list[str]], ragged: dict[int, list[str]]) -> Chunk:
    columns = tuple(pa.array(column, pa.string()) for column in zip(*rows.values(), strict=True))
    return Chunk(list(rows), columns, tuple(ragged.items()))


def _payment(number: int, amount: str = "5", *, workers: str = "3", known: str = "21") -> list[str]:
    return [f"F{number}", "G1", "2024-05-20", amount, workers, "现金", f"2024-05-{known}"]


def test_rows_below_the_header_with_and_without_doubt():
    """The header is row 2, of which the last cell is missing in one of the files."""
    table = STORED_TABLES["payments"]
    cells = HeaderCells(2, PAYMENTS)
    header = parse_header(table, cells, file="x", match=contract_matcher(table))
    parser = ColumnarParser(table, header, today=TODAY)
    good = {3: _payment(3, "约5"), 5: _payment(5), 6: [""] * 7, 11: _payment(11)}
    refused = {8: _payment(8, workers="若干"), 9: _payment(9, known="19"), 10: _payment(10, "x")}
    ragged = {1: ["台账"], 4: ["Z"], 7: ["A", *_payment(7)], 12: [" "]}
    chunks = (
        _chunk({2: PAYMENTS, **dict(sorted((good | refused).items()))}, ragged),
        _chunk({2: PAYMENTS, 3: _payment(3)}, {}),
        _chunk({3: _payment(3)}, {2: PAYMENTS[:-1]}),
        _chunk({1: [""] * 7, 2: PAYMENTS}, {}),
    )
    first, *others = parser.batches(chunks)
    assert (first.read, [row.number for row in first.bad]) == (8, [4, 7, 8, 9, 10])
    assert first.columns["payment_id"].to_pylist() == ["F3", "F5", "F11"]
    assert first.columns["amount"].to_pylist() == [500, 500, 500]
    assert (dict(first.notes), dict(first.marks)) == ({"approximate": 1},) * 2
    assert [(one.read, one.good, one.bad) for one in others] == [(1, 1, []), (1, 1, [])]


def test_an_unreadable_cell_is_unknown_where_that_is_allowed():
    table = STORED_TABLES["payments"]
    cells = HeaderCells(1, PAYMENTS)
    header = parse_header(table, cells, file="x", match=contract_matcher(table))
    parser = ColumnarParser(table, header, today=TODAY, lenient=True)
    [batch] = parser.batches([_chunk({2: _payment(2, workers="若干"), 3: _payment(3)}, {})])
    assert batch.columns["workers_paid"].to_pylist() == [None, 3]
    assert [(one.number, one.raw) for one in batch.unreadable] == [(2, "若干")]
