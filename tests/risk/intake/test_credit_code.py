import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.intake.credit_code import ALPHABET, check_character, is_credit_code


@pytest.mark.parametrize("code", ["91110000101623741K", "911101066976941872"])
def test_real_codes_pass(code):
    assert is_credit_code(code)


@pytest.mark.parametrize(
    "code", ["", "91110000101623741", "91110000101623741I", "91350211M0000XUF46"]
)
def test_others_fail(code):
    assert not is_credit_code(code)


def test_a_sum_without_remainder_has_the_check_character_0():
    assert (check_character("0" * 17), check_character("1" + "0" * 16)) == ("0", "Y")


@given(st.text(ALPHABET, min_size=17, max_size=17))
def test_law_exactly_one_check_character_fits(body):
    assert sum(is_credit_code(body + check) for check in ALPHABET) == 1
