"""Headers and the sheets that have them, at the edges of what is searched, worked out by hand."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.file_errors import (
    ColumnsMissing,
    FileEmpty,
    HeaderMissing,
    SeveralTablesFit,
    SheetsHidden,
    TableIncomplete,
    TableNotRecognised,
)
from risk.intake.header_location import header_at, locate_header, unit_row
from risk.intake.headings import contract_matcher
from risk.intake.readers import CellRange
from risk.intake.sheet_selection import (
    readable,
    recognise_table,
    select_sheet,
    select_sheets,
    shown_names,
)

from .small_sheets import SmallSheet

PROJECTS, CONTRACTS = TABLES["projects"], TABLES["contracts"]
HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
A = ["GC-01", "河西小学", "420321", "2025-03-05"]
CONTRACT = ["合同编号", "项目编码", "承包方名称", "签订日期"]
MATCH = contract_matcher(PROJECTS)


def _located(*rows, merges=(), given=(), first=1):
    found = locate_header(PROJECTS, list(enumerate(rows, first)), MATCH, merges=merges, given=given)
    return (found.first_row, found.cells.row, sorted(found.fields)) if found else None


KEYS = ["project_id", "project_name", "region_code", "started_on"]


def test_the_first_complete_header_is_found_else_the_one_with_the_most_fields():
    assert _located([None], [" "]) is None
    assert _located(["台账"], HEAD, A) == (2, 2, KEYS)
    assert _located(HEAD, A, [*HEAD, "合同金额"]) == (1, 1, KEYS)
    assert _located(HEAD[:2], HEAD[:3], A, HEAD[1:]) == (2, 2, KEYS[:3])
    assert _located(HEAD[:3], [], [*HEAD, "合同金额"], given=["started_on"]) == (1, 1, KEYS[:3])
    assert _located(HEAD[:1], [], HEAD[1:2]) == (1, 1, KEYS[:1])


def test_three_rows_away_from_a_complete_header_are_no_header():
    amounts = [None, None, None, None, "合同金额", "人工费比例"]
    three = (amounts, HEAD[:2], [None, None, *HEAD[2:]])
    assert len(_located(*three)[2]) == 6
    assert _located(*three, [], HEAD) == (5, 5, KEYS)
    assert _located(HEAD, [], *three) == (1, 1, KEYS)


def test_a_header_of_two_and_of_three_rows():
    # Each row alone has two of the columns.
    two = (["项目", None, *HEAD[2:]], ["编码", "项目名称"])
    assert _located(*two) == (1, 2, [*KEYS])
    assert _located(two[0], [], two[1])[1] == 1
    assert _located(["x"], ["y"], *two) == (3, 4, [*KEYS])
    three = (["项目", None, None, "开工日期"], [None, "项目名称", "行政区划代码"], ["编码"])
    assert _located(*three) == (1, 3, [*KEYS])
    assert _located(["x"], *three) == (2, 4, [*KEYS])
    assert _located(*three[:2], [], three[2])[2] != [*KEYS]
    cells = locate_header(PROJECTS, list(enumerate(three, 1)), MATCH).cells
    assert list(cells.headings) == ["编码", *HEAD[1:]]
    assert list(cells.groups) == [*["项目"] * 3, None]
    assert _located(["甲", None, None, None, "合同"], [*HEAD, "金额"]) == (
        *(1, 2, ["contract_amount", *KEYS]),
    )
    row, following = (4, two[0]), (5, two[1])
    assert header_at(row, following, MATCH, ()).cells.row == 5
    assert header_at(row, (6, two[1]), MATCH, ()).cells.row == 4
    assert header_at(row, (5, [None, " "]), MATCH, ()).cells.row == 4
    assert header_at(row, None, MATCH, ()).cells.row == 4
    assert header_at(row, (5, A), MATCH, ()).cells.row == 4
    assert header_at((4, HEAD), (5, HEAD), MATCH, ()).cells.row == 4


def test_group_headings_are_filled_to_the_right():
    def groups(above, below, *merges):
        found = header_at((1, above), (2, below), MATCH, merges)
        return list(found.cells.groups) if found.cells.row == 2 else None

    below = [*HEAD[:2], "x", *HEAD[2:]]
    assert groups(["甲", None, None, "乙"], below) == ["甲", "甲", "甲", "乙", "乙"]
    assert groups(["甲", None, "乙"], [*HEAD[:2], None, *HEAD[2:]]) == [
        "甲",
        "甲",
        "乙",
        None,
        None,
    ]
    assert groups([None, "甲"], below) == [None, *["甲"] * 4]
    beyond = CellRange(1, 3, 1, 9)
    assert groups(["甲", None, None, "乙"], below, beyond) == ["甲", None, None, "乙", "乙"]
    wide = CellRange(1, 1, 1, 2)
    assert groups(["甲", "乙"], below, wide) == ["甲", "乙", "乙", None, None]
    assert groups(["甲", "乙"], below, beyond, wide) == [
        "甲",
        "乙",
        "乙",
        None,
        None,
    ]
    for other in (CellRange(2, 1, 2, 2), CellRange(1, 1, 2, 1)):
        assert groups(["甲", "乙"], below, other) == ["甲", *["乙"] * 4]


def test_a_row_of_units():
    assert [unit_row(cells) for cells in (["（元）", None], [" "], ["元", "x"], [])] == [
        *(True, False, False, False),
    ]
    found = locate_header(PROJECTS, [(1, HEAD), (3, ["（元）"])], MATCH)
    assert (found.cells.row, found.first_row, list(found.cells.units)) == (3, 1, ["（元）"])
    assert list(locate_header(PROJECTS, [(1, ["x"]), (2, ["（元）"])], MATCH).cells.units) == []


def _select(*sheets, **more):
    found = select_sheets(PROJECTS, sheets, file="x", **more)
    read = [(one.sheet.name, one.table.name) for one in found.read]
    return read, [(one.name, one.reason, one.found, one.missing) for one in found.unread]


def test_sheets_that_are_read_and_those_that_are_not():
    sheets = [
        SmallSheet([HEAD, A], "a"),
        SmallSheet([HEAD, A], "b", hidden=True),
        SmallSheet([[None]], "c"),
        SmallSheet([["x", "项目编码"]], "d"),
        SmallSheet([[*HEAD[:2], "入库日期"]], "e"),
        SmallSheet([["入库日期", "项目编码"]], "f"),
        SmallSheet([CONTRACT], "g"),
        SmallSheet([CONTRACT], "h", hidden=True),
        SmallSheet([HEAD, A], "i"),
    ]
    unread = [
        ("b", "hidden", (), ()),
        ("c", "blank", (), ()),
        ("d", "no_header", (), ()),
        ("e", "incomplete", ("项目编码", "项目名称"), ("行政区划代码", "开工日期")),
        ("f", "no_header", (), ()),
    ]
    read, left = _select(*sheets)
    assert read == [("a", "projects"), ("i", "projects")]
    assert [*left[:5], left[6]] == [*unread, ("h", "hidden", (), ())]
    read, left = _select(*sheets, others=True)
    assert read == [("a", "projects"), ("g", "contracts"), ("i", "projects")]
    assert left == [*unread, ("h", "hidden", (), ())]
    rows = select_sheet(PROJECTS, [SmallSheet([["台账"], HEAD, A, [" "], A])], file="x").rows()
    assert list(rows) == [(3, A), (5, A)]


def test_files_without_a_sheet_to_read_are_refused():
    with pytest.raises(FileEmpty):
        _select(SmallSheet([]), SmallSheet([[None]]))
    with pytest.raises(SheetsHidden) as hidden:
        _select(SmallSheet([HEAD], "a", hidden=True), SmallSheet([HEAD[:3]], "b"))
    assert hidden.value.fields["sheets"] == "a"
    with pytest.raises(HeaderMissing) as missing:
        _select(SmallSheet([["一", 2], ["甲", "乙 丙", None, "丁"], ["x", "y"]]))
    assert missing.value.fields["found"] == "甲、乙 丙、丁"
    with pytest.raises(ColumnsMissing) as nearest:
        _select(SmallSheet([HEAD[:1]]), SmallSheet([HEAD[:3]]))
    assert nearest.value.fields["columns"] == "开工日期/started_on"
    with pytest.raises(ColumnsMissing):
        _select(SmallSheet([HEAD[:2]], hidden=True), SmallSheet([HEAD[:3]]))
    deep = [["x"]] * 59
    assert _select(SmallSheet([*deep, HEAD]))[0] == [("表", "projects")]
    with pytest.raises(HeaderMissing):
        _select(SmallSheet([*deep, ["x"], HEAD]))


def test_the_first_five_hundred_characters_of_the_headings_are_shown():
    with pytest.raises(ColumnsMissing) as missing:
        _select(SmallSheet([[*HEAD[:3], "x" * 199, "y" * 199, "z" * 199]]))
    assert len(missing.value.fields["found"]) == 500


def test_fields_that_a_sheet_supplies_need_no_column():
    def supply(table, sheet, located):
        return {"started_on": "2025-01-01", "region_code": "420321"}

    short = SmallSheet([HEAD[:2], A[:2]])
    found = select_sheets(PROJECTS, [short], file="x", supply=supply).read[0]
    assert found.supplied == supply(None, None, None)
    assert [(one.field.name, one.index) for one in found.header.columns] == [
        *(("project_id", 0), ("project_name", 1), ("started_on", 2), ("region_code", 3)),
    ]
    assert readable(PROJECTS, [short], supply=supply)
    assert not readable(PROJECTS, [short])
    assert not readable(PROJECTS, [SmallSheet([HEAD], hidden=True), SmallSheet([[None]])])
    longer = SmallSheet([HEAD[:2], A[:2], HEAD[:3]])
    assert select_sheets(PROJECTS, [longer], file="x", supply=supply).read[0].header.row == 1
    with pytest.raises(HeaderMissing):
        select_sheets(PROJECTS, [SmallSheet([["x", "y"]])], file="x", supply=supply)


def test_a_table_is_recognised_by_the_headers_of_a_visible_sheet():
    def named(*sheets, **more):
        return recognise_table(sheets, file="x", **more).name

    assert named(SmallSheet([HEAD])) == "projects"
    assert named(SmallSheet([CONTRACT], hidden=True), SmallSheet([HEAD])) == "projects"
    assert named(SmallSheet([["x"]]), SmallSheet([HEAD]), SmallSheet([CONTRACT])) == "projects"
    both = SmallSheet([[*HEAD, *CONTRACT[:1], *CONTRACT[2:]]])
    assert named(both, named=PROJECTS) == "projects"
    assert named(both, named=CONTRACTS) == "contracts"
    assert named(SmallSheet([[*both.content[0], "计划竣工日期"]])) == "projects"
    with pytest.raises(TableNotRecognised) as none:
        named(SmallSheet([["甲", "项目编码"]]))
    assert none.value.code == "table_not_recognised"
    assert none.value.fields["found"] == "甲、项目编码"
    with pytest.raises(TableIncomplete):
        named(SmallSheet([HEAD[:2]]))
    with pytest.raises(TableIncomplete) as incomplete:
        named(SmallSheet([HEAD[:3]]))
    assert (incomplete.value.fields["table"], incomplete.value.fields["missing"]) == (
        *(PROJECTS.zh, "开工日期"),
    )
    assert incomplete.value.fields["found"] == "项目编码、项目名称、行政区划代码"
    with pytest.raises(TableIncomplete) as most:
        named(SmallSheet([CONTRACT[:3]]), SmallSheet([[*HEAD[:3], "合同金额"]]))
    assert most.value.fields["table"] == PROJECTS.zh
    with pytest.raises(SeveralTablesFit) as several:
        named(both)
    assert several.value.fields["tables"] == "、".join(sorted((PROJECTS.zh, CONTRACTS.zh)))


def test_the_first_six_names_are_shown_with_sixteen_characters():
    assert shown_names(["a" * 17, *"bcdef"]) == f"{'a' * 16}、b、c、d、e、f"
    assert shown_names([*"abcdefg"]) == "a、b、c、d、e、f…"
