"""Notes about the rows of a file at their limits, worked out by hand; today is 2026-03-01."""

import pytest

from risk.intake.importer import import_file

PROJECTS = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
CONTRACTS = ["合同编号", "项目编码", "承包方名称", "签订日期", "终止日期"]
INSPECTIONS = ["检查编号", "项目编码", "检查日期", "是否发现欠薪", "整改完成日期"]


@pytest.fixture
def notes(store, write_csv, today):
    """Code and fields of the notes about a file; each needs an answer."""

    def of(name, *rows):
        found = import_file(store, write_csv(name, rows), today=today).notes
        assert all(note.needs_answer for note in found)
        return [(note.code, dict(note.fields)) for note in found]

    return of


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (
            ["1000000000", "2000000000", "1000000000.01"],
            [("too_large", {"rows": 2, "key": "F1", "found": "2,000,000,000"})],
        ),
        (["1000000000"], []),
        (["5", "6"], [("too_small", {"found": "6"})]),  # 5.5 is rounded
        (["99.99", "100", "99.99"], [("too_small", {"found": "100"})]),
        (["100", "99.99", "100"], []),
        (["5"], []),
        (["0", "5"], []),
        (["0", "0", "0", "120", "120"], []),
        (["0"], []),
    ],
)
def test_amounts_of_payments_between_a_hundred_and_a_billion_yuan(
    notes, payments, amounts, expected
):
    header, row = payments
    rows = [[f"F{n}", *row[1:3], amount, *row[4:]] for n, amount in enumerate(amounts)]
    found = notes("payments.csv", header, *rows)
    assert found == [(code, {"column": "实发金额", **fields}) for code, fields in expected]


def test_of_events_to_come_the_last_is_shown(notes):
    days = ["2026-03-01", "2026-03-02", "2026-04-01", "2026-03-31"]
    rows = [[f"J{n}", "P1", day, "有", ""] for n, day in enumerate(days)]
    assert notes("inspections.csv", INSPECTIONS, *rows) == [
        ("in_future", {"column": "检查日期", "rows": 3, "found": "2026-04-01", "key": "J2"})
    ]


def test_a_deposit_may_begin_in_366_days_and_a_contract_end_in_ten_years(notes):
    header = ["保证金编号", "项目编码", "状态", "生效日期"]
    rows = [[f"B{n}", "P1", "已存储", f"2027-03-0{n}"] for n in (2, 3)]
    assert notes("deposits.csv", header, *rows) == [
        ("in_future", {"column": "生效日期", "rows": 1, "found": "2027-03-03", "key": "B3"})
    ]
    assert notes("contracts.csv", CONTRACTS, ["K1", "P1", "甲", "2026-01-01", "2036-01-01"]) == []


def test_three_keys_of_several_are_shown_with_what_differs(notes):
    first = [[f"P{n}", f"甲{n}", "990101", "2025-01-01"] for n in range(5)]
    second = [
        ["P0", "乙0", "990101", "2025-01-02"],
        ["P1", "乙1", "990101", "2025-01-01"],
        ["P2", "甲2", "990101", "2025-01-02"],
        ["P3", "乙3", "990101", "2025-01-01"],
        ["P4", "甲4", "990102", "2025-01-01"],  # a corrected place is the same project
    ]
    examples = (
        "P0（2025-01-01 → 2025-01-02，甲0 → 乙0）；P1（甲1 → 乙1）；P2（2025-01-01 → 2025-01-02）"
    )
    fields = {"keys": "4", "examples": examples}
    assert notes("a/projects.csv", PROJECTS, *first, *second) == [("keys_twice", fields)]


def test_keys_stored_for_something_else_are_shown_with_both(notes):
    def rows(project, name):
        return [[f"K{n}", project, name, "2025-01-01", ""] for n in range(4)]

    assert notes("a/contracts.csv", CONTRACTS, *rows("P1", "甲")) == []
    # A name that is missing now is no other name.
    examples = "K0（P1 → P2）；K1（P1 → P2）；K2（P1 → P2）"
    fields = {"keys": "4", "examples": examples}
    assert notes("b/contracts.csv", CONTRACTS, *rows("P2", "")) == [("keys_again", fields)]
    dated = [[*row, "2026-02-01"] for row in rows("P3", "甲")]
    assert notes("c/contracts.csv", [*CONTRACTS, "入库日期"], *dated) == []


