import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.credit_code import check_character
from risk.intake.importer import import_file
from risk.intake.personal_numbers import is_identity_number, mask_personal_numbers
from risk.intake.quarantine import quarantined_rows


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("来电人 13912345678 反映", "来电人 139****5678 反映"),
        ("139-1234-5678", "139****5678"),
        ("+8613912345678", "+86139****5678"),
        ("电话：１３９１２３４５６７８", "电话：139****5678"),
        ("13912345678、13800001111", "139****5678、138****1111"),
        ("座机0719-8665432", "座机071****5432"),
        ("联系电话 8665432", "联系电话 ****32"),
        # 1101..: the example of the standard, whose check digit is right
        ("身份证110105194912310021", "身份证110***********0021"),
        ("11010519491231002X", "110***********002X"),
        ("证件号码:110105200501010000", "证件号码:110***********0000"),
        ("居民证 110105491231002", "居民证 110********1002"),
        ("卡号6222000000000001", "卡号622*********0001"),
        ("4111 1111 1111 1111", "411*********1111"),  # Luhn
        ("工程款账户 1234567890123456", "工程款账户 123*********3456"),
        ("0719-8665432 反映", "071****5432 反映"),  # a landline needs no word before it
        ("联系电话 0718665432", "联系电话 071***5432"),  # ten digits
        ("电话一二三四五六七八九十8665432", "电话一二三四五六七八九十****32"),  # twelve characters
        ("6222222222222222222", "622************2222"),  # nineteen digits, the longest card
        ("6222221999010100", "622*********0100"),  # a date of no project
        ("6222222099990000", "622*********0000"),  # no date
        # Luhn: 9+5+5+5+5+0+0+5 = 34, and six doubled fives, 10 less 9 each: 40
        ("5500005555555559", "550*********5559"),
    ],
)
def test_personal_numbers_are_masked(text, masked):
    assert mask_personal_numbers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "91420300MA48ABCD1X",  # a credit code
        "统一社会信用代码 914203007510101010",
        "项目编码 420322202503050001",
        "420322202503050001号工程",
        "620102202503050001",
        "2203-420322-04-01-123456",
        "合同编号1234567890123456",
        "欠薪 1234567 元",
        "2025-03-05 至 2025-08-30",
        "XM13912345678",
        "工资 120000.00 元，共 15 人",
        "建设路138号13栋",
        "电话一二三四五六七八九十百8665432",  # the word is too far away
        "620000000000001",  # fifteen digits are no card
        "62222222222222222X",
        "990000000000001",
        "5500005555555558",  # Luhn: 39
        "1234567812345670",  # Luhn, and no issuer's
    ],
)
def test_codes_dates_and_amounts_stay(text):
    assert mask_personal_numbers(text) == text


@given(st.text(st.sampled_from("0123456789- 号电话身份证卡X、"), max_size=40))
def test_law_masking_twice_changes_nothing_more(text):
    once = mask_personal_numbers(text)
    assert mask_personal_numbers(once) == once


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("反映欠薪，。（）", max_size=5))
def test_law_no_mobile_number_survives(number, around):
    assert number not in mask_personal_numbers(f"{around}{number}{around}")


@pytest.mark.parametrize(
    "code", ["11010519491231002X", "１１０１０５１９４９１２３１００２x", "110105491231002"]
)
def test_identity_numbers_in_place_of_a_code_are_recognised(code):
    assert is_identity_number(code)


@pytest.mark.parametrize(
    ("code", "is_identity"),
    [
        # Regions 11 to 65 with fifteen digits, 11 to 83 with eighteen.
        ("110105490101002", True),
        ("650105490101002", True),
        ("660105490101002", False),
        ("100105490101002", False),
        ("110105491301002", False),
        ("110105490132002", False),
        ("830105194901010020", True),
        ("840105194901010020", False),
        ("100105194901010020", False),
        ("110105194902300020", False),
        ("11010519490101002", False),
        # Born from 1920 to 1999 with any check digit, from 2000 to 2012 with the right one.
        ("110105191901010020", False),
        ("110105192001010020", True),
        ("110105199901010020", True),
        # 7+9+5+20+4+9+5+2 = 61, and 61 mod 11 = 6: 6
        ("110105200001010016", True),
        ("110105200001010017", False),
        # 42+45+30+10+32+4+4+0+6+3+7+9+10+5+24+16+10 = 257, and 257 mod 11 = 4: 8
        ("653241201111113458", True),
        ("653241201111113459", False),
        # 7+9+5+20+4+6+6+7+18+30+5+2 = 119, and 119 mod 11 = 9: 3
        ("110105201212310013", True),
        # Right too (7+9+5+20+4+6+9+9+5+2 = 76, and 76 mod 11 = 10: 2), and too young.
        ("110105201301010012", False),
    ],
)
def test_identity_numbers_at_each_edge(code, is_identity):
    assert is_identity_number(code) is is_identity


@pytest.mark.parametrize(
    "code", ["91420300MA48ABCD1X", "420322202503050001", "HT-11010519491231002X"]
)
def test_codes_of_firms_are_no_identity_numbers(code):
    assert not is_identity_number(code)


def test_credit_code_that_looks_like_an_identity_number_stays():
    body = "11110119501231003"  # of an authority in a county whose code ends in 19
    assert is_identity_number(f"{body}X")
    assert not is_identity_number(body + check_character(body))


CONTRACTS = ["合同编号", "项目编码", "承包单位代码", "承包方类型", "承包方名称", "签订日期"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_identity_number_of_a_contractor_is_dropped_and_told(
    store, write_csv, write_xlsx, today, kind
):
    rows = [
        CONTRACTS,
        ["H1", "P1", "11010519491231002X", "个人", "某某", "2024-03-01"],
        ["H2", "P1", "91110000101623741K", "企业", "某某公司", "2024-03-01"],
    ]
    path = (write_csv if kind == "csv" else write_xlsx)(f"contracts.{kind}", rows)
    report = import_file(store, path, today=today)
    assert (report.accepted, report.marks) == (2, {"personal_code": 1})
    found = store.rows("SELECT contract_id, contractor_id FROM contracts ORDER BY 1")
    assert found == [("H1", None), ("H2", "91110000101623741K")]


def test_identity_number_of_a_firm_is_refused_and_masked_in_quarantine(store, write_csv, today):
    rows = [["org_id", "org_name"], ["11010519491231002X", "甲"], ["91110000101623741K", "乙"]]
    report = import_file(store, write_csv("organizations.csv", rows), today=today)
    assert (report.accepted, report.quarantined) == (1, 1)
    [row] = quarantined_rows(store, TABLES["organizations"])
    assert [problem.code for problem in row.problems] == ["identity_number"]
    assert "19491231" not in f"{row}{row.problems[0].message(TABLES['organizations'], 'zh')}"
