"""Rows parsed into columns, with their problems, worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import KNOWN_AT, TABLES
from risk.intake.cells import CUT_OFF
from risk.intake.headers import Column, Header
from risk.intake.identifiers import canonical_identifier, is_placeholder, is_shortened
from risk.intake.row_errors import Problem
from risk.intake.row_parser import BatchParser, optional_fields
from risk.intake.stated_years import StatedYears
from risk.intake.units import MONEY_UNITS

TODAY = dt.date(2026, 3, 1)
DAY = dt.date(2025, 5, 20)
PAYMENTS = ("payment_id", "payroll_id", "paid_on", "amount", "workers_paid", "channel")
CODE = "91110000101623741K"
GOOD = ["F1", "G1", "2025-05-20", "5", "3", "bank"]


def _batches(rows, names=PAYMENTS, table="payments", *, width=None, quarantine=None, **more):
    unit = more.pop("unit", None)
    fields = [TABLES[table].field(name) for name in names]
    columns = tuple(
        Column(field, index, unit if field.name == "amount" else None)
        for index, field in enumerate(fields)
    )
    header = Header(1, columns, width or len(names), len(names), quarantine)
    parser = BatchParser(TABLES[table], header, **{"strict_width": False, "today": TODAY, **more})
    return list(parser.batches(enumerate(rows, 2)))


def _batch(rows, *args, **more):
    [batch] = _batches(rows, *args, **more)
    return batch


def _problems(batch):
    return [(bad.number, [(one.column, one.code) for one in bad.problems]) for bad in batch.bad]


def test_ten_thousand_rows_are_parsed_at_a_time():
    batches = _batches([["C1", "P1"]] * 10_001, ("org_id", "org_name"), "organizations")
    assert [(one.read, one.good) for one in batches] == [(10_000, 10_000), (1, 1)]
    assert [one.marks for one in batches] == [{"credit_code": 10_000}, {"credit_code": 1}]


def test_good_rows_are_columns_and_bad_rows_say_what_is_wrong():
    rows = [GOOD, ["F2", "", "x", "5", "y", "z"], ["F3", *GOOD[1:3]], ["F4", "不详", *GOOD[2:]]]
    batch = _batch(rows)
    assert (batch.read, batch.good) == (4, 1)
    assert batch.columns == {
        **{"payment_id": ["F1"], "payroll_id": ["G1"], "paid_on": [DAY], "amount": [500]},
        **{"workers_paid": [3], "channel": ["bank"], "returned_on": [None], "known_at": [None]},
    }
    assert batch.bad[0].problems == (
        Problem("payroll_id", "missing"),
        Problem("paid_on", "not_a_date", "x"),
        Problem("workers_paid", "not_a_count", "y"),
        Problem("channel", "not_in_values", "z", "银行代发、现金、包工头代领"),
    )
    assert _problems(batch)[1:] == [
        *((4, [("amount", "missing")]), (5, [("payroll_id", "unknown_value")])),
    ]
    assert [(one.key, one.cells["amount"], one.surplus) for one in batch.bad] == [
        *(("F2", "5", ()), ("F3", None, ()), ("F4", "5", ())),
    ]


def test_an_optional_cell_that_is_not_read_is_unknown_where_the_import_is_lenient():
    rows = [["F1", "G1", "2025-05-20", "5", "x" * 201, "z"], ["F2", "G1", "x", "5", "y", "bank"],
            ["F3", "G1", "2025-05-20", "5", CUT_OFF, "bank"]]  # fmt: skip
    batch = _batch(rows, lenient=True)
    assert [(one.number, one.column, one.raw, one.code, one.key, one.known_at)
            for one in batch.unreadable] == [
        (2, "workers_paid", "x" * 200, "not_a_count", "F1", None),
        (2, "channel", "z", "not_in_values", "F1", None),
    ]  # fmt: skip
    assert (batch.columns["workers_paid"], batch.columns["channel"]) == ([None], [None])
    assert _problems(batch) == [
        (3, [("paid_on", "not_a_date"), ("workers_paid", "not_a_count")]),
        (4, [("workers_paid", "cut_off")]),
    ]
    assert optional_fields(TABLES["payments"]) == {"workers_paid", "channel", "returned_on"}
    assert "contract_id" not in optional_fields(TABLES["attendance"])


def test_the_day_of_knowledge_is_that_of_the_row():
    names = (*PAYMENTS, "returned_on")
    table = TABLES["payments"]
    columns = [Column(table.field(name), index) for index, name in enumerate(names)]
    columns.append(Column(KNOWN_AT, 7))
    parser = BatchParser(
        table, Header(1, tuple(columns), 8, 8), strict_width=False, today=TODAY, lenient=True
    )
    rows = [[*GOOD[:5], "z", None, "2025-06-01"], [*GOOD[:5], "bank", None, "2025-05-19"],
            ["", *GOOD[1:], None, "2025-05-21"]]  # fmt: skip
    [batch] = parser.batches(enumerate(rows, 2))
    assert [one.known_at for one in batch.unreadable] == [dt.date(2025, 6, 1)]
    assert [(one.known_at, one.key) for one in batch.bad] == [
        (dt.date(2025, 5, 19), "F1"),
        (dt.date(2025, 5, 21), None),
    ]
    assert _problems(batch)[0] == (3, [("known_at", "known_before_event")])


def test_a_key_of_several_parts_is_known_where_its_required_parts_are():
    names = ("project_id", "contract_id", "period", "workers_present")
    rows = [["P1", "", "2025-05", "x"], ["P1", "C1", "x", "1"], ["", "C1", "2025-05", "1"]]
    batch = _batch(rows, names, "attendance", lenient=True)
    assert [one.key for one in batch.unreadable] == ["P1\x1f\x1f2025-05-01"]
    assert [one.key for one in batch.bad] == [None, None]


def test_rows_of_a_text_file_are_refused_for_their_length_first():
    rows = [GOOD, GOOD[:5], [*GOOD, "x", None, "y"], [*GOOD, "", " "], ["", *GOOD[1:5]]]
    batch = _batch(rows, strict_width=True)
    assert [(one.number, one.problems[0]) for one in batch.bad] == [
        (3, Problem("", "too_few_cells", "5", "6")),
        (4, Problem("", "too_many_cells", "x; y", "6")),
        (6, Problem("", "too_few_cells", "5", "6")),
    ]
    assert [(one.cells["channel"], one.surplus) for one in batch.bad] == [
        *((CUT_OFF, ()), ("bank", ("x", "y")), (CUT_OFF, ())),
    ]
    assert _problems(batch)[2] == (6, [("", "too_few_cells"), ("payment_id", "missing")])
    assert (batch.good, _batch([GOOD[:5]], strict_width=True).bad[0].number) == (2, 2)
    assert _batch([GOOD, GOOD[:5]], strict_width=True).good == 1
    assert _batch([[*GOOD, "x"]], strict_width=True).good == 0
    long = _batch([[*GOOD, "x" * 201]], strict_width=True)
    assert long.bad[0].problems[0].found == "x" * 200
    assert _batch(rows).good == 4  # of a workbook only the row without a key is refused
    assert _batch([["", *GOOD[1:], "x"]]).bad[0].surplus == ()
    assert _batch([[*GOOD, "x"]], strict_width=True, width=7).good == 1


def test_rows_of_the_quarantine_are_unescaped_and_give_their_ids():
    rows = [["'=F1", *GOOD[1:], "Q1"], ["F2", *GOOD[1:], " "], ["F3", *GOOD[1:]],
            ["'+F4", "", *GOOD[2:], "Q4"], ["F5", *GOOD[1:], "Q5", "x"]]  # fmt: skip
    batch = _batch(rows, quarantine=6, width=7)
    assert (batch.columns["payment_id"], batch.corrects) == (["=F1", "F2", "F3"], ["Q1"])
    assert [(one.corrects, one.cells["payment_id"], one.surplus) for one in batch.bad] == [
        *(("Q4", "+F4", ()), ("Q5", "F5", ("x",))),
    ]
    assert _problems(batch)[1] == (6, [("", "too_many_cells")])
    assert _batch([["'=F1", *GOOD[1:]]]).corrects == []
    firm = [[CODE, "'=甲"]]
    names = ("org_id", "org_name")
    assert _batch(firm, names, "organizations", quarantine=2).columns["org_name"] == ["=甲"]
    assert _batch(firm, names, "organizations").columns["org_name"] == ["'=甲"]


def test_amounts_have_the_unit_of_their_heading():
    unit = MONEY_UNITS["万元"]
    batch = _batch([GOOD, ["", *GOOD[1:]]], unit=unit)
    assert (batch.columns["amount"], batch.bad[0].cells["amount"]) == ([5_000_000], "5万元")
    assert _batch([["", "G1"]], unit=unit).bad[0].cells["amount"] is None
    amounts = [5, "1,200.50", "3万", None]
    assert _batch([[*GOOD[:3], one] for one in amounts[:3]]).columns["amount"] == [
        *(500, 120_050, 3_000_000),
    ]


def test_dates_without_a_year_and_approximate_numbers_are_marked():
    rows = [
        ["F1", "G1", "5月20日", "5", "约3"],
        ["F2", "G1", "5月", "5"],
        ["", "G1", "5月21日", "约5"],
    ]
    batch = _batch(rows, years=StatedYears.of("2025年"))
    assert batch.columns["paid_on"] == [DAY, dt.date(2025, 5, 31)]
    assert batch.notes == {"approximate": 1, "year_of_day": 1, "year_of_month": 1}
    assert batch.marks == dict(batch.notes)
    assert _batch([GOOD, ["F2", "G1", "2025-05", "5"]]).columns["paid_on"][1] == dt.date(
        2025, 5, 31
    )
    assert _problems(_batch(rows[:1])) == [(2, [("paid_on", "not_a_date")])]
    two_years = StatedYears.of("2024年5月至2025年6月")
    assert _problems(_batch(rows[:1], years=two_years)) == [(2, [("paid_on", "not_a_date")])]
    count = ["F1", "G1", "2025-05-20", "5", "5月20日"]
    assert _problems(_batch([count], years=StatedYears.of("2025年"))) == [
        (2, [("workers_paid", "not_a_count")]),
    ]


def test_answers_are_looked_up_by_the_first_two_hundred_characters():
    answers = {("workers_paid", "x" * 200): 7, ("channel", "转"): "bank", ("channel", "无此"): None}
    rows = [[*GOOD[:4], "x" * 205, "转"], [*GOOD[:4], "3", "无此"], [*GOOD[:4], "转", "bank"]]
    batch = _batch(rows, lenient=True, answers=answers)
    assert batch.columns["workers_paid"] == [7, 3, None]
    assert batch.columns["channel"] == ["bank", None, "bank"]
    assert [(one.number, one.column) for one in batch.unreadable] == [(4, "workers_paid")]


def test_an_identity_number_is_no_code_of_a_firm():
    person = "11010519491231002X"
    batch = _batch([["P1", "甲", "510822", "2025-03-05", person]],
                   ("project_id", "project_name", "region_code", "started_on", "owner_id"),
                   "projects")  # fmt: skip
    assert (batch.columns["owner_id"], batch.notes) == ([None], {"personal_code": 1})
    region = _batch([["P1", "甲", "51082", "2025-03-05"]],
                    ("project_id", "project_name", "region_code", "started_on"),
                    "projects")  # fmt: skip
    assert _problems(region) == [(2, [("region_code", "not_a_region")])]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("`ＸＭ—００ １", "XM-001"),
        ('="01"', "01"),
        ('=""', ""),
        ("'01", "01"),
        ("'", ""),
        ("第一  项目部", "第一 项目部"),
        ("第一 项目 1", "第一项目1"),
    ],
)
def test_a_code_has_one_written_form(text, code):
    assert canonical_identifier(text) == code


def test_codes_that_a_spreadsheet_shortened_and_words_for_none():
    assert [is_shortened(text) for text in ("4.2E+17", "4.2E17", "42E17", "+4E+1", "42")] == [
        *(True, True, False, True, False),
    ]
    words = ("TBD", "暂无", "待办理", "尚未取得编号", "P1", "未1")
    assert [is_placeholder(word) for word in words] == [True, True, True, True, False, False]
    words = ("未开设", "尚未开户", "免存", "口头协议", "未来城一期", "未开1号", "无锡建工")
    assert [is_placeholder(word) for word in words] == [True] * 4 + [False] * 3
