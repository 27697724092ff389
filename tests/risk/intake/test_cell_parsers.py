import datetime as dt
import string
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.calendar.dates import month_start
from risk.contract import TABLES, Field, FieldType
from risk.intake import cell_parsers
from risk.intake.cell_parsers import CellRefused, Noted, parse
from risk.intake.units import MONEY_UNITS, PERCENT

DAY = dt.date(2026, 3, 5)
UTC = dt.UTC


def _field(kind, **more):
    return Field("f", "列", FieldType(kind), **more)


def _code(cell, kind, **more):
    with pytest.raises(CellRefused) as raised:
        parse(cell, _field(kind, **more))
    return raised.value.code


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind is not FieldType.ENUM])
@pytest.mark.parametrize(
    "cell", ["", "  ", "　", "-", "—", "——", "－", "/", "无数据", "NULL", "nan", "NaN", None]
)
def test_empty_is_unknown(kind, cell):
    assert parse(cell, _field(kind)) is None


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind is not FieldType.TEXT])
@pytest.mark.parametrize("cell", ["不详", "暂无", " 待定", "未知", "不清楚"])
def test_a_word_for_unknown_is_unknown(kind, cell):
    assert parse(cell, _field(kind, values={"a": "甲"})) is None


@pytest.mark.parametrize("cell", ["未开工", "在建", "未竣工", "至今"])
def test_no_date_yet_is_unknown(cell):
    assert parse(cell, _field("date")) is None


def test_a_term_called_unknown_is_a_term():
    assert parse("不详", _field("enum", values={"unknown": "不详"})) == "unknown"


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-03-05", "2026/3/5", "2026年3月5日", "20260305", "2026.3.5", "２０２６－０３－０５"),
        *("2026-03-05 00:00:00", "2026-03-05T00:00:00.000", "2026/3/5 14:30", " 2026-3-5 "),
        *("46086", 46086, 46086.0, 20260305, dt.date(2026, 3, 5), dt.datetime(2026, 3, 5, 9)),
        dt.datetime(2026, 3, 4, 16, tzinfo=UTC),
    ],
)
def test_spellings_of_a_day(cell):
    assert parse(cell, _field("date")) == DAY


@pytest.mark.parametrize(
    "cell",
    [
        *("26.3.5", "26.03.05", "26年3月5日", "26/3/5", "二〇二六年三月五日", "2026年三月五日"),
        *("二零二六年三月五号", "2026年3月5日（正月十七）", "2026-03-05 星期四", "2026、3、5"),
        *("2026--3--5", "2026-03-05T00:00:00+08:00", "2026-03-04T16:00:00Z", "2026 年 3 月 5 日"),
        *(
            "2026年3月5日8时30分",
            "2026年3月5日 上午8:30",
            "２０２６．３．５",
            "2026-03-05 08:30:00",
        ),
    ],
)
def test_spellings_of_a_day_by_hand(cell):
    assert parse(cell, _field("date")) == DAY


@pytest.mark.parametrize(
    ("cell", "last"),
    [
        ("2025年2月", dt.date(2025, 2, 28)),
        ("2025.3", dt.date(2025, 3, 31)),
        ("2025-03", dt.date(2025, 3, 31)),
        ("二〇二五年十二月", dt.date(2025, 12, 31)),
        ("25年3月份", dt.date(2025, 3, 31)),
        ("202504", dt.date(2025, 4, 30)),
        (202504, dt.date(2025, 4, 30)),
        *((2025.3, dt.date(2025, 3, 31)), (2025.12, dt.date(2025, 12, 31))),
        ("2026年元月", dt.date(2026, 1, 31)),
    ],
)
def test_a_month_for_a_day_is_its_last_day_and_noted(cell, last):
    assert cell_parsers.parse_date(cell) == Noted(last, cell_parsers.MONTH_PRECISION)


