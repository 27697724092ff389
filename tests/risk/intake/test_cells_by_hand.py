"""Cells at the edges of what their fields allow, worked out by hand."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from risk.contract import TABLES, Field, FieldType
from risk.intake.cell_parsers import (
    CellRefused,
    Noted,
    all_plain_ids,
    parse,
    parse_count,
    parse_date,
    parse_firm_code,
    parse_id,
    parse_money,
    parse_month,
    parse_share,
    parse_text,
    parser_of,
)
from risk.intake.column_parsers import ColumnParser
from risk.intake.spellings import read_amount, read_count, read_day, read_month
from risk.intake.units import MONEY_UNITS, PERCENT


def _code(parse, cell):
    with pytest.raises(CellRefused) as raised:
        parse(cell)
    return raised.value.code


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        (0, 0),
        ("0元", 0),
        ("1000000000000000元", 10**17),
        ("0.005元", 1),
        ("0.0149元", 1),
        ("5万(" + "含" * 56 + ")", 5_000_000),
    ],
)
def test_amounts_at_their_bounds(cell, fen):
    assert parse_money(cell) == fen


def test_amounts_beyond_their_bounds_are_refused():
    assert _code(parse_money, "-0.01元") == "negative"
    assert _code(parse_money, "1000000000000000.01元") == "too_large"
    assert _code(parse_money, "5万(" + "含" * 57 + ")") == "not_an_amount"


@pytest.mark.parametrize(
    ("cell", "count"),
    [("0", 0), ("15", 15), (10**12, 10**12), ("15人(" + "含" * 55 + ")", 15)],
)
def test_counts_at_their_bounds(cell, count):
    assert parse_count(cell) == count
    assert parse_count("约15人") == Noted(15, "approximate")


def test_counts_beyond_their_bounds_are_refused():
    assert _code(parse_count, "-0.5") == "negative"
    assert _code(parse_count, 10**12 + 1) == "too_large"
    assert _code(parse_count, "1.5") == "not_a_count"
    assert _code(parse_count, "15人(" + "含" * 56 + ")") == "not_a_count"


def test_shares_and_codes_at_their_bounds():
    assert [parse_share(cell) for cell in (0, 1, "100%", "0.5")] == [0.0, 1.0, 1.0, 0.5]
    assert parse_share("50", PERCENT) == 0.5
    assert [_code(parse_share, cell) for cell in ("1.01", "-0.01", "101%")] == [
        *("share_out_of_range",) * 3,
    ]
    assert parse_id(0) == "0"
    assert _code(parse_id, -1) == "not_an_id"
    assert _code(parse_id, 0.5) == "not_an_id"


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("202501", dt.date(2025, 1, 1)),
        (202512, dt.date(2025, 12, 1)),
        ("2025-12-31", dt.date(2025, 12, 1)),
    ],
)
def test_months_in_digits(cell, month):
    assert parse_month(cell) == month


@pytest.mark.parametrize("cell", ["202500", "202513", 202513, 202503.5, "2025-02-30", "x"])
def test_what_is_no_month_is_refused_as_one(cell):
    assert _code(parse_month, cell) == "not_a_month"


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("叁佰元伍角贰分整", "300.52", "元"),
        ("三百元五角", "300.5", "元"),
        ("三百元零二分", "300.02", "元"),
        ("3万5元", None, None),
        ("三万五百元", "30500", "元"),
        ("甲元五角", None, None),
        ("三元甲角", None, None),
        ("三元甲分", None, None),
        ("3万5", "35000", "元"),
        ("五十", "50", None),
    ],
)
def test_amounts_in_words(text, number, unit):
    found = read_amount(text)
    assert (found and (str(found.number), found.unit)) == (number and (number, unit))


def test_counts_and_days_in_words():
    assert [read_count(text) for text in ("3万5", "三百五人")] == [None, None]
    assert (read_amount("3万5余").number, read_amount("3万5余").approximate) == (35_000, True)
    assert read_count("三百零五人").number == 305
    assert read_day("39.1.2") == dt.date(2039, 1, 2)
    assert read_day("40.1.2") is None
    assert read_month("39年1月") == dt.date(2039, 1, 1)
    assert read_month("40年1月") is None
    assert read_day("2025年3月5日(周三)") == dt.date(2025, 3, 5)
    assert read_day("2025年3月5日(计划)") is None


def test_days_at_their_bounds():
    first, last = dt.date(1949, 1, 1), dt.date(2099, 12, 31)
    assert [parse_date(str(one)) for one in (first, last)] == [first, last]
    for cell in ("1948-12-31", "2100-01-01"):
        assert _code(parse_date, cell) == "date_out_of_range"
    assert parse_date(32_874) == dt.date(1990, 1, 1)
    assert parse_date(58_804) == dt.date(2060, 12, 29)
    assert _code(parse_date, 32_873) == "not_a_date"
    assert _code(parse_date, 58_805) == "not_a_date"


def test_a_unit_of_the_header_reaches_amounts_and_shares():
    money, share = (Field("a", "甲", kind) for kind in (FieldType.MONEY, FieldType.SHARE))
    assert parser_of(money, MONEY_UNITS["万元"])("2") == 2_000_000
    assert parser_of(share, PERCENT)("2") == 0.02


def test_answers_reach_the_columns_of_a_chunk():
    field = TABLES["payments"].field("channel")
    answers = {("channel", "转帐户"): "bank"}
    assert ColumnParser(field, None, answers).read(pa.array(["转帐户"])).values.to_pylist() == [
        "bank"
    ]
    found = ColumnParser(field).read(pa.array(["转帐户", "bank", None]))
    assert found.values.to_pylist() == [None, "bank", None]
    assert found.doubtful.to_pylist() == [True, False, None]


def test_plain_identifiers_of_a_column():
    longest = "P" * 32_766 + "1"
    assert all_plain_ids(["P1"])
    assert all_plain_ids(["P1", longest, "0_2"])
    for cells in (["甲"], ["P1", "P"], ["P1\nP2"], ["P1", f"P{longest}"], ["P1", 2]):
        assert not all_plain_ids(cells)


def test_a_cell_has_at_most_as_many_characters_as_in_a_spreadsheet():
    text = Field("a", "甲", FieldType.TEXT)
    assert parse("甲" * 32_767, text) == "甲" * 32_767
    assert _code(lambda cell: parse(cell, text), "甲" * 32_768) == "too_long"
    assert _code(lambda cell: parse(cell, text), "甲\u2400") == "control_characters"


def test_the_edges_of_spellings():
    assert parse_text("null") is None
    assert parse_text("\u200bnull") == "\u200bnull"
    assert [_code(parse_money, cell) for cell in ("(12)", "(12", "12)")] == [
        *("negative", "not_an_amount", "not_an_amount")
    ]
    spaced = "2025{}年3月5日".format
    assert (len(spaced(" " * 51)), parse_date(spaced(" " * 51))) == (60, dt.date(2025, 3, 5))
    assert _code(parse_date, spaced(" " * 52)) == "not_a_date"


def test_days_of_other_time_zones_are_those_in_beijing():
    """Eight hours later than in Greenwich."""
    assert parse_date("2025-03-04T15:59:59Z") == dt.date(2025, 3, 4)
    assert parse_date("2025-03-04T16:00:00Z") == dt.date(2025, 3, 5)
    assert parse_date(dt.datetime(2025, 3, 4, 15, 59, tzinfo=dt.UTC)) == dt.date(2025, 3, 4)


def test_firm_codes_that_are_empty_or_of_a_person():
    assert parse_firm_code("-", required=True) is None
    assert parse_firm_code("91110000101623741K", required=True) == "91110000101623741K"
    assert parse_firm_code("110105491231002", required=False) == Noted(None, "personal_code")
    with pytest.raises(CellRefused, match="identity_number"):
        parse_firm_code("110105491231002", required=True)
