"""Chinese numerals, credit codes, escaped and shortened cells, worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from risk.intake.cells import as_text, is_blank
from risk.intake.credit_code import check_character, is_credit_code
from risk.intake.csv_escaping import append_unit, escape_cell, unescape_cell
from risk.intake.name_ids import is_made, made_id, name_id, preferred_ids
from risk.intake.numerals import chinese_digits, is_short_form, parse_numeral
from risk.intake.row_errors import excerpt
from risk.intake.units import MONEY_UNITS, money_units, possible_units, unit_alone

NUMERALS = [
    ("三", 3),
    ("十", 10),
    ("十五", 15),
    ("二十", 20),
    ("廿五", 25),
    ("八百", 800),
    ("5百", 500),
    ("二百零五", 205),
    ("二千三百四十五", 2_345),
    ("一千零一十", 1_010),
    ("叁万伍仟", 35_000),
    ("1.5万", 15_000),
    ("三万零五", 30_005),
    ("一亿二千万", 120_000_000),
    ("一亿二千万三百", 120_000_300),
    # As in speech: the last digit counts tenths of the last place.
    ("二百五", 250),
    ("三千五", 3_500),
    ("3万5", 35_000),
    ("一亿五", 150_000_000),
    ("", None),
    ("万", None),
    ("三五", None),
    ("十十", None),
    ("五十十万", None),
    ("三十十万五", None),
    ("三万亿", None),
    ("零零零零", 0),
    ("若干", None),
    ("三百一", 310),
    ("2千5", 2_500),
    ("五千万零三", 50_000_003),
    ("三亿零五万", 300_050_000),
    ("1.5亿", 150_000_000),
]


A_B = "f04cdced9736a69da610"


@pytest.mark.parametrize(("text", "number"), NUMERALS)
def test_numerals(text, number):
    assert parse_numeral(text) == number


def test_a_last_digit_may_lack_its_place():
    assert [is_short_form(text) for text in ("三万五", "叁万伍", "三万", "五")] == [
        *(True, True, False, False)
    ]


def test_digits_one_by_one_and_below_a_hundred():
    assert chinese_digits("二〇二五年十二月二十八日") == "2025年12月28日"
    assert chinese_digits("二十十") == "二十十"


def test_credit_codes():
    """Of zeros the weighted sum is 0, and so is the check character."""
    assert check_character("0" * 17) == "0"
    assert check_character("91110000101623741") == "K"
    # Third character: weight 9. 9 x 1 = 9, and 31 - 9 = 22: N.
    assert check_character("00100000000000000") == "N"
    assert is_credit_code("91110000101623741K")
    for code in ("911100001016237410", "91110000101623741", "91110000101623741KK",
                 "9I110000101623741K"):  # fmt: skip
        assert not is_credit_code(code)


@pytest.mark.parametrize(
    ("cell", "escaped"),
    [
        ("=1+1", "'=1+1"),
        ("-1", "'-1"),
        ("'a", "''a"),
        ("a=1", "a=1"),
        (5, "5"),
        ("a\x00", "a\u2400"),
    ],
)
def test_cells_are_escaped_and_read_back(cell, escaped):
    assert escape_cell(cell) == escaped
    assert unescape_cell(escaped) == str(cell).replace("\x00", "\u2400")


def test_what_was_not_escaped_is_read_as_it_is():
    assert [unescape_cell(cell) for cell in ("'a", "'", "", 7)] == ["'a", "'", "", 7]


def test_a_bare_number_gets_its_unit():
    unit = MONEY_UNITS["万元"]
    cells = ("1,200", "+3.5", "约5", 12, None, True)
    assert [append_unit(cell, unit) for cell in cells] == [
        *("1,200万元", "+3.5万元", "约5", "12万元", None, True)
    ]
    assert append_unit("1,200", None) == "1,200"


def test_an_excerpt_has_sixty_characters_on_one_line():
    assert excerpt("x" * 60) == "x" * 60
    assert excerpt("x" * 61) == "x" * 60 + "…"
    assert excerpt("a\n  b") == "a b"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("", ""),
        (" a ", " a "),
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (12.0, "12"),
        (-12.5, "-12.5"),
        (Decimal("0.10"), "0.10"),
        (Decimal("1E2"), "100"),
        (float("nan"), "nan"),
        # Sixteen digits are more than a spreadsheet stores.
        (999_999_999_999_999, "999999999999999"),
        (1_000_000_000_000_000, "1.00000000000000E+15"),
        (-1_000_000_000_000_000.0, "-1.00000000000000E+15"),
        (float("inf"), "INF"),
        (dt.date(2025, 3, 5), "2025-03-05"),
        (dt.time(14, 30), "14:30:00"),
        (dt.datetime(2025, 3, 5), "2025-03-05"),
        (dt.datetime(2025, 3, 5, 14, 30), "2025-03-05 14:30:00"),
        (dt.datetime(2025, 3, 5, tzinfo=dt.UTC), "2025-03-05 00:00:00+00:00"),
        (dt.datetime(2025, 3, 5, 14, tzinfo=dt.UTC), "2025-03-05 14:00:00+00:00"),
        (["a"], "#UNREADABLE! ['a']"),
    ],
)
def test_texts_of_cells(cell, text):
    assert as_text(cell) == text


@pytest.mark.parametrize(
    ("cells", "blank"),
    [
        ((), True),
        ((None,), True),
        ((" ", None, "\t", "\u3000"), True),
        (("a",), False),
        (("a", None), False),
        ((None, "a"), False),
        (("", "a"), False),
        ((0,), False),
        ((None, False), False),
    ],
)
def test_a_row_is_blank_without_a_filled_cell(cells, blank):
    assert is_blank(cells) is blank


def test_units_of_money_in_yuan():
    factors = {"元": 1, "千元": 1000, "万元": 10**4, "万": 10**4, "百万元": 10**6, "亿元": 10**8}
    assert {name: MONEY_UNITS[name].factor for name in factors} == factors


def test_units_in_titles():
    titles = ["台账（万）", "以千元为单位", "单位：元、亿元", 5, None]
    assert [unit.label for unit in money_units(titles)] == ["万元", "千元", "元", "亿元"]
    assert [len(money_units(["台" * count + "（万元）"])) for count in (197, 198)] == [1, 0]
    alone = ("（万元）", "单位：人", "万元户", 5)
    assert [unit_alone(text) for text in alone] == ["万元", "人", None, None]
    assert possible_units([5, None, " 均为万元 ", "均为万元", "单位：万元", "台账"]) == (
        "均为万元",
    )
    assert [len(possible_units(["台" * count + "万元"])) for count in (198, 199)] == [1, 0]


def test_ids_made_from_names():
    """The first 15 digits of a SHA-256 sum, here that of "a", U+001F, "b"."""
    assert made_id("a", "b") == "N-" + A_B[:15].upper()
    assert is_made(made_id("a"))
    assert not any(map(is_made, ("N-0123456789ABCD", "N-0123456789ABCDEF", "510822", "")))
    assert (
        name_id("甲（集团）有限责任公司", "1")
        == name_id("甲集团有限公司", "1")
        != name_id("甲集团", "1")
    )
    made, other = made_id("a"), made_id("b")
    assert preferred_ids([(made, "1"), ("X", "1"), (other, "2")]) == {"X", other}
    assert preferred_ids([(made, "1"), ("X", "2")]) == {made, "X"}
