"""Heads of two and three rows in a trial, and through the layout that it proposes."""

import datetime as dt

import openpyxl
import pytest

from risk.intake.importer import import_into
from risk.intake.layouts.heads import join_headings, possible_heads, single_headings
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.proposal import _sample
from risk.intake.readers import CellRange
from risk.intake.trial import try_files

from ..small_sheets import SmallSheet

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ROWS = [
    ["青川县在建项目保证金台账", None, None, None, None, None, None],
    ["序号", "工程名称", "保证金", None, None, "期限", None],
    [None, None, "存储形式", "金额（万元）", None, "生效时间", "到期时间"],
    [None, None, None, "应存", "实存", None, None],
    [1, "云渡小区二期", "现金", 30, 25.5, "2025.4.1", "2026.4.1"],
    [2, "竹园污水管网", "银行保函", 12, 12, "2025.4.2", "2026.4.2"],
]
MERGES = ["A2:A4", "B2:B4", "C2:E2", "F2:G2", "C3:C4", "D3:E3", "F3:F4", "G3:G4"]


def test_a_cell_above_counts_for_the_empty_ones_right_of_it_where_nothing_is_merged():
    above, below = ("保证金", None, None, "期限"), ("形式", "金额", "状态", "到期")
    assert join_headings([(1, above), (2, below)], []) == (
        *("保证金/形式", "保证金/金额", "保证金/状态", "期限/到期"),
    )


def _heads(*rows, merges=(), apart=1):
    found = possible_heads(SmallSheet(rows, merges=merges, apart=apart))
    return [(one.row, one.rows, *map("".join, (one.headings, one.titles))) for one in found]


def test_heads_are_rows_of_texts_with_up_to_two_such_rows_above():
    rows = [["台账"], ["甲", "乙"], ["丙", "丁"], ["戊", "己"], ["庚", "辛"]]
    assert _heads(*rows) == [
        (2, 1, "甲乙", "台账"),
        (3, 2, "甲/丙乙/丁", "台账"),
        (3, 1, "丙丁", "台账甲乙"),
        (4, 3, "甲/丙/戊乙/丁/己", "台账"),
        (4, 2, "丙/戊丁/己", "台账甲乙"),
        (4, 1, "戊己", "台账甲乙丙丁"),
        (5, 3, "丙/戊/庚丁/己/辛", "台账甲乙"),
        (5, 2, "戊/庚己/辛", "台账甲乙丙丁"),
        (5, 1, "庚辛", "台账甲乙丙丁戊己"),
    ]
    assert [head[:2] for head in _heads(*rows[1:3], apart=2)] == [(1, 1), (3, 1)]
    assert [head[:2] for head in _heads(rows[1], [], rows[2])] == [(1, 1), (3, 1)]
    assert [head[:2] for head in _heads(["甲", "乙", 5], rows[2])] == [(1, 1), (2, 1)]
    for title in (["台账"], ["台账", None, " "]):
        assert _heads(title, rows[1]) == [(2, 1, "甲乙", "台账")]


def test_headings_that_reach_into_the_next_row_are_no_head_without_it():
    rows, both = (
        [["甲", "乙"], ["丙", "丁"], ["戊", "己"]],
        [(2, 2), (2, 1), (3, 3), (3, 2), (3, 1)],
    )
    for merged, found in (
        (CellRange(1, 0, 1, 1), [(1, 1), *both]),
        (CellRange(1, 0, 2, 0), both),
        (CellRange(1, 0, 3, 0), both[2:]),
        (CellRange(2, 0, 3, 0), [(1, 1), *both[2:]]),
    ):
        assert [head[:2] for head in _heads(*rows, merges=[merged])] == found


def test_heads_at_the_limits_of_what_is_searched():
    def found(*rows):
        return [head[0] for head in _heads(*rows)]

    title, head = ["台账"], ["甲", "乙"]
    assert found(*[title] * 59, head, head) == [60]
    assert found(["甲", "乙" * 60]) == [1]
    assert found(["甲", "乙" * 61]) == []
    assert found(["甲"] * 1000) == [1]
    assert found(["甲"] * 1001) == []
    sheet = SmallSheet([title, head, *[["1", "2"]] * 201])
    assert [len(one.cells) for one in _sample(sheet, next(possible_heads(sheet)))] == [200, 200]


def test_groups_count_for_the_columns_they_cover():
    below = (2, ["一", "二", "三", "四", "五"])

    def joined(cells, *merges):
        return list(join_headings([(1, cells), below], merges))

    assert joined(["甲", None, "乙"]) == ["甲/一", "甲/二", "乙/三", "乙/四", "乙/五"]
    assert joined([None, "甲"], CellRange(1, 1, 1, 2)) == ["一", "甲/二", "甲/三", "四", "五"]
    assert joined([None, "甲", "乙"], CellRange(1, 1, 1, 9)) == [
        *("一", "甲/二", "乙/三", "甲/四", "甲/五"),
    ]
    # A range that begins above or ends below the row is one of it; one elsewhere is not.
    assert joined(["甲"], CellRange(0, 0, 1, 1))[:3] == ["甲/一", "甲/二", "三"]
    assert joined(["甲"], CellRange(1, 0, 2, 1))[:3] == ["甲/一", "甲/二", "三"]
    assert joined(["甲"], CellRange(2, 0, 2, 1))[:3] == ["甲/一", "甲/二", "甲/三"]
    assert join_headings([(1, ["甲", "乙", "丙"]), (2, ["一"])], []) == ("甲/一", "乙", "丙")


def test_headings_are_on_one_line_without_empty_ones_at_the_end():
    assert single_headings(["甲", None, "乙\n 丙", None, " "]) == ("甲", "", "乙 丙")
    assert single_headings([" ", None]) == ()
    assert single_headings(["甲"]) == ("甲",)
    assert single_headings(["甲" * 201]) == ("甲" * 200,)


@pytest.fixture
def ledger(tmp_path):
    def write(merges):
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        for cells in ["A1:G1", *merges]:
            book.active.merge_cells(cells)
        path = tmp_path / "工资保证金.xlsx"
        book.save(path)
        return path

    return write


@pytest.mark.parametrize("merges", [MERGES, []])
def test_a_head_of_three_rows_is_proposed_and_read_by_its_layout(
    ledger, store, today, tmp_path, merges
):
    path = ledger(merges)
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    layout = proposal.layout
    assert layout.head_rows == 3
    assert {rule.field: rule.heading for rule in layout.columns if rule.field} == {
        "project_id": "工程名称",
        "kind": "保证金/存储形式",
        "required_amount": "保证金/金额（万元）/应存",
        "amount": "保证金/金额（万元）/实存",
        "valid_from": "期限/生效时间",
        "valid_to": "期限/到期时间",
    }
    written = write_layout(tmp_path, layout)
    text = written.read_text(encoding="utf-8").replace("[fill]", '[fill]\nstatus = "已存储"')
    written.write_text(text, encoding="utf-8")
    office = OfficeLayouts((read_layout(written).confirm("王某", NOW),))
    report = import_into(store, [path], today=today, office=office)
    assert report.failed == ()
    assert report.files[0].sheets[0].header_row == 4
    assert store.rows(
        "SELECT kind, required_amount, amount, valid_to FROM deposits ORDER BY valid_to"
    ) == [
        ("cash", 300_000_00, 255_000_00, dt.date(2026, 4, 1)),
        ("guarantee", 120_000_00, 120_000_00, dt.date(2026, 4, 2)),
    ]