def test_a_number_that_may_be_january_or_october_is_no_month():
    assert _code(2025.1, "date") == "january_or_october"
    assert _code(2025.1, "month") == "january_or_october"
    assert cell_parsers.parse_month("2025.10") == dt.date(2025, 10, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "农历正月十六",
        "2025年腊月二十",
        "2025-12-20（农历）",
        "2025年12月20日（按阴历）",
        "正月初八",
    ],
)
def test_lunar_days_are_refused(cell):
    assert _code(cell, "date") == "lunar_date"


PAID = [Field("amount", "实发金额", FieldType.MONEY), Field("paid_on", "发放日期", FieldType.DATE)]
DUE = [
    Field("amount_due", "应发金额", FieldType.MONEY),
    Field("due_on", "应发日期", FieldType.DATE),
]


@pytest.mark.parametrize(
    "remark",
    [
        "未到账",
        "未发放",
        "退票",
        "已退回",
        "含退票3000元",
        "暂缓发放",
        "发放失败",
        "尚未支付",
        "应发",
    ],
)
def test_what_was_not_paid_is_no_payment(remark):
    for cell, field in zip(("50000", "2026-01-20"), PAID, strict=True):
        with pytest.raises(CellRefused, match="not_done"):
            cell_parsers.parse(f"{cell}（{remark}）", field)


def test_what_was_not_paid_is_due():
    amount, day = DUE
    assert cell_parsers.parse("50000（未发）", amount) == 5_000_000
    assert cell_parsers.parse("2026-01-20（未付）", day) == dt.date(2026, 1, 20)


@pytest.mark.parametrize("remark", ["作废", "已冲销", "红字", "撤销"])
def test_what_is_void_is_refused_in_every_column(remark):
    for cell, field in zip(("50000", "2026-01-20") * 2, (*PAID, *DUE), strict=True):
        with pytest.raises(CellRefused, match="void"):
            cell_parsers.parse(f"{cell}【{remark}】 ", field)


@pytest.mark.parametrize(
    "cell", ["50000（含税）", "50000元（其中现金2000元）", "50000(剩余下月拨)"]
)
def test_other_remarks_leave_an_amount(cell):
    assert cell_parsers.parse(cell, PAID[0]) == 5_000_000


def test_halves_of_days_are_rounded_half_up():
    days = Field("worker_days", "出勤工日", FieldType.COUNT)
    read = cell_parsers.parser_of(days)
    assert read("305.5") == Noted(306, cell_parsers.ROUNDED)
    assert read("160.4工日") == Noted(160, cell_parsers.ROUNDED)
    assert (read(12.0), read("12天")) == (12, 12)
    assert _code("12.5", "count") == "not_a_count"


@pytest.mark.parametrize("cell", ["5/3/2025", "03/05/2025", "1.3.2025", "31-12-2025"])
def test_dates_with_the_year_last_are_refused(cell):
    assert _code(cell, "date") == "day_or_month_first"


@pytest.mark.parametrize(
    "cell",
    [
        *("2023年13月5日", "2023-02-30", "2023年2月30日", "昨天", "5", "12345678", "2026-3/5"),
        *(True, 1e20, float("inf"), dt.time(1), "2026-03-05 25:00", "20251", 20251, "3月5日"),
        *("拟于2025年4月开工", "2025年3月5日（计划）", "2025.3.5-2026.8.30"),
        *("2025.13", "95.3.5", "5 Mar 2025", "25/03/05"),
    ],
)
def test_parse_date_refuses_invalid_dates(cell):
    assert _code(cell, "date") == "not_a_date"


