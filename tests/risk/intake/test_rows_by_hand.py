"""Which rows of a sheet are no records, and where a chunk of rows ends, decided by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from risk.contract import TABLES
from risk.intake.columnar_parser import _below
from risk.intake.non_records import NonRecord, non_record, plain
from risk.intake.readers.csv_columnar import Chunk
from risk.intake.sheet_records import _without
from risk.intake.team_sheets import TeamContract


@pytest.mark.parametrize(
    ("lone", "kind"),
    [
        ("在建项目(续)", NonRecord.TITLE),
        ("二、市政工程", NonRecord.TITLE),
        ("城关镇", NonRecord.TITLE),
        ("2025年9月", NonRecord.TITLE),
        ("安居家园", None),
    ],
)
def test_a_lone_cell_is_a_title_for_any_one_reason(lone, kind):
    key = "P-01"
    found = non_record([lone, None, None], [key], complete=False, titles=())
    assert found is kind
    assert non_record([None, lone], [key], complete=False, titles=()) is (
        NonRecord.TITLE if lone == "2025年9月" else None
    )


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", 2, "3"], NonRecord.HEADING),
        (["1", "2"], None),
        (["甲", "乙", "1", "2"], NonRecord.HEADING),
        (["甲", "乙", "丙", "丁", "1"], NonRecord.HEADING),
        (["甲", "乙", "丙"], NonRecord.HEADING),
        (["甲", "丙", "1"], None),
        (["乙", "1", "2"], None),
        (["1", "2", "4"], None),
    ],
)
def test_numbers_of_columns(cells, kind):
    assert non_record(cells, [None], complete=False, titles=()) is kind


def test_texts_are_compared_by_two_hundred_characters():
    assert plain("x" * 201) == "x" * 200


def test_a_chunk_ends_before_the_row_of_the_next_header():
    chunk = Chunk([2, 3, 5], (pa.array(["a", "b", "d"]),), ((4, ["c"]), (6, ["e"]), (7, ["f"])))
    left = _without(chunk, {3}, below=6)
    assert list(left.numbers) == [2, 5]
    assert left.columns[0].to_pylist() == ["a", "d"]
    assert left.ragged == ((4, ["c"]),)


def test_a_row_that_ends_before_its_project_has_no_contract(store):
    code = next(one for one in TABLES["attendance"].fields if one.name == "contract_id")
    found = TeamContract(store, "attendance", "钢筋班", 1, code)
    assert [found(cells) for cells in ((), ("x",), ("x", None))] == [None, None, None]


def test_rows_below_a_header_leave_out_itself_and_those_above():
    ragged = ((1, ["title"]), (2, ["head", ""]), (4, ["x", "y"]))
    whole = Chunk((3, 5), (pa.array(["a", "b"]),), ragged)
    below = _below(whole, 2)
    assert (below.numbers, below.columns[0].to_pylist(), below.ragged) == (
        *((3, 5), ["a", "b"]),
        ((4, ["x", "y"]),),
    )
    assert _below(whole, 3).numbers == (5,)
