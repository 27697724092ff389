import datetime as dt

from risk.contract import TABLES
from risk.intake.checks import check_known_at, check_region, count_marks
from risk.intake.name_ids import name_id

D = dt.date


def test_check_known_at_refuses_rows_known_before_their_event():
    problems = {}
    known = [D(2024, 5, 19), D(2024, 5, 20), None]
    check_known_at(
        TABLES["payments"], {"known_at": known, "paid_on": [D(2024, 5, 20)] * 3}, problems
    )
    assert {place: [p.code for p in found] for place, found in problems.items()} == {
        0: ["known_before_event"]
    }
    refused, payments = problems[0][0], TABLES["payments"]
    assert "发放日期 2024-05-20" in refused.message(payments)
    assert "earlier than paid_on 2024-05-20;" in refused.message(payments, "en")


def test_region_codes_have_two_four_six_or_nine_digits():
    problems = {}
    codes = ["42", "4203", "420324", "420324101", "420", "42032", "4203241", "湖北", "42 03", None]
    check_region(TABLES["projects"], {"region_code": codes}, problems)
    assert sorted(problems) == [4, 5, 6, 7, 8]
    others: dict = {}
    check_region(TABLES["organizations"], {"region_code": codes}, others)
    assert others == {}


def test_count_marks_counts_wrong_check_characters():
    codes = ["91110000101623741K", "911100001016237410", "X"]
    assert count_marks(TABLES["organizations"], {"org_id": codes}) == {"credit_code": 2}
    assert count_marks(TABLES["listings"], {"org_id": codes}) == {}


def test_count_marks_leaves_out_ids_made_from_names():
    codes = ["91110000101623741K", name_id("川北某某公司", "510822"), "N-1"]
    assert count_marks(TABLES["organizations"], {"org_id": codes}) == {"credit_code": 1}