@pytest.mark.parametrize(
    "cell", ["1948-12-31", "1900-01-01", "2999-01-01", "2100/1/1", dt.date(1900, 1, 1)]
)
def test_dates_out_of_range_are_refused(cell):
    assert _code(cell, "date") == "date_out_of_range"


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-03", "2026/3", "2026年3月", "202603", "2026年3月份", 202603, "2026-03-05"),
        *(DAY, "2026年3月5日", "２０２６年３月", "2026.3", "二〇二六年三月", "26年3月"),
    ],
)
def test_spellings_of_a_month(cell):
    assert parse(cell, _field("month")) == dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2026-13", "not_a_month"),
        ("202600", "not_a_month"),
        ("三月", "not_a_month"),
        ("1900-01", "date_out_of_range"),
    ],
)
def test_parse_month_refuses_invalid_months(cell, code):
    assert _code(cell, "month") == code


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        *(
            ("1200.5", 120050),
            ("1,200.50", 120050),
            ("1，200.50", 120050),
            ("１２００．５", 120050),
        ),
        *(("¥1200.5", 120050), ("￥1,200.50元", 120050), ("1200.5 元", 120050), (1200.5, 120050)),
        *(("3万元", 3_000_000), ("0.5万", 500_000), ("1.2亿元", 12_000_000_000), ("0", 0)),
        *((0.1 + 0.2, 30), ("0.005", 1), (Decimal("7.10"), 710), (12, 1200), ("人民币5元整", 500)),
        ("12.", 1200),
    ],
)
def test_spellings_of_money(cell, fen):
    assert parse(cell, _field("money")) == fen


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [
        *(("3万5", 35_000), ("3万5千", 35_000), ("1万2500", 12_500), ("1亿2千万", 120_000_000)),
        *(("三千五", 3_500), ("五万元", 50_000), ("十五万", 150_000), ("3.5w", 35_000)),
        *(("12.3萬元", 123_000), ("壹拾贰万叁仟元整", 123_000), ("叁万伍仟元整", 35_000)),
        *(("叁佰元伍角整", 300.5), ("共计50万元", 500_000), ("1234（万元）", 12_340_000)),
        ("50万（其中质保金10万）", 500_000),
    ],
)
def test_spellings_of_money_by_hand(cell, yuan):
    assert cell_parsers.parse_money(cell) == yuan * 100


@pytest.mark.parametrize(
    "cell",
    [
        *("约50万元", "50余万", "50多万元", "近50万", "50万左右", "五十余万", "大约50万"),
        *("50万元（暂估）", "超过50万元", "50万余元"),
    ],
)
def test_approximate_amounts_are_noted(cell):
    assert cell_parsers.parse_money(cell) == Noted(50_000_000, cell_parsers.APPROXIMATE)


def test_chinese_digits_without_a_unit_count_in_the_unit_of_the_header():
    assert parse("五十", _field("money"), MONEY_UNITS["万元"]) == 50_000_000
    assert parse("五万", _field("money"), MONEY_UNITS["万元"]) == 5_000_000
    assert parse("约50", _field("money"), MONEY_UNITS["万元"]) == 50_000_000


def test_the_header_unit_counts_unless_the_cell_has_its_own():
    field, unit = _field("money"), MONEY_UNITS["万元"]
    assert parse("3,233.0000", field, unit) == 3_233_000_000
    assert parse(1.5, field, unit) == 1_500_000
    assert parse("1.5万元", field, unit) == 1_500_000
    assert parse("1.5元", field, unit) == 150


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("-5", "negative"),
        (-0.01, "negative"),
        ("－5万元", "negative"),
        ("1,23", "not_an_amount"),
        ("1 2", "not_an_amount"),
        ("五", "not_an_amount"),
        ("若干", "not_an_amount"),
        ("几十万", "not_an_amount"),
        ("3万5元", "not_an_amount"),
        ("50000.00元/月", "not_an_amount"),
        ("1.234,50", "not_an_amount"),
        ("1,23,456", "not_an_amount"),
        ("10-20万", "range"),
        ("10万至20万元", "range"),
        ("35%", "not_an_amount"),
        ("5美元", "foreign_currency"),
        ("$1,234.50", "foreign_currency"),
        ("1234（美元）", "foreign_currency"),
        ("1e6", "exponent"),
        ("3万\n元", "not_an_amount"),
        ("元", "not_an_amount"),
        (True, "not_an_amount"),
        (DAY, "not_an_amount"),
        ("1.32E+05", "shortened"),
        ("9" * 40, "too_large"),
        (1e300, "too_large"),
        ("99999999亿", "too_large"),
    ],
)
def test_parse_money_refuses_invalid_amounts(cell, code):
    assert _code(cell, "money") == code


