import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.intake.csv_escaping import guarded, unguarded, with_unit
from risk.intake.units import MONEY_UNITS, PERCENT


@given(st.text().filter(lambda text: "\x00" not in text))
def test_law_what_is_guarded_comes_back(text):
    assert unguarded(guarded(text)) == text


@given(st.sampled_from("=+-@\t\r"), st.text())
def test_law_no_cell_begins_like_a_formula(first, rest):
    assert guarded(first + rest).startswith("'")


@pytest.mark.parametrize(
    ("cell", "unit", "written"),
    [
        ("3,233.0000", "万元", "3,233.0000万元"),
        (12.5, "万元", "12.5万元"),
        ("-5", "万元", "-5万元"),
        ("3万元", "万元", "3万元"),
        ("不详", "万元", "不详"),
        ("", "万元", ""),
        (None, "万元", None),
    ],
)
def test_a_bare_number_carries_its_headers_unit(cell, unit, written):
    assert with_unit(cell, MONEY_UNITS[unit]) == written


def test_percent_too():
    assert with_unit("25.5", PERCENT) == "25.5%"
