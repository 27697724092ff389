"""Rows of a sheet that are records, blocks, and what is counted of them, worked out by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from risk.contract import TABLES
from risk.intake.headers import HeaderCells, parse_header
from risk.intake.headings import contract_matcher
from risk.intake.non_records import NonRecord
from risk.intake.readers import CellRange
from risk.intake.readers.csv_columnar import Chunk
from risk.intake.sheet_records import SheetRecords

from .small_sheets import SmallSheet

PROJECTS = TABLES["projects"]
HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
A = ["GC-01", "河西小学", "420321", "2025-03-05"]
B = ["GC-02", "滨江路", "420321", "2024-11-01"]
NUMBERED = ["1", "2", "3", "4"]


def _records(rows, *, titles=(), given=(), supplied=(), **more):
    cells, match = HeaderCells(1, rows[0], titles=titles), contract_matcher(PROJECTS)
    header = parse_header(PROJECTS, cells, file="x", match=match, given=given)
    return SheetRecords(
        *(PROJECTS, SmallSheet(rows, **more), header),
        **{"cells": cells, "match": match, "file": "x", "supplied": supplied},
    )


def _read(records, **more):
    return [(header.row, list(rows)) for header, rows in records.blocks(**more)]


def _numbers(records, **more):
    return [(row, [number for number, _ in rows]) for row, rows in _read(records, **more)]


def test_rows_from_the_first_below_the_header_or_from_a_given_one():
    records = _records([HEAD, A, B])
    assert _read(records) == [(1, [(2, A), (3, B)])]
    assert _read(_records([HEAD, A, B]), start=3) == [(1, [(3, B)])]


def test_numbers_of_columns_are_no_record_in_the_first_row_only():
    records = _records([HEAD, NUMBERED, A, NUMBERED])
    assert _numbers(records) == [(1, [3, 4])]
    assert records.set_aside == {NonRecord.HEADING: 1}


def test_every_row_of_a_quarantine_file_is_a_record():
    head = ["隔离编号", *HEAD]
    total = ["Q1", "合计", None, None, None]
    assert _numbers(_records([head, total, ["Q2", *HEAD]])) == [(1, [2, 3])]
    assert _numbers(_records([HEAD, ["合计", None, None, None], A])) == [(1, [3])]


def test_hidden_and_blank_rows_are_counted():
    rows = [HEAD, A, [None, " "], [], B, ["合计"], [None], A, [None], [None]]
    records = _records(rows, hidden_rows={2, 6, 8})
    assert _numbers(records) == [(1, [2, 5, 8])]
    assert (records.hidden, records.blank_rows, records.blocks_read) == (2, 3, 1)
    assert _records([HEAD]).blank_rows == 0


def test_supplied_cells_follow_the_columns_of_the_header():
    supplied = ["x", lambda cells: f"{cells[0]}!"]
    rows = _read(_records([HEAD, A, B[:2], [*A, "more"]], supplied=supplied))[0][1]
    assert rows == [
        (2, [*A, "x", "GC-01!"]),
        (3, [*B[:2], None, None, "x", "GC-02!"]),
        (4, [*A, "x", "GC-01!"]),
    ]


@pytest.mark.parametrize(
    ("yuan", "wan", "left"),
    [
        ("8120000", "812", "8120000"),
        ("10000", "0.999", "10000"),
        ("0.999", "0.0001", "0.999"),
        ("8128129", "812", None),
        ("812", "8128129", None),
        (None, "812", "812万元"),
        ("x", "812", "812万元"),
        ("8120000", None, "8120000"),
        (None, None, None),
        ("0", "0", "0"),
    ],
)
def test_an_amount_in_two_units_agrees_to_a_thousandth(yuan, wan, left):
    head = [*HEAD, "合同金额(元)", "合同金额(万元)"]
    records = _records([head, [*A, yuan, wan], [*A, "5"]])
    [(_, [(_, row), (_, short)])] = _read(records)
    assert row == [*A, left, wan]
    assert records.disagreeing == ([2] if yuan and wan and left is None else [])
    assert short == [*A, "5"]


def test_an_amount_is_filled_in_from_the_other_unit_in_a_column_beyond_the_row():
    head = ["合同金额(万元)", *HEAD, "备注", "合同金额(元)"]
    records = _records([head, ["812", *A]])
    assert _read(records)[0][1] == [(2, ["812", *A])]
    head = [*HEAD, "合同金额(元)", "合同金额(万元)"]
    assert _read(_records([head, [*A, "5", "x"]]))[0][1] == [(2, [*A, "5", "x"])]


def test_a_header_with_other_columns_begins_a_block_and_the_same_one_goes_on():
    other = [*HEAD[:2], HEAD[3], HEAD[2]]
    third = [*A[:2], A[3], A[2]]
    rows = [HEAD, A, HEAD, B, ["一、2024年"], other, ["（元）"], third, HEAD, A]
    records = _records(rows)
    assert _numbers(records) == [(1, [2, 4]), (1, []), (7, [8]), (9, [10])]
    assert (records.blocks_read, records.incomplete) == (3, [])
    assert records.set_aside == {NonRecord.HEADING: 1, NonRecord.TITLE: 1}


def test_a_header_that_lacks_a_column_has_records_to_be_completed():
    row = [A[1], A[0], A[2]]
    rows = [HEAD, A, [HEAD[1], HEAD[0], HEAD[2]], row]
    records = _records(rows)
    blocks = [(header, list(found)) for header, found in records.blocks()]
    assert [(header.row, found) for header, found in blocks] == [
        *((1, [(2, A)]), (3, [(4, row)])),
    ]
    [lacking] = records.incomplete
    assert (lacking.row, lacking.columns) == (3, ("开工日期",))
    assert [(one.field.name, one.index) for one in blocks[1][0].columns][-1] == ("started_on", 3)


def test_what_looks_like_a_header():
    def found(row):
        return [
            number for _, numbers in _numbers(_records([HEAD, A, row, B])) for number in numbers
        ]

    assert found(["项目编码", "项目名称", "x", "y"]) == [2, 4]
    assert found(["项目编码", "开工日期", "x", "y", "z"]) == [2, 3, 4]
    assert found([" ", "开工日期", "x", "y"]) == [2, 3, 4]
    assert found([*HEAD[:3], "开工 日期"]) == [2, 4]
    long = "项目编码(" + "x" * 54 + ")"
    assert (len(long), found([long, None, "行政区划代码"])) == (60, [2, 4])
    assert found([f"{long} ", None, "行政区划代码"]) == [2, 3, 4]


def test_a_row_that_repeats_an_earlier_header_is_no_record():
    second, third = [*HEAD[1:], HEAD[0], "附丙", "附丁"], [*HEAD[2:], *HEAD[:2]]
    rows = [HEAD, A, second, [*A[1:], A[0]], third, [*A[2:], *A[:2]]]
    rows.append([*[None] * 4, "附丙", "附丁"])
    assert _numbers(_records([*rows, [*A[2:], *A[:2]]])) == [(1, [2]), (3, [4]), (5, [6, 8])]


def test_a_later_header_may_have_two_rows():
    turned = ["项目", None, HEAD[3], HEAD[2]]
    rows = [HEAD, A, turned, ["编码", "项目名称"], [*A[:2], A[3], A[2]]]
    assert _numbers(_records(rows)) == [(1, [2]), (4, [5])]


def test_columns_that_a_later_header_lacks_come_after_its_own():
    records = _records([HEAD, A, HEAD[1::-1], A[1::-1]])
    header = [header for header, found in records.blocks() if list(found)][1]
    assert [(one.field.name, one.index) for one in header.columns] == [
        *(("project_name", 0), ("project_id", 1), ("region_code", 2), ("started_on", 3)),
    ]


def test_a_complete_row_is_a_total_only_if_its_key_says_so():
    head = [HEAD[1], HEAD[0], HEAD[2]]
    assert _numbers(_records([HEAD, A, head, ["小计", "GC-9", "420321"]]))[1] == (3, [4])
    turned = [*HEAD[1:], HEAD[0]]
    assert _numbers(_records([turned, ["合计", None, None], [*A[1:], A[0]]])) == [(1, [3])]
    keyless = _records([HEAD[1:], ["合计", "420321", "2025-01-01"], A[1:]], given=["project_id"])
    assert _numbers(keyless) == [(1, [3])]
    assert _numbers(_records([HEAD, A, [5], B])) == [(1, [2, 3, 4])]


def test_the_last_fifty_cells_of_titles_are_remembered():
    title = ["一、市政工程", *[None] * 29]
    records = _records([HEAD, A, title, title, HEAD[::-1], A[::-1]])
    assert [len(list(found)) for _, found in records.blocks()] == [1, 1]
    assert len(records.titles[0]) == 50


def test_a_title_that_names_another_year_begins_a_block():
    rows = [HEAD, A, ["一、2024年"], B, ["一、2024年"], A, ["2025年", 5], A, ["二、2023年"], B]
    records = _records(rows, titles=["2025年度台账"])
    found = []
    for header, numbered in records.blocks():
        numbers = [number for number, _ in numbered]
        found.append((header.row, numbers, list(records.titles[0])))
    assert [(row, numbers) for row, numbers, _ in found] == [
        *((1, [2]), (1, [4, 6, 7, 8]), (1, [10])),
    ]
    assert [titles for _, _, titles in found] == [["一、2024年"], ["二、2023年"], ["二、2023年"]]


def test_titles_and_footers_that_are_passed_over_are_remembered():
    notes = [[f"{number}.说明"] for number in range(1, 10)]
    records = _records([HEAD, A, *([["制表人：甲", *["x"] * 29]] * 2), *notes])
    _read(records)
    assert len(records.footers) == 50
    assert records.footers[-1] == "9.说明"
    assert records.footers[:12] == [*["x"] * 11, "制表人：甲"]
    assert records.titles == ([], [])


def test_a_group_heading_above_a_new_header_is_no_record():
    other = [*HEAD[:2], HEAD[3], HEAD[2]]
    rows = [HEAD, A, ["基本情况", None, "时间地点"], other, [*A[:2], A[3], A[2]]]
    records = _records(rows)
    assert _numbers(records) == [(1, [2]), (4, [5])]
    assert records.set_aside == {NonRecord.HEADING: 1}
    rows[2] = ["基本情况2", None, "时间地点"]
    assert _numbers(_records(rows)) == [(1, [2, 3]), (4, [5])]


def test_a_row_that_repeats_most_of_the_header_is_no_record():
    marks = [f"附{number}" for number in range(1, 20)]
    wide = [*HEAD, *marks]

    def aside(cells):
        return _numbers(_records([wide, A, [*[None] * 4, *cells], B])) == [(1, [2, 4])]

    assert aside([*marks[:9], "x"])
    assert not aside([*marks[:17], "x", "y"])
    assert aside([None, "附2"])
    assert not aside(["附2"])
    head = [*HEAD, *("建设单位", "合同金额(元)", "附甲", "附乙", "附丙", "附丁")]

    def found(row):
        return [number for number, _ in _read(_records([head, A, row, B]))[0][1]]

    assert found([None, None, None, None, None, None, "附甲", "附乙"]) == [2, 4]
    assert found([None, None, None, None, None, None, "附甲", "x"]) == [2, 3, 4]
    assert found([*[None] * 6, *head[6:], "x"]) == [2, 3, 4]


def _chunk(rows, ragged=()):
    columns = zip(*(cells for _, cells in rows), strict=True) if rows else [()] * 4
    arrays = tuple(pa.array(list(cells), pa.string()) for cells in columns)
    return Chunk([number for number, _ in rows], arrays, tuple(ragged))


def _record_rows(records, *chunks):
    return [[*one.numbers, *(number for number, _ in one.ragged)]
            for one in records.chunks(iter(chunks))]  # fmt: skip


def test_of_chunks_the_first_row_below_the_header_is_looked_at():
    records = _records([HEAD])
    chunks = (_chunk([(1, HEAD)]), _chunk([(2, NUMBERED), (3, NUMBERED)]), _chunk([(4, NUMBERED)]))
    assert _record_rows(records, *chunks) == [[1], [3], [4]]
    assert records.set_aside == {NonRecord.HEADING: 1}
    assert (records.resume_at, records.blank_rows) == (None, 0)
    records = _records([HEAD])
    rows = [(1, HEAD), (2, NUMBERED), (3, NUMBERED)]
    assert _record_rows(records, _chunk(rows, [(4, ["合计"])])) == [[1, 3]]


def test_blank_rows_of_chunks():
    blank = ["", "", "", ""]
    records = _records([HEAD])
    rows = [(1, HEAD), (2, A), (4, blank), (6, B), (7, blank), (8, blank), (9, blank)]
    found = _record_rows(records, _chunk([]), _chunk(rows, [(1, ["x"]), (5, ["GC-05", "x"])]))
    assert found == [[], [1, 2, 4, 6, 7, 8, 9, 1, 5]]
    assert records.blank_rows == 2  # 3, which the reader left out, and 4
    _record_rows(records, _chunk([(10, blank), (11, A)]))
    assert records.blank_rows == 6
    _record_rows(records, _chunk([], [(13, ["GC-06"])]))
    assert records.blank_rows == 7


def test_chunks_end_above_another_header():
    other = [*HEAD[:2], HEAD[3], HEAD[2]]
    blank = ["", "", "", ""]
    records = _records([HEAD])
    total = ["合计", "", "", ""]
    rows = [(1, HEAD), (2, A), (3, total), (4, blank), (6, other), (7, total), (8, blank)]
    found = _record_rows(records, _chunk(rows, [(5, ["GC-05"]), (9, ["GC-09"])]), _chunk([(10, A)]))
    assert found == [[1, 2, 4, 5]]
    assert (records.resume_at, records.blank_rows) == (6, 1)
    assert records.set_aside == {NonRecord.TOTAL: 1}


def test_a_header_of_another_width_is_no_row_above_it():
    wide = [[*HEAD, "合同金额"], [*A, "5"]]
    records = _records([HEAD, A, *wide])
    found = _record_rows(records, _chunk([(1, HEAD), (2, A)], [(3, wide[0]), (4, wide[1])]))
    assert (found, records.resume_at, records.blank_rows) == ([[1, 2]], 3, 0)
    assert _numbers(records, start=3) == [(1, []), (3, [4])]
    assert records.blank_rows == 0


def test_the_first_row_of_chunks_may_name_another_year():
    records = _records([HEAD], titles=["2025年度"])
    assert _record_rows(records, _chunk([(1, HEAD), (2, A)], [(3, ["2024年度"]), (4, B)])) == [
        [1, 2]
    ]
    assert records.resume_at == 3


def test_the_unit_and_the_titles_above_a_later_header_count_for_its_block():
    money = [*HEAD, "合同金额"]
    turned = [HEAD[0], "合同金额", *HEAD[1:]]
    rows = [money, [*A, "1"], ["二、市政工程"], ["单位：万元"], turned, [B[0], "2", *B[1:]]]
    records = _records(rows, titles=["单位：千元"])
    units = [
        next(one.unit.label for one in header.columns if one.field.name == "contract_amount")
        for header, found in records.blocks()
        if list(found)
    ]
    assert units == ["千元", "万元"]
    assert records.titles == (["二、市政工程", "单位：万元"], ["单位：千元"])


def test_a_merged_cell_is_the_value_of_all_its_rows_but_an_amount_counts_once():
    head = [*HEAD, "合同金额(元)"]
    rows = [head, [*A, "5"], B[:2], ["GC-03", "丙", None, A[3]], ["GC-04", "丁", None, A[3]]]
    merges = [
        CellRange(2, 4, 4, 4),
        CellRange(2, 2, 4, 2),
        CellRange(2, 0, 2, 1),
        CellRange(1, 1, 3, 1),
        CellRange(1, 3, 3, 3),
        CellRange(3, 2, 4, 2),
        CellRange(2, 5, 3, 5),
        CellRange(2, 9, 3, 9),
    ]
    records = _records(rows, merges=merges)
    assert [cells for _, cells in _read(records)[0][1]] == [
        [*A, "5"],
        [*B[:2], "420321"],
        ["GC-03", "丙", "420321", A[3]],
        rows[4],
    ]
    assert records.merged.not_repeated == {"合同金额(元)": 2}