@pytest.mark.parametrize(
    ("cell", "count"), [("19", 19), ("19.0", 19), (19.0, 19), ("１，２３４", 1234)]
)
def test_counts(cell, count):
    assert parse(cell, _field("count")) == count


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *(("1.5", "not_a_count"), ("-1", "negative"), ("1" * 20, "too_large")),
        *(("若干", "not_a_count"), ("多人", "not_a_count"), ("全班组", "not_a_count")),
        *(("15.5人", "not_a_count"), ("15-20", "range"), ("十几人", "not_a_count")),
    ],
)
def test_parse_count_refuses_invalid_counts(cell, code):
    assert _code(cell, "count") == code


@pytest.mark.parametrize(
    "cell",
    ["15人", "15名", "15人次", "十五人", "十五", "共15人", "15人（含女工3人）", "15个农民工"],
)
def test_counts_by_hand(cell):
    assert cell_parsers.parse_count(cell) == 15


@pytest.mark.parametrize("cell", ["约15", "15余人", "15人左右", "大概十五人"])
def test_approximate_counts_are_noted(cell):
    assert cell_parsers.parse_count(cell) == Noted(15, cell_parsers.APPROXIMATE)


@pytest.mark.parametrize(
    ("cell", "share"), [("35%", 0.35), ("0.35", 0.35), ("25.5％", 0.255), (1, 1.0), ("100%", 1.0)]
)
def test_shares(cell, share):
    assert parse(cell, _field("share")) == share


def test_a_percent_header_makes_hundredths():
    assert parse("25.5", _field("share"), PERCENT) == 0.255
    assert parse("25.5%", _field("share"), PERCENT) == 0.255


@pytest.mark.parametrize(
    ("cell", "code"),
    [("35", "share_out_of_range"), ("-1%", "share_out_of_range"), ("三成", "not_a_share")],
)
def test_parse_share_refuses_invalid_shares(cell, code):
    assert _code(cell, "share") == code


@pytest.mark.parametrize(
    ("cell", "number"), [("-1.5", -1.5), ("1,000", 1000.0), ("1e-05", 1e-5), ("1.5E+3", 1500.0)]
)
def test_numbers(cell, number):
    assert parse(cell, _field("number")) == number


@pytest.mark.parametrize("cell", ["inf", "12千瓦时", True, "1..2", "e5"])
def test_parse_number_refuses_invalid_numbers(cell):
    assert _code(cell, "number") == "not_a_number"


@pytest.mark.parametrize("cell", ["true", "TRUE", "1", "是", "有", True, 1, 1.0, " 是 ", "１"])
def test_yes(cell):
    assert parse(cell, _field("bool")) is True


@pytest.mark.parametrize("cell", ["false", "0", "否", "无", False, 0])
def test_no(cell):
    assert parse(cell, _field("bool")) is False


@pytest.mark.parametrize("cell", ["2", "也许", DAY])
def test_neither_yes_nor_no(cell):
    assert _code(cell, "bool") == "not_a_bool"


def test_parse_enum_accepts_every_term_and_code():
    fields = [field for table in TABLES.values() for field in table.fields if field.values]
    assert len(fields) > 10
    for field in fields:
        for code, term in field.values.items():
            assert parse(code, field) == code
            assert parse(code.upper(), field) == code
            assert parse(f" {term} ", field) == code


def test_other_terms_are_refused():
    assert _code("红色", "enum", values={"a": "甲"}) == "not_in_values"