def test_two_rows_of_one_day_of_knowledge_are_two_things(notes):
    header = [*PROJECTS, "入库日期"]
    rows = [
        ["P1", name, "990101", "2025-01-01", day]
        for name, day in (*(("甲", "2025-02-01"), ("乙", "2025-03-01"), ("丙", "2025-03-01")),)
    ]
    assert notes("projects.csv", header, *rows) == [
        ("keys_twice", {"keys": "1", "examples": "P1（乙 → 丙）"})
    ]


@pytest.mark.parametrize(
    ("name", "header", "row", "expected"),
    [
        # 2025-01-15 for 2026-01-15.
        (
            *("案件.csv", ["案件编号", "立案日期", "状态", "结案日期", "查实日期"]),
            ["A1", "2025-12-28", "结案", "2025-01-15", "2025-12-01"],
            [("结案日期", "立案日期", "A1", "2025-01-15", "2025-12-28")],
        ),
        (
            *("承包合同.csv", CONTRACTS),
            ["H1", "P1", "甲", "2025-12-01", "2025-02-01"],
            [("终止日期", "签订日期", "H1", "2025-02-01", "2025-12-01")],
        ),
        (
            *("inspections.csv", [*INSPECTIONS, "整改期限"]),
            ["J1", "P1", "2025-12-20", "有", "2025-01-04", "2025-01-05"],
            [
                ("整改完成日期", "检查日期", "J1", "2025-01-04", "2025-12-20"),
                ("整改期限", "检查日期", "J1", "2025-01-05", "2025-12-20"),
            ],
        ),
        (
            *("工程项目.csv", [*PROJECTS, "计划竣工日期", "实际竣工日期"]),
            ["P1", "甲", "420321", "2025-03-05", "2025-03-04", "2025-03-05"],
            [("计划竣工日期", "开工日期", "P1", "2025-03-04", "2025-03-05")],
        ),
        (
            *("工资保证金.csv", ["保证金编号", "项目编码", "状态", "生效日期", "到期日期"]),
            ["B1", "P1", "已存储", "2025-03-05", "2024-03-05"],
            [("到期日期", "生效日期", "B1", "2024-03-05", "2025-03-05")],
        ),
        # What is paid before it is due is paid early.
        (
            "人工费拨付.csv",
            ["拨付编号", "项目编码", "拨付月份", "应拨金额", "应拨日期", "实拨日期"],
            ["B1", "P1", "2025-03", "5000", "2025-03-31", "2025-03-05"],
            [],
        ),
    ],
)
def test_an_end_before_the_event_is_asked_about(notes, name, header, row, expected):
    found = notes(name, header, row)
    names = ("column", "event", "key", "found", "began")
    assert found == [
        ("dates_reversed", {"rows": 1, **dict(zip(names, one, strict=True))}) for one in expected
    ]


CASES = ["案件编号", "立案日期", "状态", "结案日期", "查实日期", "追回金额"]


def test_an_open_case_with_an_end_is_asked_about(notes):
    rows = [
        ["A1", "2025-03-01", "结案", "2025-05-01", "", ""],
        ["A2", "2025-03-01", "立案", "2025-05-01", "", ""],
        ["A3", "2025-03-01", "受理", "2025-05-01", "", ""],
        ["A4", "2025-03-01", "立案", "", "", ""],
        ["A5", "2025-03-01", "查实", "2025-05-01", "", ""],
    ]
    assert notes("案件.csv", CASES, *rows) == [("case_ended_and_open", {"rows": 2, "key": "A2"})]


def test_a_closed_case_that_was_never_confirmed_is_reported(store, write_csv, today):
    confirmed = ["A1", "2025-03-01", "查实", "", "2025-03-09", ""]
    import_file(store, write_csv("案件1.csv", [CASES, confirmed]), today=today)
    rows = [
        ["A1", "2025-03-01", "结案", "2025-05-01", "", "5000"],
        ["A2", "2025-03-01", "结案", "2025-05-01", "", "5000"],
        ["A3", "2025-03-01", "结案", "2025-05-01", "2025-03-09", "5000"],
        ["A4", "2025-03-01", "结案", "2025-05-01", "", "0"],
    ]
    [note] = import_file(store, write_csv("案件2.csv", [CASES, *rows]), today=today).notes
    assert (note.code, dict(note.fields)) == ("case_unconfirmed", {"rows": 1, "key": "A2"})
    assert not note.needs_answer
