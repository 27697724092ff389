import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.intake.csv_escaping import append_unit, escape_cell, unescape_cell
from risk.intake.units import MONEY_UNITS, PERCENT


@given(st.text().filter(lambda text: "\x00" not in text))
def test_law_unescape_cell_inverts_escape_cell(text):
    assert unescape_cell(escape_cell(text)) == text


@given(st.sampled_from("=+-@\t\r"), st.text())
def test_law_escape_cell_leaves_no_formula(first, rest):
    assert escape_cell(first + rest).startswith("'")


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
def test_append_unit_labels_bare_numbers(cell, unit, written):
    assert append_unit(cell, MONEY_UNITS[unit]) == written


def test_append_unit_labels_percents():
    assert append_unit("25.5", PERCENT) == "25.5%"