@pytest.mark.parametrize(
    ("cell", "identity"),
    [
        ("0012", "0012"),
        (" ４２１３２４ ", "421324"),
        (421324202400001, "421324202400001"),
        (421324.0, "421324"),
        ("'421324", "421324"),
        ('="0012"', "0012"),
        ("4E14", "4E14"),
        ("无", None),
        (float("nan"), None),
        ("`420322202503050001", "420322202503050001"),
        ("\t420322202503050002", "420322202503050002"),
        ("XM－001", "XM-001"),
        ("XM—001", "XM-001"),
        ("XM–001", "XM-001"),
        ("ＸＭ００１", "XM001"),
        ("XM 001", "XM001"),
        ("xm001", "xm001"),
        ("000042", "000042"),
        ("第一 项目部", "第一 项目部"),
        ("鄂建许字第2025-001号", "鄂建许字第2025-001号"),
        *(
            (word, None)
            for word in ("待办理", "暂无", "待补", "办理中", "未取得施工许可证", "不详")
        ),
    ],
)
def test_identifiers_stay_text(cell, identity):
    assert parse(cell, _field("id")) == identity


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("4.21E+14", "shortened"),
        ("4e+17", "shortened"),
        ("4.20322E17", "shortened"),
        ("４.20322ｅ+17", "shortened"),
        (10**15, "shortened"),
        (4.2e17, "shortened"),
        (1.5, "not_an_id"),
        (True, "not_an_id"),
        (DAY, "not_an_id"),
    ],
)
def test_parse_id_refuses_invalid_identifiers(cell, code):
    assert _code(cell, "id") == code


def test_personal_numbers_in_a_text_are_masked_and_noted():
    assert cell_parsers.parse_text(" 来电 13912345678 ") == Noted(
        "来电 139****5678", cell_parsers.MASKED
    )


def test_parse_text_returns_text_as_written():
    assert parse(" 湖北（十堰）有限公司　Ａ ", _field("text")) == "湖北（十堰）有限公司　Ａ"
    assert parse("无", _field("text")) == "无"
    assert parse(12.0, _field("text")) == "12"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("a\x07b", "control_characters"),
        ("a" * (cell_parsers.MAX_CELL + 1), "too_long"),
        ("#REF!", "spreadsheet_error"),
        ("#FORMULA!", "formula_without_value"),
        ("#CUT!", "cut_off"),
        (b"raw", "unreadable_cell"),
        ([1], "unreadable_cell"),
    ],
)
@pytest.mark.parametrize("kind", FieldType)
def test_parse_refuses_cells_invalid_for_every_type(kind, cell, code):
    assert _code(cell, kind) == code


def test_line_breaks_are_allowed_in_text():
    assert parse("第一行\n第二行\t完", _field("text")) == "第一行\n第二行\t完"


@given(st.dates(cell_parsers.FIRST_DAY, cell_parsers.LAST_DAY))
def test_law_every_spelling_of_a_day_is_that_day(day):
    spellings = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        (day - dt.date(1899, 12, 30)).days,
        dt.datetime(day.year, day.month, day.day),
    ]
    reachable = [cell for cell in spellings if not (isinstance(cell, int) and cell < 10_000)]
    serials = range(32_874, 58_805)  # 1990 to 2060
    known = [cell for cell in reachable if not (isinstance(cell, int) and cell not in serials)]
    assert {parse(cell, _field("date")) for cell in known} == {day}
    assert {parse(cell, _field("month")) for cell in known} == {month_start(day)}


@given(st.integers(0, 10**14))
def test_law_fen_come_back_whole(fen):
    yuan = Decimal(fen) / 100
    assert parse(f"{yuan:,.2f}", _field("money")) == fen
    assert parse(str(yuan), _field("money")) == fen
    assert parse(f"{yuan / 10_000:f}万元", _field("money")) == fen


@given(
    st.sampled_from(list(FieldType)),
    st.one_of(
        st.text(max_size=30),
        st.text(string.digits + "-/.,年月日万元%+E ", max_size=20),
        st.floats(),
        st.integers(),
        st.datetimes(),
        st.decimals(),
        st.booleans(),
    ),
)
def test_law_a_cell_is_a_value_or_refused(kind, cell):
    value = None
    with suppress(CellRefused):
        value = parse(cell, _field(kind, values={"a": "甲"}))
    assert value is None or isinstance(value, str | int | float | bool | dt.date)
